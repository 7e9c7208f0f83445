// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast explain, in sentences. */
#include <stdio.h>

#include "explain.h"
#include "lib/clock.h"
#include "lib/names.h"
#include "lib/tuple.h"

static void put_options(__u8 options, unsigned int wscale)
{
	if (wscale < HF_WSCALE_NONE)
		printf(", window scale %u", wscale);
	printf("%s%s%s", options & HF_OPT_SACK ? ", SACK" : "",
	       options & HF_OPT_TS ? ", timestamps" : "",
	       options & HF_OPT_ECN ? ", ECN" : "");
}

static void put_answer(const struct answer_view *a)
{
	if (!a->known) {
		puts("  It was not seen to answer yet.");
		return;
	}
	printf("  It was seen to answer %llu s ago: MSS %u",
	       (unsigned long long)a->age_s, a->mss);
	put_options(a->options, a->wscale);
	printf(", TTL %u.\n", a->ttl);
}

static void put_service(const struct service_view *s)
{
	if (!s) {
		puts("No service of that address and port is protected: all "
		     "segments pass.");
		return;
	}
	printf("The service is %s, mode %s, %s%s%s.\n", s->info->spec,
	       mode_names[s->info->mode], s->armed ? "armed" : "not armed",
	       s->why[0] ? ": " : "", s->why);
	printf("  A new connection gets there by %s, since %s.\n",
	       handoff_names[s->handoff], s->handoff_why);
	put_answer(&s->answer);
}

static void put_vlan(__u32 zone)
{
	if (zone & 0xfff)
		printf(" in VLAN %u", zone & 0xfff);
	if (zone >> 12)
		printf(" in VLAN %u", zone >> 12);
}

static void put_iface(const struct explain_view *v)
{
	const struct phase_view *ph = &v->status->phase;
	const struct iface_view *i = v->iface;

	printf("It comes");
	put_vlan(v->tuple->zone);
	printf(" by %s, which is %s%s%s (%s XDP).\n", i->row.name,
	       i->armed ? "armed" : "not armed", i->why[0] ? ": " : "", i->why,
	       i->row.native ? "native" : "generic");
	printf("The phase is %s%s%s.\n", phase_names[ph->kind],
	       ph->why[0] ? ": " : "", ph->why);
}

static void put_flow(const struct explain_view *v)
{
	const struct hf_flow *f = v->flow;

	if (!f) {
		puts("There is no record of the connection.");
		return;
	}
	printf("There is a record of the connection: %s, by %s, %u s old, %llu "
	       "segments in and %llu out",
	       state_names[v->state],
	       f->handoff < HF_HANDOFF_NR ? handoff_names[f->handoff] : "?",
	       clock_age_ms(f->created_ms, v->now_ms) / 1000,
	       f->dir[HF_DIR_IN].packets, f->dir[HF_DIR_OUT].packets);
	put_options(f->options, f->rcv_wscale);
	puts(".");
}

static void put_half(const struct explain_view *v)
{
	const struct hf_half_open *h = v->half;

	if (h)
		printf("A SYN of it is remembered since %u s ago, answered by "
		       "%s.\n",
		       clock_age_ms(h->made_ms, v->now_ms) / 1000,
		       h->kind == HF_HALF_COOKIE ? "handfast" : "the kernel");
}

static void put_reason(enum hf_counter c)
{
	const char *source = explain_source(c);

	printf("  %s: %s%s%s%s\n", counter_names[c], counter_helps[c],
	       source ? " (" : "", source ?: "", source ? ")" : "");
}

static void put_fate(const struct fate_view *f)
{
	printf("\n%s would be %s", f->sentence, f->verdict);
	if (f->said) {
		printf(": MSS %u", f->said->mss);
		put_options(f->said->options, f->said->wscale);
		printf(", TTL %u", f->said->ttl);
	}
	puts(".");
	for (int c = 0; c < HF_CNT_NR; c++)
		if (f->counted->n[c] && explain_is_reason(c))
			put_reason(c);
}

void explain_text(const struct explain_view *v)
{
	char client[TUPLE_END_MAX], server[TUPLE_END_MAX];

	tuple_client(client, v->tuple);
	tuple_server(server, v->tuple);
	printf("%s > %s\n\n", client, server);
	put_iface(v);
	put_service(v->service);
	put_flow(v);
	put_half(v);
	put_fate(&v->fate[0]);
	put_fate(&v->fate[1]);
}
