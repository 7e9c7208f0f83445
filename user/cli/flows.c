// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast flows: each row is printed as it is read, a million may come. */
#include <errno.h>
#include <stdio.h>

#include "say.h"
#include "filter.h"
#include "lib/flow_state.h"
#include "format/output.h"
#include "lib/tuple.h"

const struct arg_option flows_options[] = {
	{ OPT_LIMIT, "limit", "N", "list no more than N [all]" },
	{ OPT_STATE, "state", "STATE", "only in this state, as ESTABLISHED" },
	{ OPT_SERVICE, "service", "SPEC", "only of these services" },
	{ OPT_CLIENT, "client", "ADDR", "only of this client" },
	{ OPT_IDLE, "idle", "S", "only silent for S seconds or longer" },
	{ OPT_AGE, "age", "S", "only S seconds old or older" },
	{}
};

struct listing {
	const struct output *out;
	unsigned long limit;		/* rows that may still be shown */
	int state;			/* -1: any */
	struct filter filter;
	unsigned long idle_s, age_s;	/* at least */
	uint64_t total;			/* shown or not */
};

static uint32_t idle_s(const struct hf_flow *f)
{
	uint32_t ago = ms_ago(f->created_ms), each;

	for (int d = 0; d < HF_DIR_NR; d++) {
		each = ms_ago(f->dir[d].last_ms);
		if (f->dir[d].last_ms && each < ago)
			ago = each;
	}
	return ago / 1000;
}

static void show(const struct listing *l, const struct hf_tuple *t,
		 const struct hf_flow *f, enum hf_state state)
{
	unsigned int handoff = f->handoff;
	struct flow_row row = {
		.state = state_names[state],
		.handoff = handoff_names[handoff < HF_HANDOFF_NR
						 ? handoff
						 : HF_HANDOFF_NONE],
		.flow = f,
		.options_known = handoff != HF_HANDOFF_ADOPTED &&
				 handoff != HF_HANDOFF_KERNEL,
		.idle_s = idle_s(f),
		.age_s = ms_ago(f->created_ms) / 1000,
	};

	tuple_client(row.client, t);
	tuple_server(row.server, t);
	l->out->flow(&row);
}

static bool is_wanted(const struct listing *l, const struct hf_tuple *t,
		      const struct hf_flow *f, enum hf_state state)
{
	if (l->state >= 0 && (int)state != l->state)
		return false;
	if (idle_s(f) < l->idle_s || ms_ago(f->created_ms) / 1000 < l->age_s)
		return false;
	return filter_match(&l->filter, t);
}

static int on_flow(const struct hf_tuple *t, const struct hf_flow *f, void *arg)
{
	struct listing *l = arg;
	enum hf_state state;

	if (f->life & HF_LIFE_DYING)
		return 0;
	l->total++;
	state = flow_state(f, HF_LEG_CLIENT);
	if (!l->limit || !is_wanted(l, t, f, state))
		return 0;
	l->limit--;
	show(l, t, f, state);
	return ferror(stdout) ? -EPIPE : 0;
}

static enum cli_exit take_option(struct listing *l, const struct given *g)
{
	switch (g->id) {
	case OPT_LIMIT: return take_number(&l->limit, "limit", g->value);
	case OPT_IDLE: return take_number(&l->idle_s, "idle", g->value);
	case OPT_AGE: return take_number(&l->age_s, "age", g->value);
	case OPT_CLIENT: return filter_client(&l->filter, g->value);
	case OPT_SERVICE: return filter_service(&l->filter, g->value);
	case OPT_STATE:
		l->state = name_find(state_names, HF_STATE_NR, g->value);
		if (l->state >= 0)
			return CLI_DONE;
		return bad_use("--state: '%s': not a state, as ESTABLISHED",
			       g->value);
	}
	return CLI_BAD_USE;
}

enum cli_exit cli_flows(const struct cli *c)
{
	struct listing l = { .out = c->out, .limit = -1, .state = -1 };
	enum cli_exit bad = CLI_DONE;
	struct instance i;
	int err;

	for (int n = 0; !bad && n < c->givens; n++)
		bad = take_option(&l, &c->given[n]);
	if (bad)
		return bad;
	if (instance_open_or_say(&i, c->name))
		return CLI_FAILED;
	c->out->head(&i);
	c->out->flows();
	err = map_for_each_flow(&i.maps, on_flow, &l);
	c->out->flows_end(l.total);
	c->out->tail();
	if (err && err != -EPIPE)
		say_unreadable(&i, err);
	instance_close(&i);
	return err ? CLI_FAILED : CLI_DONE;
}
