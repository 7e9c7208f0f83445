// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Generations of marks: see seen.h. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>

#include "lib/skeleton.h"
#include "seen.h"

void seen_restart(struct dataplane *dp, uint64_t now_ms)
{
	dp->control->seen_complete = 0;
	dp->seen_since_ms = now_ms;
}

/* No mark is left in the one that is going to be the current. */
static int clear(const struct dataplane *dp, __u32 generation)
{
	const struct bpf_map *map = dp->core->maps.seen;
	void *none = calloc(1, bpf_map__value_size(map));
	__u32 at = generation % 2;
	int err = -1;

	if (none)
		err = bpf_map_update_elem(bpf_map__fd(map), &at, none, 0);
	free(none);
	return err;
}

/* Without memory the marks stay, and more passes than must. */
void seen_follow(struct dataplane *dp, unsigned int idle_ms, uint64_t now_ms)
{
	struct hf_control *c = dp->control;

	if (!dp->seen_since_ms)		/* taken over */
		dp->seen_since_ms = now_ms;
	if (now_ms - dp->seen_since_ms < idle_ms ||
	    clear(dp, c->seen_generation + 1))
		return;
	dp->seen_since_ms = now_ms;
	__atomic_fetch_add(&c->seen_generation, 1, __ATOMIC_RELEASE);
	c->seen_complete = 1;
}
