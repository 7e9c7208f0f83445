// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* An instance in ten lines: see brief.h. */
#include <stdio.h>
#include <time.h>

#include "brief.h"
#include "lib/names.h"
#include "top_page.h"

static void put_ifaces(const struct status_view *s)
{
	printf("  interfaces:");
	for (int n = 0; n < s->ifaces; n++)
		printf("%s %s (%s%s)", n ? "," : "", s->iface[n].row.name,
		       s->iface[n].row.native ? "native" : "generic",
		       s->iface[n].armed ? "" : ", not armed");
	puts(s->ifaces ? "" : " none");
}

/* "14:02", or with the date if that was not today. */
static void put_since(uint64_t s)
{
	time_t now = time(NULL), then = now - s;
	struct tm today, day;
	char text[32];

	localtime_r(&now, &today);
	localtime_r(&then, &day);
	strftime(text, sizeof(text),
		 today.tm_yday == day.tm_yday && today.tm_year == day.tm_year
			 ? "%H:%M"
			 : "%F %H:%M",
		 &day);
	printf("since %s", text);
}

/* Of those who proved themselves. Clients that ended it themselves are no loss. */
static void put_clients(const struct hf_counters *c)
{
	uint64_t proved = c->n[HF_CNT_ACK_ACCEPTED];
	uint64_t lost = c->n[HF_CNT_ADMIT_FAILED] + c->n[HF_CNT_SERVER_SILENT];

	if (!proved)
		printf(", no client proved itself yet");
	else
		printf(", %.2f %% of %llu clients let in",
		       lost < proved ? (proved - lost) * 100.0 / proved : 0.0,
		       (unsigned long long)proved);
}

/* The service that is sent most SYNs, or NULL. */
static const struct top_row *find_target(const struct top_view *v)
{
	const struct top_list *is = &v->is.services;
	const struct top_row *most = NULL;
	double best = 0, rate;

	for (int n = 0; n < is->nr; n++) {
		rate = top_per_second(
			v, top_row_was(&v->was.services, &is->row[n])->syn_seen,
			is->row[n].syn_seen);
		if (rate <= best)
			continue;
		best = rate;
		most = &is->row[n];
	}
	return most;
}

static void put_flood(const struct top_view *v)
{
	const struct top_row *target = find_target(v);
	const struct phase_view *ph = &v->is.status.phase;
	char rate[TOP_NUMBER_MAX];
	double cpus = top_cpus(v);

	printf("Flood%s%s ", target ? " on " : "", target ? target->name : "");
	put_since(ph->since_s);
	printf(": %s SYN/s", top_number(rate, ph->syn_rate));
	put_clients(&v->is.sum);
	if (cpus > 0)
		printf(", data plane %.1f %% of a core", cpus * 100);
	puts(".");
}

static void put_sentence(const struct instance *i, const struct top_view *v)
{
	const struct status_view *s = &v->is.status;
	char rate[TOP_NUMBER_MAX];

	if (!s->armed) {
		printf("Not armed: %s.\n", s->why);
		return;
	}
	if (!i->running) {
		puts("The daemon is dead, and the programs go on.");
		return;
	}
	if (s->phase.kind == PHASE_FLOOD) {
		put_flood(v);
		return;
	}
	printf("Calm ");
	put_since(s->phase.since_s);
	printf(": %s SYN/s", top_number(rate, s->phase.syn_rate));
	put_clients(&v->is.sum);
	puts(".");
}

void brief_text(const struct instance *i, const struct top_view *v)
{
	const struct status_view *s = &v->is.status;
	char states[TOP_STATES_MAX];

	printf("handfast: %s\n", i->name);
	printf("  off: handfast%s detach --all\n", instance_option(i->name));
	printf("  daemon: %s, version %s\n", i->running ? "running" : "dead",
	       s->meta.version);
	printf("  armed: %s%s%s\n", s->armed ? "yes" : "no",
	       s->why[0] ? ", " : "", s->why);
	printf("  mode: %s, handoff %s\n", mode_names[s->meta.mode],
	       handoff_names[s->meta.handoff]);
	put_ifaces(s);
	printf("  services: %d\n", v->is.services.nr);
	printf("  flows: %llu of %llu\n", (unsigned long long)s->flows.used,
	       (unsigned long long)s->flows.max);
	printf("  states: %s\n",
	       top_states(states, &v->is.states.leg[HF_LEG_CLIENT]));
	put_sentence(i, v);
}
