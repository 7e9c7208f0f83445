// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Profiles: what SYN-ACKs announce; see profiles.h. */
#include <string.h>

#include "profiles.h"

#define PROFILE_USED	1	/* in the row's padding: it was given out */

void profiles_take_over(struct profiles *p, const struct dataplane *dp)
{
	for (int i = 1; i < HF_PROFILES_MAX; i++)
		if (!map_read(&dp->maps, HF_MAP_PROFILES, i, &p->row[i]) &&
		    p->row[i].pad[0])
			p->last = i;
}

__u8 profiles_number(struct profiles *p, const struct hf_profile *want,
		     const struct dataplane *dp)
{
	struct hf_profile row = *want;

	row.pad[0] = PROFILE_USED;
	for (int i = 1; i < HF_PROFILES_MAX; i++)
		if (!memcmp(&p->row[i], &row, sizeof(row)))
			return i;
	p->last = p->last % (HF_PROFILES_MAX - 1) + 1;
	p->row[p->last] = row;
	map_write(&dp->maps, HF_MAP_PROFILES, p->last, &row);
	return p->last;
}
