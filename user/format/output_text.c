// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Output for people: blocks as `wg show` prints them, lists in columns. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>

#include "lab/lab.h"
#include "lib/tuple.h"
#include "output.h"

static void nothing(void)
{
}

static void show_head(const struct instance *i)
{
	(void)i;
}

static const char *yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

static const char *name_at(const char *const *table, unsigned int nr,
			   unsigned int at)
{
	return at < nr ? table[at] : "?";
}

/* "2 days, 3 hours", the two largest units. */
static void put_time(uint64_t s)
{
	static const struct {
		unsigned int s;
		const char *name;
	} units[] = { { 86400, "day" },
		      { 3600, "hour" },
		      { 60, "minute" },
		      { 1, "second" } };
	int shown = 0;

	for (int i = 0; i < 4; i++) {
		uint64_t nr = s / units[i].s;

		s %= units[i].s;
		if (shown == 2 || (!nr && (shown || i < 3)))
			continue;
		printf("%s%" PRIu64 " %s%s", shown++ ? ", " : "", nr,
		       units[i].name, nr == 1 ? "" : "s");
	}
}

static void put_bytes(uint64_t bytes)
{
	if (bytes >= 1 << 20)
		printf("%.1f MiB", bytes / 1048576.0);
	else
		printf("%.1f KiB", bytes / 1024.0);
}

static void put_armed(const char *indent, bool armed, const char *why)
{
	printf("%sarmed: %s%s%s\n", indent, yes_no(armed), why[0] ? ", " : "",
	       why);
}

static void show_iface(const struct iface_view *v, const char *name)
{
	const struct hf_iface *i = &v->row;
	const struct trial *t = &v->trial;

	printf("\ninterface: %s\n  index: %u\n", i->name, i->ifindex);
	printf("  xdp: %s%s%s\n", i->native ? "native" : "generic",
	       i->why_generic[0] ? ", " : "", i->why_generic);
	put_armed("  ", v->armed, v->why);
	if (t->on && !t->over)
		printf("  on trial: %u s left, `handfast%s confirm` keeps it\n",
		       t->left_s, instance_option(name));
}

static void show_phase(const struct phase_view *ph)
{
	printf("  phase: %s for ", phase_names[ph->kind]);
	put_time(ph->since_s);
	printf("%s%s\n", ph->why[0] ? ", " : "", ph->why);
}

static void show_forgery(const struct forgery_view *v)
{
	printf("  forgery: one guess in 2^%u hits (with timestamps 2^%u), %.2g "
	       "expected per hour",
	       v->bits, v->bits_ts, v->expected);
	if (v->budget)
		printf(", %" PRIu64 " allowed", v->budget);
	putchar('\n');
}

static void show_table(const char *name, const struct table_view *t)
{
	printf("  %s: %" PRIu64 " of %" PRIu64 ", ", name, t->used, t->max);
	put_bytes(t->bytes);
	putchar('\n');
}

static void show_sysctls(const struct hf_meta *m)
{
	puts("\nsysctls:");
	for (int i = 0; i < HF_SYSCTL_NR; i++) {
		if (m->sysctl[i] < 0)
			printf("  %s: unknown\n", sysctl_names[i]);
		else
			printf("  %s: %d\n", sysctl_names[i], m->sysctl[i]);
	}
}

static void show_status(const struct instance *i, const struct status_view *s)
{
	const struct hf_meta *m = &s->meta;

	printf("handfast: %s\n", i->name);
	printf("  off: handfast%s detach --all\n", instance_option(i->name));
	printf("  daemon: %s\n", i->running ? "running" : "dead");
	put_armed("  ", s->armed, s->why);
	printf("  mode: %s\n", name_at(mode_names, HF_MODE_NR, m->mode));
	printf("  handoff: %s\n",
	       name_at(handoff_names, HF_HANDOFF_NR, m->handoff));
	show_phase(&s->phase);
	show_forgery(&s->phase.forgery);
	printf("  version: %s, attached for ", m->version);
	put_time(s->uptime_s);
	putchar('\n');
	for (int n = 0; n < s->ifaces; n++)
		show_iface(&s->iface[n], i->name);
	puts("\ntables:");
	show_table("flows", &s->flows);
	show_table("half_open", &s->half_open);
	show_sysctls(m);
}

#define SERVICE_LINE	"%-24s %-9s %-7s %-7s %-6s %12s %12s %12s %10s  %s\n"

static void show_services(void)
{
	printf(SERVICE_LINE, "SERVICE", "LISTENING", "MODE", "HANDOFF", "ARMED",
	       "SYN_SEEN", "SYN_ANSWERED", "ACK_ACCEPTED", "FLOWS", "WHY");
}

/* A socket does, or what is behind this host. */
static const char *who_listens(const struct service_view *v)
{
	return v->info->listening || !v->where ? yes_no(v->info->listening)
					       : v->where;
}

static void show_service(const struct service_view *v)
{
	printf("%-24s %-9s %-7s %-7s %-6s %12" PRIu64 " %12" PRIu64
	       " %12" PRIu64 " %10" PRIu64 "%s%s\n",
	       v->info->spec, who_listens(v),
	       name_at(mode_names, HF_MODE_NR, v->info->mode),
	       handoff_names[v->handoff], yes_no(v->armed), v->syn_seen,
	       v->syn_answered, v->ack_accepted, v->flows,
	       v->why[0] ? "  " : "", v->why);
}

static void show_counters(const char *of, const struct hf_counters *c, bool all)
{
	if (of)
		printf("\n%s\n", of);
	for (int i = 0; i < HF_CNT_NR; i++)
		if (all || c->n[i])
			printf("%-24s %14llu  %s\n", counter_names[i], c->n[i],
			       counter_helps[i]);
	for (int i = 0; i < HF_TOTAL_NR; i++)
		if (all || counter_total(c, i))
			printf("%-24s %14llu  %s\n", total_names[i],
			       counter_total(c, i), total_helps[i]);
}

static void show_counters_by(const char *what)
{
	(void)what;
}

static void show_server_states(const struct hf_leg_states *s)
{
	printf("\n%-13s %12s %14s\n", "SERVER'S LEG", "NOW", "ENTERED");
	for (int i = 0; i < HF_STATE_NR; i++)
		if (i != HF_LISTEN && i != HF_SYN_RECEIVED)
			printf("%-13s %12llu %14llu\n", state_names[i],
			       s->now[i], s->entered[i]);
}

/* Opened by the kernel while it was calm: no record, no count of entries. */
static void show_kernel_states(const struct kernel_view *k)
{
	if (!k->known) {
		printf("\nThe kernel's own connections are not known: their "
		       "network namespace cannot be entered.\n");
		return;
	}
	printf("\n%-13s %12s\n", "THE KERNEL'S", "NOW");
	for (int i = 0; i < HF_STATE_NR; i++)
		if (i != HF_CLOSED && i != HF_LISTEN)
			printf("%-13s %12llu\n", state_names[i],
			       (unsigned long long)k->now[i]);
}

static void show_states(const struct states_view *v)
{
	const struct hf_leg_states *s = &v->leg[HF_LEG_CLIENT];
	static const char *const helps[HF_STATE_NR] = {
		[HF_CLOSED] = "no connection; entered: connections that ended",
		[HF_LISTEN] = "protected sockets that listen",
		[HF_SYN_SENT] = "own SYN sent (track_active)",
		[HF_SYN_RECEIVED] = "SYN answered and remembered",
		[HF_ESTABLISHED] = "open",
		[HF_FIN_WAIT_1] = "closed here, FIN not acknowledged yet",
		[HF_FIN_WAIT_2] = "closed here, half open",
		[HF_CLOSE_WAIT] = "client closed, program has not",
		[HF_CLOSING] = "both closed at once",
		[HF_LAST_ACK] = "client closed first, last ACK awaited",
		[HF_TIME_WAIT] = "closed here first, 2 MSL",
	};

	printf("%-13s %12s %14s\n", "STATE", "NOW", "ENTERED");
	for (int i = 0; i < HF_STATE_NR; i++)
		printf("%-13s %12llu %14llu  %s\n", state_names[i], s->now[i],
		       s->entered[i], helps[i]);
	if (v->splices)
		show_server_states(&v->leg[HF_LEG_SERVER]);
	if (v->kernel.asked)
		show_kernel_states(&v->kernel);
}

#define ARROW_LINE	"%-13s %-15s %-13s %-15s %12s  %s\n"

static void show_transitions(void)
{
	printf("\n" ARROW_LINE, "FROM", "EVENT", "TO", "ACTION", "TAKEN",
	       "WHY");
}

static void show_cell(const char *from, const char *event,
		      const struct fsm_cell *cell, const char *taken)
{
	printf(ARROW_LINE, from, event, state_names[cell->next],
	       fsm_action_names[cell->action], taken, cell->why ?: "");
}

static void show_transition(enum hf_state from, enum hf_event event,
			    uint64_t taken)
{
	const struct fsm_cell *passive = fsm_arrow(from, event, FSM_PASSIVE);
	const struct fsm_cell *active = fsm_arrow(from, event, FSM_ACTIVE);
	char number[24];

	snprintf(number, sizeof(number), "%" PRIu64, taken);
	if (passive)
		show_cell(state_names[from], event_names[event], passive,
			  number);
	if (active && !passive)
		show_cell(state_names[from], event_names[event], active,
			  number);
	else if (active && active->next != passive->next)
		show_cell("", "  (active open)", active, "");
}

#define FLOW_LINE	"%-28s %-28s %-12s %-13s %5s %7s %-4s %-4s %-4s %7s %7s " \
			"%10s %10s\n"

static void show_flows(void)
{
	printf(FLOW_LINE, "CLIENT", "SERVER", "STATE", "HANDOFF", "MSS",
	       "WSCALE", "SACK", "TS", "ECN", "AGE_S", "IDLE_S", "IN", "OUT");
}

static const char *flow_option(const struct flow_view *v, int bit)
{
	if (!v->options_known)
		return "-";
	return yes_no(v->flow->options & bit);
}

static void show_flow(const struct flow_view *v)
{
	char client[TUPLE_END_MAX], server[TUPLE_END_MAX];
	const struct hf_flow *f = v->flow;
	char mss[8] = "-", wscale[8] = "-", idle[12], in[24], out[24];
	char age[12];

	tuple_client(client, v->tuple);
	tuple_server(server, v->tuple);
	if (f->mss)
		snprintf(mss, sizeof(mss), "%u", f->mss);
	if (f->snd_wscale < HF_WSCALE_NONE && f->rcv_wscale < HF_WSCALE_NONE)
		snprintf(wscale, sizeof(wscale), "%u,%u", f->snd_wscale,
			 f->rcv_wscale);
	snprintf(idle, sizeof(idle), "%u", v->idle_s);
	snprintf(age, sizeof(age), "%u", v->age_s);
	snprintf(in, sizeof(in), "%llu", f->dir[HF_DIR_IN].packets);
	snprintf(out, sizeof(out), "%llu", f->dir[HF_DIR_OUT].packets);
	printf(FLOW_LINE, client, server, state_names[v->state], v->handoff,
	       mss, wscale, flow_option(v, HF_OPT_SACK),
	       flow_option(v, HF_OPT_TS), flow_option(v, HF_OPT_ECN), age, idle,
	       in, out);
}

static void show_flows_end(uint64_t total)
{
	(void)total;
}

static void show_verdict(const struct verdict *v)
{
	const struct hf_trace *t = v->trace;
	bool out = t->hook == HF_HOOK_TC_OUT;

	printf("%10u.%03u %s %s %s %s > %s [%s] seq %u ack %u len %u: %s, %s\n",
	       t->at_ms / 1000, t->at_ms % 1000, v->iface, v->hook, v->verdict,
	       out ? v->server : v->client, out ? v->client : v->server,
	       v->flags, t->seq, t->ack, t->payload, counter_names[t->reason],
	       counter_helps[t->reason]);
}

static void print_line(struct top_page *p, enum top_style style,
		       const char *text)
{
	(void)p;
	(void)style;
	puts(text);
}

static void show_top(const struct instance *i, const struct top_view *v,
		     const struct top_page *page)
{
	struct top_page p = *page;

	p.line = print_line;
	p.lines = INT_MAX;
	p.columns = 80;
	top_page_put(&p, i, v);
	putchar('\n');
}

static void show_checks(bool ok)
{
	(void)ok;
}

static void show_check(const struct check *c)
{
	printf("%-4s  %s%s%s\n", check_level_names[c->level], c->what,
	       c->cure[0] ? "; try: " : "", c->cure);
}

static void show_tested(const char *what, const char *why)
{
	printf("%-4s %s%s%s\n", why[0] ? "FAIL" : "ok", what,
	       why[0] ? ": " : "", why);
	fflush(stdout);		/* each takes its time */
}

static void show_tests_end(bool ok, const char *verdict)
{
	(void)ok;
	puts(verdict);
}

#define INCIDENT_LINE	"%-20s %8s  %-24s %12s %14s %14s %12s %10s\n"

static void show_incidents(void)
{
	printf(INCIDENT_LINE, "BEGAN", "SECONDS", "MOST ON", "PEAK SYN/s",
	       "SYNS", "ANSWERED", "DROPPED", "LET IN");
}

static void show_incident(const struct hf_incident *in)
{
	const struct hf_counters *c = &in->counted;
	time_t began = in->began_s;
	char time[32], length[24];
	struct tm tm;

	localtime_r(&began, &tm);
	strftime(time, sizeof(time), "%F %T", &tm);
	snprintf(length, sizeof(length), "%s%llu", in->on ? ">" : "",
		 (in->length_ms + 500) / 1000);
	printf("%-20s %8s  %-24s %12llu %14llu %14llu %12llu %10llu\n", time,
	       length, in->service, in->peak, c->n[HF_CNT_SYN_SEEN],
	       counter_total(c, HF_TOTAL_SYN_ANSWERED),
	       counter_total(c, HF_TOTAL_SYN_DROPPED),
	       c->n[HF_CNT_ACK_ACCEPTED]);
}

static void show_keys(const struct keys_view *k)
{
	printf("generation %u, %llu s old, ", k->generation,
	       (unsigned long long)k->age_s);
	if (k->rotates)
		printf("the next one in %llu s\n",
		       (unsigned long long)k->next_rotation_s);
	else if (k->file[0])
		printf("from %s\n", k->file);
	else
		puts("rotated by command alone");
}

static void show_attached(const struct attached_view *v)
{
	if (v->already)
		printf("%s: already attached\n", v->iface);
	if (v->try_s)
		printf("%s: attached for %d s, `handfast%s confirm` keeps it\n",
		       v->iface, v->try_s, v->option);
}

static void show_detached(const char *iface)
{
	(void)iface;
}

static void show_confirmed(const char *iface)
{
	printf("%s: stays attached\n", iface);
}

static void show_confirm_end(bool none)
{
	if (none)
		puts("nothing is on trial");
}

static void show_lab_up(const struct lab_place *p)
{
	printf("%s: a web server, " LAB_URL4 " and " LAB_URL6
	       "\n%s: its clients, by " LAB_IFACE
	       "; %s: the flood, by " LAB_FLOODED_IFACE "\n",
	       p->server, p->client, p->flooder);
	printf("\nA flood at a kernel without SYN cookies, then with handfast, "
	       "and the end of it:\n"
	       "  ip netns exec %s sysctl -qw net.ipv4.tcp_syncookies=0\n"
	       "  handfast%s lab flood\n"
	       "  ip netns exec %s sysctl -qw net.ipv4.tcp_syncookies=1\n"
	       "  handfast -n %s attach " LAB_IFACE " -N %s\n"
	       "  handfast -n %s attach " LAB_FLOODED_IFACE " -N %s\n"
	       "  handfast%s lab flood\n"
	       "  handfast -n %s detach --all\n"
	       "  handfast%s lab down\n",
	       p->server, p->option, p->server, p->instance, p->server,
	       p->instance, p->server, p->option, p->instance, p->option);
}

static void show_lab_down(const struct lab_place *p)
{
	if (p->server)
		printf("%s, %s and %s are gone\n", p->server, p->client,
		       p->flooder);
	else
		puts("there is no lab");
}

static bool show_lab_second(const struct lab_view *is,
			    const struct lab_view *was)
{
	printf("%3.0f s: %.0f SYN/s, clients: %" PRIu64 " served, %" PRIu64
	       " failed\n",
	       is->at_us / 1e6,
	       (is->sent - was->sent) * 1e6 / (is->at_us - was->at_us),
	       is->served - was->served, is->failed - was->failed);
	return !fflush(stdout);
}

static void show_lab(const struct lab_view *v)
{
	printf("%" PRIu64 " SYNs sent; %" PRIu64 " of %" PRIu64
	       " clients served",
	       v->sent, v->served, v->served + v->failed);
	if (v->served)
		printf(", slowest %.1f ms", v->slowest_us / 1e3);
	putchar('\n');
}

static void show_later(const char *key)
{
	printf("%s: takes effect at the next start\n", key);
}

static void show_version(void)
{
	printf("handfast %s (layout %d, commit %s)\n", HF_VERSION,
	       HF_LAYOUT_VERSION, HF_COMMIT);
}

const struct output output_text = {
	.head = show_head,
	.status = show_status,
	.services = show_services,
	.service = show_service,
	.services_end = nothing,
	.counters = show_counters,
	.counters_by = show_counters_by,
	.counters_by_end = nothing,
	.states = show_states,
	.transitions = show_transitions,
	.transition = show_transition,
	.transitions_end = nothing,
	.flows = show_flows,
	.flow = show_flow,
	.flows_end = show_flows_end,
	.tests = nothing,
	.tested = show_tested,
	.tests_end = show_tests_end,
	.verdict = show_verdict,
	.top = show_top,
	.explain = explain_text,
	.checks = show_checks,
	.check = show_check,
	.checks_end = nothing,
	.incidents = show_incidents,
	.incident = show_incident,
	.incidents_end = nothing,
	.keys = show_keys,
	.attached = show_attached,
	.detached = show_detached,
	.confirm = nothing,
	.confirmed = show_confirmed,
	.confirm_end = show_confirm_end,
	.lab_up = show_lab_up,
	.lab_down = show_lab_down,
	.lab_second = show_lab_second,
	.lab = show_lab,
	.reload = nothing,
	.later = show_later,
	.reload_end = nothing,
	.version = show_version,
	.tail = nothing,
};
