// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast explain, as JSON. */
#include <stddef.h>

#include "emit.h"
#include "explain.h"
#include "lib/clock.h"
#include "lib/names.h"
#include "lib/tuple.h"
#include "options_json.h"

static void put_service(const struct service_view *s)
{
	if (!s) {
		emit_null("service");
		return;
	}
	emit_begin_object("service");
	emit_string("service", s->info->spec);
	emit_string("mode", mode_names[s->info->mode]);
	emit_bool("armed", s->armed);
	emit_reason("why", s->why);
	emit_string("handoff", handoff_names[s->handoff]);
	emit_string("handoff_why", s->handoff_why);
	emit_end();
}

static void put_flow(const struct explain_view *v)
{
	const struct hf_flow *f = v->flow;

	if (!f) {
		emit_null("flow");
		return;
	}
	emit_begin_object("flow");
	emit_string("state", state_names[v->state]);
	emit_string("handoff", f->handoff < HF_HANDOFF_NR
				       ? handoff_names[f->handoff]
				       : NULL);
	json_options(f->options, f->rcv_wscale);
	emit_number("age_s", clock_age_ms(f->created_ms, v->now_ms) / 1000);
	emit_end();
}

static void put_half(const struct explain_view *v)
{
	const struct hf_half_open *h = v->half;

	if (!h) {
		emit_null("half_open");
		return;
	}
	emit_begin_object("half_open");
	emit_string("answered_by",
		    h->kind == HF_HALF_COOKIE ? "handfast" : "kernel");
	emit_number("age_s", clock_age_ms(h->made_ms, v->now_ms) / 1000);
	emit_end();
}

static void put_said(const struct said_view *s)
{
	if (!s) {
		emit_null("answer");
		return;
	}
	emit_begin_object("answer");
	emit_number("mss", s->mss);
	json_options(s->options, s->wscale);
	emit_number("ttl", s->ttl);
	emit_end();
}

static void put_fate(const struct fate_view *f)
{
	emit_begin_object(f->what);
	emit_string("verdict", f->verdict);
	emit_begin_array("reasons");
	for (int c = 0; c < HF_CNT_NR; c++)
		if (f->counted->n[c] && explain_is_reason(c))
			emit_string(NULL, counter_names[c]);
	emit_end();
	put_said(f->said);
	emit_end();
}

/* The outer one first. */
static void put_vlans(__u32 zone)
{
	emit_begin_array("vlans");
	if (zone >> 12)
		emit_number(NULL, zone >> 12);
	if (zone & 0xfff)
		emit_number(NULL, zone & 0xfff);
	emit_end();
}

void explain_json(const struct explain_view *v)
{
	char client[TUPLE_END_MAX], server[TUPLE_END_MAX];

	tuple_client(client, v->tuple);
	tuple_server(server, v->tuple);
	emit_string("client", client);
	emit_string("server", server);
	emit_string("interface", v->iface->row.name);
	put_vlans(v->tuple->zone);
	emit_bool("armed", v->iface->armed);
	emit_string("phase", phase_names[v->status->phase.kind]);
	put_service(v->service);
	put_flow(v);
	put_half(v);
	put_fate(&v->fate[0]);
	put_fate(&v->fate[1]);
}
