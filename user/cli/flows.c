// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast flows: each row is printed as it is read, a million may come. */
#include <errno.h>
#include <stdio.h>

#include "filter.h"
#include "format/output.h"
#include "say.h"

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

static bool is_wanted(const struct listing *l, const struct flow_view *v)
{
	return l->limit && (l->state < 0 || (int)v->state == l->state) &&
	       v->idle_s >= l->idle_s && v->age_s >= l->age_s &&
	       filter_match(&l->filter, v->tuple);
}

static int on_flow(const struct flow_view *v, void *arg)
{
	struct listing *l = arg;

	l->total++;
	if (!is_wanted(l, v))
		return 0;
	l->limit--;
	l->out->flow(v);
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

static int show(struct listing *l, const struct instance *i)
{
	int err;

	l->out->head(i);
	l->out->flows();
	err = flows_view_for_each(i, on_flow, l);
	l->out->flows_end(l->total);
	l->out->tail();
	return err;
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
	err = show(&l, &i);
	if (err && err != -EPIPE)
		say_unreadable(&i, err);
	instance_close(&i);
	return err ? CLI_FAILED : CLI_DONE;
}
