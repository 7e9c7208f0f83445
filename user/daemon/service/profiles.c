// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Profiles: what SYN-ACKs announce; see profiles.h. */
#include <string.h>

#include "profiles.h"
#include "service_table.h"

#define PROFILE_USED	1	/* in the row's padding: it was given out */

void profiles_take_over(struct profiles *p, const struct dataplane *dp)
{
	for (int i = 1; i < HF_PROFILES_MAX; i++)
		if (!map_read(&dp->maps, HF_MAP_PROFILES, i, &p->row[i]) &&
		    p->row[i].pad[0])
			p->last = i;
}

void profiles_begin(struct profiles *p, const struct service_table *t)
{
	p->in_use = 0;
	for (int i = 0; i < t->nr; i++)
		p->in_use |= 1U << t->entry[i].value.profile |
			     1U << t->entry[i].value.profile_prev;
}

/* What is promised must hold: no larger a scale than the listener's. */
static __u8 nearest(const struct profiles *p, const struct hf_profile *want)
{
	__u8 best = 0;

	for (int i = 1; i < HF_PROFILES_MAX; i++) {
		const struct hf_profile *row = &p->row[i];

		if (row->grants == want->grants &&
		    row->rcv_wscale <= want->rcv_wscale &&
		    (!best || row->rcv_wscale > p->row[best].rcv_wscale))
			best = i;
	}
	return best;
}

static bool is_in_use(const struct profiles *p, int number)
{
	return p->in_use & 1U << number;
}

__u8 profiles_number(struct profiles *p, const struct hf_profile *want,
		     const struct dataplane *dp)
{
	struct hf_profile row = *want;
	int number = p->last;

	row.pad[0] = PROFILE_USED;
	for (int i = 1; i < HF_PROFILES_MAX; i++) {
		if (memcmp(&p->row[i], &row, sizeof(row)))
			continue;
		p->in_use |= 1U << i;
		return i;
	}
	for (int i = 1; i < HF_PROFILES_MAX; i++) {
		number = number % (HF_PROFILES_MAX - 1) + 1;
		if (is_in_use(p, number))
			continue;
		if (map_write(&dp->maps, HF_MAP_PROFILES, number, &row))
			break;
		p->row[number] = row;
		p->last = number;
		p->in_use |= 1U << number;
		return number;
	}
	return nearest(p, want);
}
