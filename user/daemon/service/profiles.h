/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Profiles: what SYN-ACKs announce (our window scale, which options may be
 * granted), each under a number that the cookie's MAC covers.
 */
#ifndef HANDFAST_PROFILES_H
#define HANDFAST_PROFILES_H

#include "daemon/attach/dataplane.h"

struct service_table;

struct profiles {
	struct hf_profile row[HF_PROFILES_MAX];	/* as the map; 0 is unused */
	int last;				/* row that was given out last */
	__u32 in_use;				/* a bit each: cookies may live */
};

/* Read back what an earlier daemon left in the map. */
void profiles_take_over(struct profiles *p, const struct dataplane *dp);

/* Which rows do services have, or had until lately? Before a look at them. */
void profiles_begin(struct profiles *p, const struct service_table *t);

/*
 * The number of this profile; a new one takes the next row that nobody uses. If
 * all are used, that of the nearest scale with the same grants; 0: none.
 */
__u8 profiles_number(struct profiles *p, const struct hf_profile *want,
		     const struct dataplane *dp);

#endif
