/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connections that the kernel alone knows. */
#ifndef HANDFAST_VIEW_KERNEL_H
#define HANDFAST_VIEW_KERNEL_H

#include "instance.h"

/*
 * Of services in mode auto or monitor, without a record: what was opened while
 * calm. Only sockets of this host: what lies behind has none here.
 */
struct kernel_view {
	bool asked;		/* there are such services, ... */
	bool known;		/* ... and their namespace can be entered */
	uint64_t now[HF_STATE_NR];
};

/* 0 or -errno. */
int kernel_view_read(const struct instance *i, struct kernel_view *v);

#endif
