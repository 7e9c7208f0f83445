// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The connections, one by one: see flows.h. */
#include "flows.h"
#include "lib/clock.h"
#include "lib/flow_state.h"

struct walk {
	const struct maps *maps;
	int (*fn)(const struct flow_view *v, void *arg);
	void *arg;
};

static uint32_t idle_ms(const struct hf_flow *f, uint32_t now_ms)
{
	uint32_t idle = clock_age_ms(f->created_ms, now_ms), each;

	for (int d = 0; d < HF_DIR_NR; d++) {
		each = clock_age_ms(f->dir[d].last_ms, now_ms);
		if (f->dir[d].last_ms && each < idle)
			idle = each;
	}
	return idle;
}

static const char *handoff_name(unsigned int handoff)
{
	return handoff_names[handoff < HF_HANDOFF_NR ? handoff
						     : HF_HANDOFF_NONE];
}

static void look_at_splice(struct flow_view *v, const struct maps *m)
{
	struct hf_splice sp;

	v->spliced = true;
	v->server_state = flow_state(v->flow, HF_LEG_SERVER);
	v->translated = !map_read_splice(m, v->tuple, v->flow, &sp) &&
			sp.state & HF_SPLICE_LIVE;
	if (v->translated) {
		v->delta_seq = sp.delta >> 32;
		v->delta_ts = sp.delta;
	}
}

/* A walk over a million takes a while: each has its own now. */
static int on_flow(const struct hf_tuple *t, const struct hf_flow *f, void *arg)
{
	const struct walk *w = arg;
	uint32_t now_ms = clock_mono_ms();
	struct flow_view v = {
		.tuple = t,
		.flow = f,
		.state = flow_state(f, HF_LEG_CLIENT),
		.handoff = handoff_name(f->handoff),
		.options_known = f->handoff != HF_HANDOFF_ADOPTED &&
				 f->handoff != HF_HANDOFF_KERNEL,
		.idle_s = idle_ms(f, now_ms) / 1000,
		.age_s = clock_age_ms(f->created_ms, now_ms) / 1000,
	};

	if (f->life & HF_LIFE_DYING)
		return 0;
	if (flow_has_leg(f, HF_LEG_SERVER))
		look_at_splice(&v, w->maps);
	return w->fn(&v, w->arg);
}

int flows_view_for_each(const struct instance *i,
			int (*fn)(const struct flow_view *v, void *arg),
			void *arg)
{
	struct walk w = { .maps = &i->maps, .fn = fn, .arg = arg };

	return map_for_each_flow(&i->maps, on_flow, &w);
}
