/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Profiles: what SYN-ACKs announce (our window scale, which options may be
 * granted), each under a number that the cookie's MAC covers.
 */
#ifndef HANDFAST_PROFILES_H
#define HANDFAST_PROFILES_H

#include "daemon/attach/dataplane.h"

struct profiles {
	struct hf_profile row[HF_PROFILES_MAX];	/* as the map; 0 is unused */
	int last;				/* row that was given out last */
};

/* Read back what an earlier daemon left in the map. */
void profiles_take_over(struct profiles *p, const struct dataplane *dp);

/* The number of this profile; a new one takes the row unused for longest. */
__u8 profiles_number(struct profiles *p, const struct hf_profile *want,
		     const struct dataplane *dp);

#endif
