// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The floods that were written down: see incidents.h. */
#include "incidents.h"

/* The slot of the oldest, which follows the newest one. */
static int find_oldest(const struct instance *i, __u32 *oldest)
{
	struct hf_incident in;
	__u64 newest = 0;
	int err = 0;

	for (__u32 at = 0; !err && at < HF_INCIDENTS_MAX; at++) {
		err = map_read(&i->maps, HF_MAP_INCIDENTS, at, &in);
		if (!err && in.number > newest)
			newest = in.number;
	}
	*oldest = (newest + 1) % HF_INCIDENTS_MAX;
	return err;
}

int incidents_view_for_each(const struct instance *i,
			    int (*fn)(const struct hf_incident *in, void *arg),
			    void *arg)
{
	struct hf_incident in;
	__u32 first;
	int err = find_oldest(i, &first);

	for (__u32 n = 0; !err && n < HF_INCIDENTS_MAX; n++) {
		err = map_read(&i->maps, HF_MAP_INCIDENTS,
			       (first + n) % HF_INCIDENTS_MAX, &in);
		if (!err && in.number)
			err = fn(&in, arg);
	}
	return err;
}
