// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How many legs are in each state: see states.h. */
#include <string.h>

#include "lib/clock.h"
#include "lib/flow_state.h"
#include "states.h"

struct count {
	const struct maps *maps;
	struct hf_leg_states *leg;	/* of HF_LEG_NR */
	uint64_t now_ms;
};

static int on_flow(const struct hf_tuple *t, const struct hf_flow *f, void *arg)
{
	struct count *c = arg;

	(void)t;
	if (f->life & HF_LIFE_DYING)
		return 0;
	for (int leg = 0; leg < HF_LEG_NR; leg++)
		if (flow_has_leg(f, leg))
			c->leg[leg].now[flow_state(f, leg)]++;
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
		c->leg[HF_LEG_CLIENT].now[HF_SYN_RECEIVED]++;
	return 0;
}

static int count_records(struct count *c)
{
	for (int leg = 0; leg < HF_LEG_NR; leg++)
		for (int i = 0; i < HF_STATE_NR; i++)
			if (i != HF_LISTEN)
				c->leg[leg].now[i] = 0;
	return map_for_each_flow(c->maps, on_flow, c)
		       ?: map_for_each_half_open(c->maps, on_half_open, c);
}

/* CLOSED is where no record is: the data plane counts who gets there. */
static int count_closed(const struct count *c)
{
	struct hf_leg_states *client = &c->leg[HF_LEG_CLIENT];
	struct hf_counters sum;
	int err = map_read_all_counters(c->maps, &sum);

	if (err)
		return err;
	client->entered[HF_CLOSED] = sum.n[HF_CNT_FLOW_CLOSED] +
				     client->now[HF_CLOSED];
	client->now[HF_CLOSED] = 0;
	return 0;
}

/* The server's legs all begin in SYN_SENT. */
static void count_closed_servers(struct hf_leg_states *server)
{
	uint64_t open = 0;

	server->now[HF_CLOSED] = 0;
	for (int i = 0; i < HF_STATE_NR; i++)
		open += server->now[i];
	server->entered[HF_CLOSED] = server->entered[HF_SYN_SENT] > open
					     ? server->entered[HF_SYN_SENT] -
						       open
					     : 0;
}

int states_view_read_legs(const struct instance *i, struct states_view *v)
{
	struct count c = {
		.maps = &i->maps,
		.leg = v->leg,
		.now_ms = clock_mono_ms(),
	};
	struct hf_states states;
	int err = map_read(c.maps, HF_MAP_STATES, 0, &states);

	if (err)
		return err;
	memcpy(v->leg, states.leg, sizeof(v->leg));
	if (!i->running)
		err = count_records(&c);
	count_closed_servers(&v->leg[HF_LEG_SERVER]);
	v->splices = v->leg[HF_LEG_SERVER].entered[HF_SYN_SENT];
	return err ?: count_closed(&c);
}

int states_view_read(const struct instance *i, struct states_view *v)
{
	return states_view_read_legs(i, v) ?: kernel_view_read(i, &v->kernel);
}
