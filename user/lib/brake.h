/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The brake of a service (bpf/open/brake.bpf.h), in words. */
#ifndef HANDFAST_USER_BRAKE_H
#define HANDFAST_USER_BRAKE_H

#include "maps.h"

/*
 * Why the service with this id passes its SYNs, or an empty text if its brake is
 * off. `now_ms` is handfast's clock. 0 or -errno.
 */
int brake_why(const struct maps *m, __u32 service, __u32 now_ms,
	      char why[HF_TEXT_MAX]);

#endif
