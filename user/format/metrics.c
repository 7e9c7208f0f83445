// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The metrics of an instance: the counters' table, and the one at the end, have a
 * row for each family.
 */
#include "lib/names.h"
#include "metrics.h"

typedef void (*put_fn)(const struct exposition *x,
		       const struct metrics_view *v);

/* A family with one sample, and no labels. */
#define NUMBER(name, value)                                               \
	static void put_##name(const struct exposition *x,                \
			       const struct metrics_view *v)              \
	{                                                                 \
		exposition_number(x, NULL, value);                        \
	}

NUMBER(uptime, v->status.uptime_s)
NUMBER(armed, v->status.armed)
NUMBER(flood, v->status.phase.kind == PHASE_FLOOD)
NUMBER(phase_age, v->status.phase.since_s)
NUMBER(syn_rate, v->status.phase.syn_rate)
NUMBER(forgery_budget, v->status.phase.forgery.budget)
NUMBER(generation, v->keys.generation)
NUMBER(key_age, v->keys.age_s)

static void put_forgery(const struct exposition *x,
			const struct metrics_view *v)
{
	exposition_decimal(x, NULL, v->status.phase.forgery.expected);
}

static void put_held(const struct exposition *x, const struct metrics_view *v)
{
	exposition_decimal(x, NULL, v->held_s);
}

/* One with a sample for each service. */
#define OF_SERVICES(member)                                               \
	static void put_service_##member(const struct exposition *x,      \
					 const struct metrics_view *v)    \
	{                                                                 \
		const struct service_metrics *s = v->service;             \
									  \
		for (int n = v->services; n--; s++)                       \
			exposition_number(                                \
				x, LABELS({ "service", s->service }),     \
				s->member);                               \
	}

OF_SERVICES(armed)
OF_SERVICES(syn_seen)
OF_SERVICES(syn_answered)
OF_SERVICES(ack_accepted)
OF_SERVICES(flows)

/* ... for each table. */
#define OF_TABLES(member)                                                 \
	static void put_table_##member(const struct exposition *x,        \
				       const struct metrics_view *v)      \
	{                                                                 \
		exposition_number(x, LABELS({ "table", "flows" }),        \
				  v->status.flows.member);                \
		exposition_number(x, LABELS({ "table", "half_open" }),    \
				  v->status.half_open.member);            \
	}

OF_TABLES(used)
OF_TABLES(max)
OF_TABLES(bytes)

static const char *const leg_names[HF_LEG_NR] = {
	[HF_LEG_CLIENT] = "client",
	[HF_LEG_SERVER] = "server",
};

/* ... for each leg and state. */
#define OF_STATES(member)                                                 \
	static void put_state_##member(const struct exposition *x,        \
				       const struct metrics_view *v)      \
	{                                                                 \
		for (int n = 0; n < HF_LEG_NR * HF_STATE_NR; n++)         \
			exposition_number(                                \
				x,                                        \
				LABELS({ "leg",                           \
					 leg_names[n / HF_STATE_NR] },    \
				       { "state",                         \
					 state_names[n % HF_STATE_NR] }), \
				v->states.leg[n / HF_STATE_NR]            \
					.member[n % HF_STATE_NR]);        \
	}

OF_STATES(now)
OF_STATES(entered)

static void put_build(const struct exposition *x, const struct metrics_view *v)
{
	static const struct label labels[] = { { "version", HF_VERSION },
					       { "commit", HF_COMMIT },
					       {} };

	(void)v;
	exposition_number(x, labels, 1);
}

static void put_instance(const struct exposition *x,
			 const struct metrics_view *v)
{
	const struct hf_meta *m = &v->status.meta;
	const char *mode = m->mode < HF_MODE_NR ? mode_names[m->mode] : "";
	const char *handoff = m->handoff < HF_HANDOFF_NR
				      ? handoff_names[m->handoff]
				      : "";
	const struct label labels[] = { { "name", v->name },
					{ "mode", mode },
					{ "handoff", handoff },
					{} };

	exposition_number(x, labels, 1);
}

static void put_interface(const struct exposition *x,
			  const struct metrics_view *v)
{
	for (int i = 0; i < v->status.ifaces; i++) {
		const struct hf_iface *row = &v->status.iface[i].row;
		const char *xdp = row->native ? "native" : "generic";
		char ifindex[16];
		const struct label labels[] = { { "interface", row->name },
						{ "ifindex", ifindex },
						{ "xdp", xdp },
						{} };

		snprintf(ifindex, sizeof(ifindex), "%u", row->ifindex);
		exposition_number(x, labels, 1);
	}
}

static void put_interface_armed(const struct exposition *x,
				const struct metrics_view *v)
{
	const struct iface_view *iface = v->status.iface;

	for (int n = v->status.ifaces; n--; iface++)
		exposition_number(x, LABELS({ "interface", iface->row.name }),
				  iface->armed);
}

/* All but the counters. */
static const struct family {
	const char *name;
	enum metric_type type;
	put_fn put;
	const char *help;
} families[] = {
	{ "build", METRIC_INFO, put_build, "which handfast this is" },
	{ "instance", METRIC_INFO, put_instance,
	  "its name, mode, and the handoff of most services" },
	{ "uptime_seconds", METRIC_GAUGE, put_uptime,
	  "since the instance was attached, whichever daemon ran" },
	{ "armed", METRIC_GAUGE, put_armed,
	  "1: each interface and each service is" },
	{ "interface", METRIC_INFO, put_interface, "what is attached" },
	{ "interface_armed", METRIC_GAUGE, put_interface_armed,
	  "1: SYNs that come in there are answered if they have to be" },
	{ "flood", METRIC_GAUGE, put_flood, "1: a flood goes on" },
	{ "phase_age_seconds", METRIC_GAUGE, put_phase_age,
	  "since the flood began, or ended" },
	{ "syn_rate", METRIC_GAUGE, put_syn_rate,
	  "SYNs for protected services, a second, about now" },
	{ "forgery_expected", METRIC_GAUGE, put_forgery,
	  "forged connections an hour, at the present rate of guesses" },
	{ "forgery_budget", METRIC_GAUGE, put_forgery_budget,
	  "how many of these may be let in, 0: any number" },
	{ "table_used", METRIC_GAUGE, put_table_used, "records that exist" },
	{ "table_max", METRIC_GAUGE, put_table_max,
	  "records that there is room for" },
	{ "table_bytes", METRIC_GAUGE, put_table_bytes,
	  "memory for all these" },
	{ "state_connections", METRIC_GAUGE, put_state_now,
	  "legs of connections in each TCP state" },
	{ "state_entered", METRIC_COUNTER, put_state_entered,
	  "how often legs came into each TCP state" },
	{ "key_generation", METRIC_GAUGE, put_generation,
	  "of the cookies' keys" },
	{ "key_age_seconds", METRIC_GAUGE, put_key_age, "of this generation" },
	{ "metrics_held_seconds", METRIC_GAUGE, put_held,
	  "how long the daemon was held by the reading before this one" },
	{ "service_armed", METRIC_GAUGE, put_service_armed,
	  "1: its SYNs are answered if they have to be" },
	{ "service_syn_seen", METRIC_COUNTER, put_service_syn_seen,
	  "SYNs for the service" },
	{ "service_syn_answered", METRIC_COUNTER, put_service_syn_answered,
	  "... that were answered" },
	{ "service_ack_accepted", METRIC_COUNTER, put_service_ack_accepted,
	  "cookies that were validated for it" },
	{ "service_flows", METRIC_GAUGE, put_service_flows,
	  "its connections that have a record" },
	{}
};

static void put_counters(struct exposition *x, const struct hf_counters *c)
{
	for (int i = 0; i < HF_CNT_NR; i++) {
		exposition_family(x, counter_names[i], METRIC_COUNTER,
				  counter_helps[i]);
		exposition_number(x, NULL, c->n[i]);
	}
	for (int i = 0; i < HF_TOTAL_NR; i++) {
		exposition_family(x, total_names[i], METRIC_COUNTER,
				  total_helps[i]);
		exposition_number(x, NULL, counter_total(c, i));
	}
}

void metrics_print(FILE *to, enum metrics_format format,
		   const struct metrics_view *v)
{
	struct exposition x = { .to = to, .format = format };

	for (const struct family *f = families; f->name; f++) {
		exposition_family(&x, f->name, f->type, f->help);
		f->put(&x, v);
	}
	put_counters(&x, &v->counters);
	exposition_end(&x);
}
