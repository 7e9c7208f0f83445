// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast top, line by line: see top_page.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/names.h"
#include "top_page.h"

#define LEVELS		8	/* heights of a block */

const char *const top_sort_names[TOP_SORT_NR] = {
	[TOP_BY_SYNS] = "syns",
	[TOP_BY_ACCEPTED] = "accepted",
	[TOP_BY_FLOWS] = "flows",
	[TOP_BY_NAME] = "name",
};

/* What a line is made of while it is put together. */
struct text {
	char at[TOP_STATES_MAX];
	size_t len;
};

static void add(struct text *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *fmt, ...)
{
	size_t room = sizeof(t->at) - t->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->at + t->len, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n < room ? (size_t)n : room - 1;
}

static void put(struct top_page *p, enum top_style style, const struct text *t)
{
	if (p->lines <= 0)
		return;
	p->lines--;
	p->line(p, style, t->at);
	p->row++;
}

const char *top_number(char text[TOP_NUMBER_MAX], double n)
{
	if (n < 9999.5)
		snprintf(text, TOP_NUMBER_MAX, "%.0f", n);
	else if (n < 999950)
		snprintf(text, TOP_NUMBER_MAX, "%.1fk", n / 1e3);
	else
		snprintf(text, TOP_NUMBER_MAX, "%.2fM", n / 1e6);
	return text;
}

const char *top_states(char text[TOP_STATES_MAX],
		       const struct hf_leg_states *legs)
{
	struct text t = {};

	for (int i = 0; i < HF_STATE_NR; i++)
		if (i != HF_CLOSED && legs->now[i])
			add(&t, "%s%s %llu", t.len ? ", " : "", state_names[i],
			    (unsigned long long)legs->now[i]);
	return strcpy(text, t.at);
}

static void put_title(struct top_page *p, const struct instance *i,
		      const struct top_view *v)
{
	const struct status_view *s = &v->is.status;
	double cpus = top_cpus(v);
	struct text t = {};

	add(&t, "handfast %s: %s%s%s", i->name,
	    s->armed ? "armed" : "NOT ARMED", s->why[0] ? ", " : "", s->why);
	add(&t, "%s; %s for %llu s", i->running ? "" : ", daemon dead",
	    phase_names[s->phase.kind], (unsigned long long)s->phase.since_s);
	if (cpus >= 0)
		add(&t, "; data plane %.1f %% of a core", cpus * 100);
	put(p, s->ok ? TOP_STRONG : TOP_BAD, &t);
}

static void put_rates(struct top_page *p, const struct top_view *v)
{
	char n[6][TOP_NUMBER_MAX];
	struct text t = {};

	add(&t, "SYN/s %s: %s answered, %s passed, %s dropped; ",
	    top_number(n[0], top_rate(v, HF_CNT_SYN_SEEN)),
	    top_number(n[1], top_total_rate(v, HF_TOTAL_SYN_ANSWERED)),
	    top_number(n[2], top_total_rate(v, HF_TOTAL_SYN_PASSED)),
	    top_number(n[3], top_total_rate(v, HF_TOTAL_SYN_DROPPED)));
	add(&t, "ACK/s %s accepted, %s rejected",
	    top_number(n[4], top_rate(v, HF_CNT_ACK_ACCEPTED)),
	    top_number(n[5], top_total_rate(v, HF_TOTAL_ACK_REJECTED)));
	put(p, TOP_PLAIN, &t);
}

static void add_bar(struct text *t, double part, bool blocks)
{
	static const char *const block[LEVELS + 1] = { " ", "▁", "▂", "▃", "▄",
						       "▅", "▆", "▇", "█" };
	static const char plain[LEVELS + 2] = " .:-=+*#@";
	int level = part > 0 ? 1 + (int)(part * (LEVELS - 1) + 0.5) : 0;

	if (blocks)
		add(t, "%s", block[level]);
	else
		add(t, "%c", plain[level]);
}

static void put_history(struct top_page *p, const struct top_view *v)
{
	int room = p->columns - 24, first = 0;
	char n[TOP_NUMBER_MAX];
	struct text t = {};
	double most = 0;

	if (v->looks > room)
		first = v->looks - (room > 0 ? room : 0);
	for (int i = first; i < v->looks; i++)
		if (v->history[i] > most)
			most = v->history[i];
	add(&t, "most %7s SYN/s  ", top_number(n, most));
	for (int i = first; i < v->looks; i++)
		add_bar(&t, most > 0 ? v->history[i] / most : 0, p->blocks);
	put(p, TOP_PLAIN, &t);
}

static void put_states(struct top_page *p, const struct top_view *v)
{
	const struct status_view *s = &v->is.status;
	char states[TOP_STATES_MAX];
	struct text t = {};

	add(&t, "flows %llu of %llu, half_open %llu of %llu; %s",
	    (unsigned long long)s->flows.used, (unsigned long long)s->flows.max,
	    (unsigned long long)s->half_open.used,
	    (unsigned long long)s->half_open.max,
	    top_states(states, &v->is.states.leg[HF_LEG_CLIENT]));
	put(p, TOP_PLAIN, &t);
}

bool top_is_wanted(const struct top_page *p, const char *name)
{
	return strstr(name, p->filter);
}

/* --- services and interfaces ------------------------------------------- */

struct rates {
	const struct top_row *row;
	double syns, answered, dropped, accepted;
};

static void rates_of(struct rates *r, const struct top_view *v,
		     const struct top_list *was, const struct top_row *row)
{
	const struct top_row *old = top_row_was(was, row);

	r->row = row;
	r->syns = top_per_second(v, old->syn_seen, row->syn_seen);
	r->answered = top_per_second(v, old->syn_answered, row->syn_answered);
	r->dropped = top_per_second(v, old->syn_dropped, row->syn_dropped);
	r->accepted = top_per_second(v, old->ack_accepted, row->ack_accepted);
}

static int compare(double a, double b)
{
	return (a < b) - (a > b);
}

static int by_choice(const void *x, const void *y, void *sort)
{
	const struct rates *a = x, *b = y;
	int by = 0;

	switch (*(const enum top_sort *)sort) {
	case TOP_BY_SYNS: by = compare(a->syns, b->syns); break;
	case TOP_BY_ACCEPTED: by = compare(a->accepted, b->accepted); break;
	case TOP_BY_FLOWS: by = compare(a->row->flows, b->row->flows); break;
	case TOP_BY_NAME:
	case TOP_SORT_NR: break;
	}
	return by ?: strverscmp(a->row->name, b->row->name);
}

#define ROW_LINE	"%-28s %-5s %10s %10s %10s %10s %10s"

static void put_row(struct top_page *p, const struct rates *r, bool flows)
{
	char n[5][TOP_NUMBER_MAX];
	struct text t = {};

	add(&t, ROW_LINE, r->row->name, r->row->armed ? "yes" : "no",
	    top_number(n[0], r->syns), top_number(n[1], r->answered),
	    top_number(n[2], r->dropped), top_number(n[3], r->accepted),
	    flows ? top_number(n[4], r->row->flows) : "");
	put(p, r->row->armed ? TOP_PLAIN : TOP_BAD, &t);
}

static void put_rows(struct top_page *p, const struct top_view *v,
		     const struct top_list *was, const struct top_list *is)
{
	bool flows = is == &v->is.services;
	struct rates *r = calloc(is->nr + 1, sizeof(*r));
	struct text head = {};
	int nr = 0;

	for (int i = 0; r && i < is->nr; i++)
		if (!flows || top_is_wanted(p, is->row[i].name))
			rates_of(&r[nr++], v, was, &is->row[i]);
	add(&head, ROW_LINE, flows ? "SERVICE" : "INTERFACE", "ARMED", "SYN/s",
	    "ANSWERED/s", "DROPPED/s", "ACCEPTED/s", flows ? "FLOWS" : "");
	put(p, TOP_HEAD, &head);
	if (nr)
		qsort_r(r, nr, sizeof(*r), by_choice, &p->sort);
	for (int i = 0; i < nr; i++)
		put_row(p, &r[i], flows);
	free(r);
}

/* --- reasons ------------------------------------------------------------ */

static int by_rate(const void *a, const void *b, void *v)
{
	return compare(top_rate(v, *(const int *)a),
		       top_rate(v, *(const int *)b));
}

static void put_reasons(struct top_page *p, const struct top_view *v)
{
	int reason[HF_CNT_NR], nr = 0;
	char n[TOP_NUMBER_MAX];
	struct text t = {};

	for (int c = 0; c < HF_CNT_NR; c++)
		if (top_rate(v, c) > 0 && top_is_wanted(p, counter_names[c]))
			reason[nr++] = c;
	qsort_r(reason, nr, sizeof(*reason), by_rate, (void *)v);
	add(&t, "%-28s %16s  %s", "REASON", "A SECOND", "MEANING");
	put(p, TOP_HEAD, &t);
	for (int i = 0; i < nr; i++) {
		t.len = 0;
		add(&t, "%-28s %16s  %s", counter_names[reason[i]],
		    top_number(n, top_rate(v, reason[i])),
		    counter_helps[reason[i]]);
		put(p, TOP_PLAIN, &t);
	}
}

/* As many lines as `part` asks for, and `rest` stay free. */
static void put_part(struct top_page *p, int rest, const struct top_view *v,
		     const struct top_list *was, const struct top_list *is)
{
	int all = p->lines, most = all - rest;

	if (most < 2)
		most = 2;
	if (most > all)
		most = all;
	p->lines = most;
	put_rows(p, v, was, is);
	p->lines = all - (most - p->lines);
}

void top_page_put(struct top_page *p, const struct instance *i,
		  const struct top_view *v)
{
	p->row = 0;
	put_title(p, i, v);
	put_rates(p, v);
	put_history(p, v);
	put_states(p, v);
	put_part(p, p->lines - p->lines / 3, v, &v->was.ifaces, &v->is.ifaces);
	put_part(p, p->lines / 2, v, &v->was.services, &v->is.services);
	put_reasons(p, v);
}
