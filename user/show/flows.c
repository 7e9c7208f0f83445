// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast flows: each row is printed as it is read, a million may come. */
#include <errno.h>
#include <stdio.h>

#include "filter.h"
#include "show.h"

const struct arg_option flows_options[] = {
	{ OPT_LIMIT, "limit", "N", "list no more than N [all]" },
	{ OPT_STATE, "state", "STATE", "only in this state, as ESTABLISHED" },
	{ OPT_SERVICE, "service", "SPEC", "only of these services" },
	{ OPT_CLIENT, "client", "ADDR", "only of this client, or network" },
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

static int take_state(int *state, const char *name, struct failure *f)
{
	*state = name_find(state_names, HF_STATE_NR, name);
	if (*state >= 0)
		return 0;
	return failure_set(f, "--state: '%s': not a state, as ESTABLISHED",
			   name);
}

/* 0, or -1 with the failure. */
static int take_option(struct listing *l, const struct given *g,
		       struct failure *f)
{
	switch (g->id) {
	case OPT_LIMIT: return filter_number(&l->limit, "limit", g->value, f);
	case OPT_IDLE: return filter_number(&l->idle_s, "idle", g->value, f);
	case OPT_AGE: return filter_number(&l->age_s, "age", g->value, f);
	case OPT_CLIENT: return filter_client(&l->filter, g->value, f);
	case OPT_SERVICE: return filter_service(&l->filter, g->value, f);
	case OPT_STATE: return take_state(&l->state, g->value, f);
	}
	return -1;
}

static int take_options(struct listing *l, const struct show *s,
			struct failure *f)
{
	int err = 0;

	*l = (struct listing){ .out = s->out, .limit = -1, .state = -1 };
	for (int n = 0; !err && n < s->givens; n++)
		err = take_option(l, &s->given[n], f);
	if (s->rows && l->limit > s->rows)
		l->limit = s->rows;
	return err;
}

int show_flows_check(const struct show *s, struct failure *f)
{
	struct listing l;

	return take_options(&l, s, f);
}

int show_flows(const struct show *s, const struct instance *i)
{
	struct listing l;
	struct failure f;
	int err;

	if (take_options(&l, s, &f))
		return -EINVAL;
	l.out->head(i);
	l.out->flows();
	err = flows_view_for_each(i, on_flow, &l);
	l.out->flows_end(l.total);
	l.out->tail();
	return err;
}
