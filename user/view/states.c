// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How many legs are in each state: see states.h. */
#include "lib/clock.h"
#include "lib/flow_state.h"
#include "states.h"

struct count {
	const struct maps *maps;
	struct hf_leg_states *leg;
	uint64_t now_ms;
	uint64_t over;		/* ended by its facts, nobody counted it yet */
};

static int on_flow(const struct hf_tuple *t, const struct hf_flow *f, void *arg)
{
	struct count *c = arg;
	enum hf_state state;

	(void)t;
	if (f->life & HF_LIFE_DYING)
		return 0;
	state = flow_state(f, HF_LEG_CLIENT);
	if (state == HF_CLOSED)
		c->over++;
	else
		c->leg->now[state]++;
	return 0;
}

/* Does the record wait still? Nobody removes it with the daemon dead. */
static bool waits(const struct count *c, const struct hf_half_open *h)
{
	struct hf_service_info info;

	return h->kind == HF_HALF_COOKIE &&
	       !map_read(c->maps, HF_MAP_SERVICE_INFO, h->service, &info) &&
	       clock_age_ms(h->made_ms, c->now_ms) < info.half_open_ms;
}

static int on_half_open(const struct hf_tuple *t, const struct hf_half_open *h,
			void *arg)
{
	struct count *c = arg;

	(void)t;
	if (waits(c, h))
		c->leg->now[HF_SYN_RECEIVED]++;
	return 0;
}

static int count_records(struct count *c)
{
	for (int i = 0; i < HF_STATE_NR; i++)
		if (i != HF_LISTEN)
			c->leg->now[i] = 0;
	return map_for_each_flow(c->maps, on_flow, c)
		       ?: map_for_each_half_open(c->maps, on_half_open, c);
}

/* CLOSED is where no record is: the data plane counts who gets there. */
static int count_closed(const struct count *c)
{
	struct hf_counters sum;
	int err = map_read_all_counters(c->maps, &sum);

	if (err)
		return err;
	c->leg->now[HF_CLOSED] = 0;
	c->leg->entered[HF_CLOSED] = sum.n[HF_CNT_FLOW_CLOSED] + c->over;
	return 0;
}

int states_view_read(const struct instance *i, struct hf_leg_states *s)
{
	struct count c = {
		.maps = &i->maps,
		.leg = s,
		.now_ms = clock_mono_ms(),
	};
	struct hf_states states;
	int err = map_read(c.maps, HF_MAP_STATES, 0, &states);

	if (err)
		return err;
	*s = states.leg[HF_LEG_CLIENT];
	if (!i->running)
		err = count_records(&c);
	return err ?: count_closed(&c);
}
