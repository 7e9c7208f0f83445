// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Calm or flood: see phase.h. */
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/phase.h"
#include "phase.h"

const char phase_orphaned_why[] = "the daemon is silent too long";

uint64_t phase_uptime_s(const struct hf_meta *meta, uint64_t now_ms)
{
	if (!meta->started_ms || now_ms < meta->started_ms)
		return 0;
	return (now_ms - meta->started_ms) / 1000;
}

/* So many in a window. */
static unsigned long long per_second(__u32 nr)
{
	return nr * 1000ULL / HF_WINDOW_MS;
}

static void judge(struct phase_view *ph, const struct hf_phase *p,
		  const struct hf_control *c, uint64_t now_ms)
{
	ph->orphaned = control_is_orphaned(c, now_ms);
	if (phase_is_full(p, c))
		snprintf(ph->full, sizeof(ph->full),
			 "no room: %lld connections, %d of them without a sign "
			 "of their server (max_flows)",
			 (long long)p->flows, p->pending);
	if (!phase_is_flood(p, now_ms) && phase_is_ack_flood(p, now_ms)) {
		ph->name = "flood";
		ph->since_s = clock_age_ms(p->ack_flood_since_ms, now_ms) /
			      1000;
		snprintf(ph->why, sizeof(ph->why),
			 "more than %llu ACK/s, RST/s or the like of no "
			 "connection; SYNs as while calm (now %llu/s)",
			 per_second(c->flood_acks),
			 (unsigned long long)ph->syn_rate);
		return;
	}
	if (!phase_is_flood(p, now_ms)) {
		ph->name = "calm";
		if (p->flood_until_ms)
			ph->since_s = clock_age_ms(p->flood_until_ms, now_ms) /
				      1000;
		if (c->auto_only)
			snprintf(ph->why, sizeof(ph->why),
				 "the kernel answers; cookies start above %llu "
				 "SYN/s (now %llu/s)",
				 per_second(c->flood_syns),
				 (unsigned long long)ph->syn_rate);
		return;
	}
	ph->name = "flood";
	ph->since_s = clock_age_ms(p->flood_since_ms, now_ms) / 1000;
	snprintf(ph->why, sizeof(ph->why), "more than %llu SYN/s (now %llu/s)",
		 per_second(c->flood_syns), (unsigned long long)ph->syn_rate);
}

int phase_view_read(const struct instance *i, uint64_t now_ms,
		    struct phase_view *ph)
{
	struct hf_control control;
	struct hf_meta meta;
	struct hf_phase p;
	int err = map_read(&i->maps, HF_MAP_PHASE, 0, &p)
			  ?: map_read(&i->maps, HF_MAP_CONTROL, 0, &control)
			  ?: map_read(&i->maps, HF_MAP_META, 0, &meta);

	memset(ph, 0, sizeof(*ph));
	if (err)
		return err;
	err = map_read_syn_rate(&i->maps, now_ms, &ph->syn_rate);
	if (err)
		return err;
	ph->since_s = phase_uptime_s(&meta, now_ms);
	judge(ph, &p, &control, now_ms);
	return 0;
}
