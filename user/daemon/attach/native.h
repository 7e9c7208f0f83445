/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* XDP in the driver or in the stack: what an interface allows. */
#ifndef HANDFAST_NATIVE_H
#define HANDFAST_NATIVE_H

#include "lib/config.h"
#include "sys/link.h"

/* Try native XDP? If not, `why` says so in at most HF_TEXT_MAX bytes. */
bool native_is_wanted(const struct link_info *info, enum xdp_mode want,
		      char *why);

/* The driver refused it with `err`: why, and what would help. */
void native_refused(const struct link_info *info, int err, char *why);

/* May frames never have met a wire, so that their checksums cover only the
 * pseudo header? */
bool native_has_partial_sums(const struct link_info *info, bool native);

#endif
