// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What time makes of the data plane's words: see phase.h. */
#include "clock.h"
#include "phase.h"

/* As phase_is_on() of bpf/state/phase.bpf.h. */
bool flood_is_on(const struct hf_flood *f, __u32 now_ms)
{
	return f->on && (__s32)(f->until_ms - now_ms) > 0;
}

/* As prefix_any_has_room() of bpf/state/prefix.bpf.h. */
bool phase_is_full(const struct hf_phase *p, const struct hf_control *c)
{
	return p->flows >= c->flows_limit ||
	       (p->flows >= c->flows_pending && p->pending >= c->pending_few);
}

/* As syn_is_orphaned() of bpf/open/syn.bpf.h, but for the slack. */
bool control_is_orphaned(const struct hf_control *c, __u32 now_ms)
{
	return c->orphan_ms &&
	       clock_age_ms(c->heartbeat_ms, now_ms) >= c->orphan_ms;
}
