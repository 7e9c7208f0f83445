/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The cookies' keys, without a byte of them. */
#ifndef HANDFAST_VIEW_KEYS_H
#define HANDFAST_VIEW_KEYS_H

#include "instance.h"

struct keys_view {
	uint32_t generation;
	uint64_t age_s;			/* of this generation */
	uint64_t next_rotation_s;	/* with `rotates` */
	bool rotates;			/* by timer */
	char file[HF_TEXT_MAX];		/* where they come from, or "" */
};

/* 0 or -errno. */
int keys_view_read(const struct instance *i, struct keys_view *k);

#endif
