// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Output for programs: the members that stand in the manual. */
#include <stddef.h>

#include "emit.h"
#include "lab/lab.h"
#include "lib/tuple.h"
#include "options_json.h"
#include "output.h"

static void show_head(const struct instance *i)
{
	emit_begin_object(NULL);
	emit_string("name", i->name);
	emit_string("daemon", i->running ? "running" : "dead");
}

static const char *name_at(const char *const *table, unsigned int nr,
			   unsigned int at)
{
	return at < nr ? table[at] : NULL;
}

static void show_iface(const struct iface_view *v)
{
	const struct hf_iface *iface = &v->row;

	emit_begin_object(NULL);
	emit_string("name", iface->name);
	emit_number("ifindex", iface->ifindex);
	emit_string("xdp", iface->native ? "native" : "generic");
	emit_reason("why_generic", iface->why_generic);
	emit_bool("armed", v->armed);
	emit_reason("why", v->why);
	if (v->trial.on)
		emit_number("try_s", v->trial.left_s);
	else
		emit_null("try_s");
	emit_end();
}

static void show_table(const char *name, const struct table_view *t)
{
	emit_begin_object(name);
	emit_number("used", t->used);
	emit_number("max", t->max);
	emit_number("bytes", t->bytes);
	emit_end();
}

static void show_sysctls(const struct status_view *s)
{
	emit_begin_object("sysctls");
	for (int i = 0; i < HF_SYSCTL_NR; i++) {
		if (s->attached && s->meta.sysctl[i] >= 0)
			emit_number(sysctl_names[i], s->meta.sysctl[i]);
		else
			emit_null(sysctl_names[i]);
	}
	emit_end();
}

static void show_number(const char *name, const struct status_view *s,
			uint64_t value)
{
	if (s->attached)
		emit_number(name, value);
	else
		emit_null(name);
}

static void show_forgery(const struct forgery_view *v)
{
	emit_begin_object("forgery");
	emit_number("budget", v->budget);
	emit_decimal("expected", v->expected);
	emit_number("bits", v->bits);
	emit_number("bits_timestamps", v->bits_ts);
	emit_end();
}

static void show_status(const struct instance *i, const struct status_view *s)
{
	const struct hf_meta *m = &s->meta;

	emit_string("mode", s->attached
				    ? name_at(mode_names, HF_MODE_NR, m->mode)
				    : NULL);
	emit_string("handoff", s->attached ? name_at(handoff_names,
						     HF_HANDOFF_NR, m->handoff)
					   : NULL);
	emit_bool("armed", s->armed);
	emit_reason("why", s->why);
	emit_reason("version", m->version);
	show_number("uptime_s", s, s->uptime_s);
	emit_begin_array("interfaces");
	for (int n = 0; n < s->ifaces; n++)
		show_iface(&s->iface[n]);
	emit_end();
	emit_string("phase", phase_names[s->phase.kind]);
	show_number("phase_since_s", s, s->phase.since_s);
	emit_reason("phase_why", s->phase.why);
	emit_number("syn_rate", s->phase.syn_rate);
	show_forgery(&s->phase.forgery);
	emit_begin_object("tables");
	show_table("flows", &s->flows);
	show_table("half_open", &s->half_open);
	emit_end();
	show_sysctls(s);
	emit_json("config",
		  i->config ? json_object_to_json_string(i->config) : NULL);
}

static void show_services(void)
{
	emit_begin_array("services");
}

static void show_answer(const struct answer_view *a)
{
	if (!a->known) {
		emit_null("answer");
		return;
	}
	emit_begin_object("answer");
	emit_number("mss", a->mss);
	json_options(a->options, a->wscale);
	emit_number("ttl", a->ttl);
	emit_number("tos", a->tos);
	emit_number("age_s", a->age_s);
	emit_end();
}

static void show_service(const struct service_view *v)
{
	emit_begin_object(NULL);
	emit_string("service", v->info->spec);
	emit_bool("listening", v->info->listening);
	emit_string("mode", name_at(mode_names, HF_MODE_NR, v->info->mode));
	emit_string("phase", phase_names[v->phase->kind]);
	emit_bool("armed", v->armed);
	emit_reason("why", v->why);
	emit_number("syn_seen", v->syn_seen);
	emit_number("syn_answered", v->syn_answered);
	emit_number("ack_accepted", v->ack_accepted);
	emit_number("flows", v->flows);
	emit_string("handoff", handoff_names[v->handoff]);
	emit_string("handoff_why", v->handoff_why);
	emit_string("where", v->where);
	show_answer(&v->answer);
	emit_end();
}

static void show_counters(const char *of, const struct hf_counters *c, bool all)
{
	(void)all;
	emit_begin_object(of ?: "counters");
	for (int i = 0; i < HF_CNT_NR; i++)
		emit_number(counter_names[i], c->n[i]);
	for (int i = 0; i < HF_TOTAL_NR; i++)
		emit_number(total_names[i], counter_total(c, i));
	emit_end();
}

static void show_leg_states(const char *name, const struct hf_leg_states *s)
{
	emit_begin_object(name);
	for (int i = 0; i < HF_STATE_NR; i++) {
		emit_begin_object(state_names[i]);
		emit_number("now", s->now[i]);
		emit_number("entered", s->entered[i]);
		emit_end();
	}
	emit_end();
}

/* What has a record is in "states". */
static void show_kernel_states(const struct kernel_view *k)
{
	if (k->asked && !k->known) {
		emit_null("kernel_states");
		return;
	}
	emit_begin_object("kernel_states");
	for (int i = 0; i < HF_STATE_NR; i++)
		emit_number(state_names[i], k->now[i]);
	emit_end();
}

static void show_states(const struct states_view *v)
{
	show_leg_states("states", &v->leg[HF_LEG_CLIENT]);
	show_leg_states("server_states", &v->leg[HF_LEG_SERVER]);
	show_kernel_states(&v->kernel);
}

static void show_transitions(void)
{
	emit_begin_array("transitions");
}

static void show_cell(const struct fsm_cell *cell)
{
	emit_string("to", state_names[cell->next]);
	emit_string("action", fsm_action_names[cell->action]);
	emit_string("why", cell->why);
}

/* `taken` counts both roles, so that an arrow is one object. */
static void show_transition(enum hf_state from, enum hf_event event,
			    uint64_t taken)
{
	const struct fsm_cell *passive = fsm_arrow(from, event, FSM_PASSIVE);
	const struct fsm_cell *active = fsm_arrow(from, event, FSM_ACTIVE);

	emit_begin_object(NULL);
	emit_string("from", state_names[from]);
	emit_string("event", event_names[event]);
	if (passive)
		show_cell(passive);
	else if (active)
		show_cell(active);
	emit_number("taken", taken);
	if (passive && active && passive->next != active->next) {
		emit_begin_object("active_open");
		show_cell(active);
		emit_end();
	}
	emit_end();
}

static void show_flows(void)
{
	emit_begin_array("flows");
}

static void show_option(const char *name, const struct flow_view *v, int bit)
{
	if (v->options_known)
		emit_bool(name, v->flow->options & bit);
	else
		emit_null(name);
}

static void show_delta(const char *name, const struct flow_view *v,
		       uint32_t delta)
{
	if (v->translated)
		emit_number(name, delta);
	else
		emit_null(name);
}

static void show_flow(const struct flow_view *v)
{
	char client[TUPLE_END_MAX], server[TUPLE_END_MAX];
	const struct hf_flow *f = v->flow;

	tuple_client(client, v->tuple);
	tuple_server(server, v->tuple);
	emit_begin_object(NULL);
	emit_string("client", client);
	emit_string("server", server);
	emit_string("state", state_names[v->state]);
	if (v->spliced) {
		emit_string("server_state", state_names[v->server_state]);
		show_delta("delta_seq", v, v->delta_seq);
		show_delta("delta_ts", v, v->delta_ts);
	}
	emit_string("role", f->dir[HF_DIR_OUT].flags & HF_DIR_ACTIVE
				    ? "active"
				    : "passive");
	emit_string("handoff", v->handoff);
	if (f->mss)
		emit_number("mss", f->mss);
	else
		emit_null("mss");
	json_wscale("snd_wscale", f->snd_wscale);
	json_wscale("rcv_wscale", f->rcv_wscale);
	show_option("sack", v, HF_OPT_SACK);
	show_option("timestamps", v, HF_OPT_TS);
	show_option("ecn", v, HF_OPT_ECN);
	emit_number("idle_s", v->idle_s);
	emit_number("age_s", v->age_s);
	emit_number("packets_in", f->dir[HF_DIR_IN].packets);
	emit_number("packets_out", f->dir[HF_DIR_OUT].packets);
	emit_end();
}

static void show_flows_end(uint64_t total)
{
	emit_end();
	emit_number("total", total);
}

/* An object a line: there is no end to it. */
static void show_tests(void)
{
	emit_begin_array("tests");
}

static void show_tested(const char *what, const char *why)
{
	emit_begin_object(NULL);
	emit_string("what", what);
	emit_bool("ok", !why[0]);
	emit_reason("why", why);
	emit_end();
}

static void show_tests_end(bool ok, const char *verdict)
{
	emit_end();
	emit_bool("ok", ok);
	emit_string("verdict", verdict);
}

static void show_verdict(const struct verdict *v)
{
	const struct hf_trace *t = v->trace;

	emit_number("at_ms", t->at_ms);
	emit_string("interface", v->iface);
	emit_string("hook", v->hook);
	emit_string("verdict", v->verdict);
	emit_string("client", v->client);
	emit_string("server", v->server);
	emit_string("flags", v->flags);
	emit_number("seq", t->seq);
	emit_number("ack", t->ack);
	emit_number("payload", t->payload);
	emit_string("reason", counter_names[t->reason]);
}

static void show_top_row(const struct top_view *v, const struct top_list *was,
			 const struct top_row *is, const char *what)
{
	const struct top_row *old = top_row_was(was, is);

	emit_begin_object(NULL);
	emit_string(what, is->name);
	emit_bool("armed", is->armed);
	emit_decimal("syn_seen",
		     top_per_second(v, old->syn_seen, is->syn_seen));
	emit_decimal("syn_answered",
		     top_per_second(v, old->syn_answered, is->syn_answered));
	emit_decimal("syn_dropped",
		     top_per_second(v, old->syn_dropped, is->syn_dropped));
	emit_decimal("ack_accepted",
		     top_per_second(v, old->ack_accepted, is->ack_accepted));
	emit_number("flows", is->flows);
	emit_end();
}

static void show_top_rate(const struct top_page *p, const char *name,
			  double rate)
{
	if (top_is_wanted(p, name))
		emit_decimal(name, rate);
}

static void show_top_rates(const struct top_view *v, const struct top_page *p)
{
	emit_begin_object("rates");
	for (int c = 0; c < HF_CNT_NR; c++)
		show_top_rate(p, counter_names[c], top_rate(v, c));
	for (int t = 0; t < HF_TOTAL_NR; t++)
		show_top_rate(p, total_names[t], top_total_rate(v, t));
	emit_end();
}

static void show_top_states(const struct top_sample *is)
{
	emit_begin_object("states");
	for (int s = 0; s < HF_STATE_NR; s++)
		emit_number(state_names[s],
			    is->states.leg[HF_LEG_CLIENT].now[s]);
	emit_end();
}

static void show_top_rows(const struct top_view *v, const struct top_page *p)
{
	const struct top_list *services = &v->is.services;
	const struct top_list *ifaces = &v->is.ifaces;

	emit_begin_array("services");
	for (int n = 0; n < services->nr; n++)
		if (top_is_wanted(p, services->row[n].name))
			show_top_row(v, &v->was.services, &services->row[n],
				     "service");
	emit_end();
	emit_begin_array("interfaces");
	for (int n = 0; n < ifaces->nr; n++)
		show_top_row(v, &v->was.ifaces, &ifaces->row[n], "name");
	emit_end();
}

/* Rates are a second's. */
static void show_top(const struct instance *i, const struct top_view *v,
		     const struct top_page *page)
{
	const struct top_sample *is = &v->is;

	show_head(i);
	emit_bool("armed", is->status.armed);
	emit_reason("why", is->status.why);
	emit_string("phase", phase_names[is->status.phase.kind]);
	emit_number("interval_ms", is->at_ms - v->was.at_ms);
	if (v->measured)
		emit_decimal("data_plane_cpus", top_cpus(v));
	else
		emit_null("data_plane_cpus");
	show_top_rates(v, page);
	show_top_states(is);
	show_top_rows(v, page);
	emit_end();
}

static void show_checks(bool ok)
{
	emit_bool("ok", ok);
	emit_begin_array("checks");
}

static void show_check(const struct check *c)
{
	emit_begin_object(NULL);
	emit_string("id", c->id);
	emit_string("level", check_level_names[c->level]);
	emit_string("what", c->what);
	emit_reason("cure", c->cure);
	emit_end();
}

static void show_incidents(void)
{
	emit_begin_array("incidents");
}

static void show_incident(const struct hf_incident *in)
{
	static const char *const kinds[HF_INCIDENT_NR] = {
		[HF_INCIDENT_SYN] = "syn",
		[HF_INCIDENT_ACK] = "ack",
	};

	emit_begin_object(NULL);
	emit_number("number", in->number);
	emit_string("kind", name_at(kinds, HF_INCIDENT_NR, in->kind));
	emit_bool("goes_on", in->on);
	emit_number("began_s", in->began_s);
	emit_decimal("length_s", in->length_ms / 1000.0);
	emit_reason("service", in->service);
	emit_number("peak_syn_rate", in->peak);
	show_counters(NULL, &in->counted, true);
	emit_end();
}

static void show_keys(const struct keys_view *k)
{
	emit_number("generation", k->generation);
	emit_number("age_s", k->age_s);
	if (k->rotates)
		emit_number("next_rotation_s", k->next_rotation_s);
	else
		emit_null("next_rotation_s");
	emit_reason("file", k->file);
}

static void show_attached(const struct attached_view *v)
{
	emit_string("interface", v->iface);
	emit_bool("attached", true);
	emit_bool("already", v->already);
	if (v->try_s)
		emit_number("try_s", v->try_s);
	else
		emit_null("try_s");
}

static void show_detached(const char *iface)
{
	emit_string("interface", iface);
	emit_bool("attached", false);
}

static void show_confirm(void)
{
	emit_begin_array("confirmed");
}

static void show_confirmed(const char *iface)
{
	emit_string(NULL, iface);
}

static void show_confirm_end(bool none)
{
	(void)none;
	emit_end();
}

static void show_place(const struct lab_place *p)
{
	emit_begin_object("netns");
	emit_string("server", p->server);
	emit_string("client", p->client);
	emit_string("flooder", p->flooder);
	emit_end();
}

static void show_both(const char *name, const char *one, const char *other)
{
	emit_begin_array(name);
	emit_string(NULL, one);
	emit_string(NULL, other);
	emit_end();
}

static void show_lab_up(const struct lab_place *p)
{
	show_place(p);
	show_both("interfaces", LAB_IFACE, LAB_FLOODED_IFACE);
	show_both("urls", LAB_URL4, LAB_URL6);
}

static bool show_lab_second(const struct lab_view *is,
			    const struct lab_view *was)
{
	(void)is;
	(void)was;
	return true;
}

static void show_lab(const struct lab_view *v)
{
	emit_number("duration_ms", v->at_us / 1000);
	emit_number("syn_sent", v->sent);
	emit_number("clients_served", v->served);
	emit_number("clients_failed", v->failed);
	if (v->served)
		emit_number("slowest_us", v->slowest_us);
	else
		emit_null("slowest_us");
}

static void show_reload(void)
{
	emit_begin_array("later");
}

static void show_later(const char *key)
{
	emit_string(NULL, key);
}

static void show_version(void)
{
	emit_string("version", HF_VERSION);
	emit_number("layout", HF_LAYOUT_VERSION);
	emit_string("commit", HF_COMMIT);
}

const struct output output_json = {
	.head = show_head,
	.status = show_status,
	.services = show_services,
	.service = show_service,
	.services_end = emit_end,
	.counters = show_counters,
	.counters_by = emit_begin_object,
	.counters_by_end = emit_end,
	.states = show_states,
	.transitions = show_transitions,
	.transition = show_transition,
	.transitions_end = emit_end,
	.flows = show_flows,
	.flow = show_flow,
	.flows_end = show_flows_end,
	.tests = show_tests,
	.tested = show_tested,
	.tests_end = show_tests_end,
	.verdict = show_verdict,
	.top = show_top,
	.explain = explain_json,
	.checks = show_checks,
	.check = show_check,
	.checks_end = emit_end,
	.incidents = show_incidents,
	.incident = show_incident,
	.incidents_end = emit_end,
	.keys = show_keys,
	.attached = show_attached,
	.detached = show_detached,
	.confirm = show_confirm,
	.confirmed = show_confirmed,
	.confirm_end = show_confirm_end,
	.lab_up = show_lab_up,
	.lab_down = show_place,
	.lab_second = show_lab_second,
	.lab = show_lab,
	.reload = show_reload,
	.later = show_later,
	.reload_end = emit_end,
	.version = show_version,
	.tail = emit_end,
};
