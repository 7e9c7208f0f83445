// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The floods that were written down: see incidents.h. */
#include "incidents.h"
#include "lib/clock.h"
#include "lib/phase.h"

/* Does one go on? The daemon knows; where it is dead the data plane does. */
static bool is_on(const struct instance *i, const struct hf_incident *in)
{
	uint64_t now_ms = clock_mono_ms();
	struct hf_phase p;

	if (!in->on || i->running || map_read(&i->maps, HF_MAP_PHASE, 0, &p))
		return in->on;
	return flood_is_on(&p.flood, now_ms) ||
	       flood_is_on(&p.ack_flood, now_ms);
}

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
		if (err || !in.number)
			continue;
		in.on = is_on(i, &in);
		err = fn(&in, arg);
	}
	return err;
}
