// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * handfast states: how many legs are in each state, and how often each was
 * entered. With the daemon alive its gauges are shown; with it dead, what the
 * records say at this moment.
 */
#include <errno.h>

#include "say.h"
#include "lib/flow_state.h"
#include "format/output.h"

const struct arg_option states_options[] = {
	{ OPT_TRANSITIONS, "transitions", NULL,
	  "show the table, and how often each arrow was taken" },
	{}
};

struct count {
	const struct maps *maps;
	struct hf_states states;
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
		c->states.leg[HF_LEG_CLIENT].now[state]++;
	return 0;
}

/* Does the record wait still? Nobody removes it with the daemon dead. */
static bool waits(const struct maps *m, const struct hf_half_open *h)
{
	struct hf_service_info info;

	return h->kind == HF_HALF_COOKIE &&
	       !map_read(m, HF_MAP_SERVICE_INFO, h->service, &info) &&
	       ms_ago(h->made_ms) < info.half_open_ms;
}

static int on_half_open(const struct hf_tuple *t, const struct hf_half_open *h,
			void *arg)
{
	struct count *c = arg;

	(void)t;
	if (waits(c->maps, h))
		c->states.leg[HF_LEG_CLIENT].now[HF_SYN_RECEIVED]++;
	return 0;
}

static int count_records(const struct maps *m, struct count *c)
{
	int err;

	c->maps = m;
	for (int i = 0; i < HF_STATE_NR; i++)
		if (i != HF_LISTEN)
			c->states.leg[HF_LEG_CLIENT].now[i] = 0;
	err = map_for_each_flow(m, on_flow, c);
	return err ?: map_for_each_half_open(m, on_half_open, c);
}

/* CLOSED is where no record is: the data plane counts who gets there. */
static int count_closed(const struct maps *m, struct count *c)
{
	struct hf_counters sum;
	int err = map_read_all_counters(m, &sum);

	c->states.leg[HF_LEG_CLIENT].now[HF_CLOSED] = 0;
	c->states.leg[HF_LEG_CLIENT].entered[HF_CLOSED] =
		sum.n[HF_CNT_FLOW_CLOSED] + c->over;
	return err;
}

static int read_states(const struct instance *i, struct count *c)
{
	int err = map_read(&i->maps, HF_MAP_STATES, 0, &c->states);

	if (!err && !i->running)
		err = count_records(&i->maps, c);
	return err ?: count_closed(&i->maps, c);
}

static void show_transitions(const struct cli *c, const struct hf_leg_states *s)
{
	c->out->transitions();
	for (int from = 0; from < HF_STATE_NR; from++)
		for (int event = 0; event < HF_EVENT_NR; event++)
			if (fsm_is_arrow(from, event))
				c->out->transition(from, event,
						   s->taken[from][event]);
	c->out->transitions_end();
}

enum cli_exit cli_states(const struct cli *c)
{
	struct count count = {};
	struct instance i;
	int err;

	if (instance_open_or_say(&i, c->name))
		return CLI_FAILED;
	err = read_states(&i, &count);
	if (!err) {
		c->out->head(&i);
		c->out->states(&count.states.leg[HF_LEG_CLIENT]);
		if (option_given(c, OPT_TRANSITIONS))
			show_transitions(c, &count.states.leg[HF_LEG_CLIENT]);
		c->out->tail();
	} else {
		say_unreadable(&i, err);
	}
	instance_close(&i);
	return err ? CLI_FAILED : CLI_DONE;
}
