/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tc egress: the server's side of each connection. */
#ifndef HANDFAST_TC_OUT_BPF_H
#define HANDFAST_TC_OUT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "flow/active.bpf.h"
#include "flow/flow.bpf.h"
#include "flow/idle.bpf.h"
#include "open/admit.bpf.h"
#include "open/handover.bpf.h"
#include "state/clock.bpf.h"
#include "state/found.bpf.h"
#include "state/learn.bpf.h"
#include "state/maps.bpf.h"
#include "state/phase.bpf.h"
#include "state/seen.bpf.h"
#include "state/service.bpf.h"
#include "state/trace.bpf.h"
#include "state/zone.bpf.h"
#include "wire/skb.bpf.h"

/*
 * A segment of the daemon's own. What it says in the client's name is turned
 * round and comes in as the client's own would. The mark alone proves nothing:
 * who may send raw frames may choose it.
 */
static __always_inline int tc_out_own(const struct run *r)
{
	__u64 cookie = control.inject_cookie;

	if (cookie && bpf_get_socket_cookie(r->skb) == cookie)
		return bpf_redirect(r->skb->ifindex, BPF_F_INGRESS);
	return TC_PASS;
}

/*
 * What few segments need is in calls of its own, so that it takes neither
 * registers nor stack from the way of all others (ten ns of ninety).
 */

/* A segment of a spliced connection. */
static __noinline int tc_out_spliced(struct __sk_buff *skb, struct packet *p,
				     struct hf_flow *f, struct hf_splice *s)
{
	struct run r = {
		.tc = true,
		.skb = skb,
		.packet = p,
		.flow = f,
		.splice = s,
	};

	return handover_egress(&r);
}

/* A SYN-ACK of no record: of the kernel's handshake, or of a host behind. */
static __noinline int tc_out_learn(struct __sk_buff *skb, struct packet *p)
{
	struct run r = {
		.tc = true,
		.skb = skb,
		.packet = p,
	};
	bool protected = service_copy_find(&r);
	const struct hf_asked *asked;
	struct options o;

	if (protected)
		answer_comes(&r);
	asked = asked_find(p);
	if (!asked || !pkt_options_tc(&r, &o))
		return TC_PASS;
	if (protected)
		learn_answer(&r, asked, &o);
	else
		found_note(p, o.seen);
	return TC_PASS;
}

/* A RST that acknowledges nothing answers what belonged to no connection. Where
 * nobody looked at that, this tells how much of it there is. */
static __noinline int tc_out_rst(struct packet *p)
{
	const struct hf_service *svc;

	if (!p || !service_has_port(p->tuple.server_port))
		return TC_PASS;
	svc = service_find(p);
	if (svc && phase_is_calm(svc->mode, p->now_ms))
		phase_acks(p->now_ms, 1);
	return TC_PASS;
}

/* A segment of no record. One without a socket comes from behind this host. */
static __always_inline int tc_out_unknown(const struct run *r)
{
	struct packet *p = r->packet;

	if (!(p->flags & TCP_RST) && !r->skb->sk &&
	    service_has_port(p->tuple.server_port))
		seen_mark(&p->tuple);
	if ((p->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK))
		return tc_out_learn(r->skb, p);
	if ((p->flags & (TCP_RST | TCP_ACK)) == TCP_RST)
		return tc_out_rst(p);
	return TC_PASS;
}

SEC("tc")
int hf_tc_out(struct __sk_buff *skb)
{
	struct packet p = {};
	struct run r = {
		.tc = true,
		.skb = skb,
		.packet = &p,
	};
	int action;

	if (skb->mark == HF_MARK)
		return tc_out_own(&r);
	if (idle_tc_out(skb))
		return TC_PASS;
	if (!skb_parse(&r, true) || !pkt_lengths(&p))
		return TC_PASS;
	p.now_ms = clock_ms();
	zone_note(&p);
	if (control.track_active && (p.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		active_open(&r);
	r.flow = flow_find(&p.tuple);
	r.splice = splice_find(&p.tuple, r.flow);
	if (!r.flow || r.flow->life & HF_LIFE_DYING)
		return tc_out_unknown(&r);
	p.service = r.flow->service;
	pkt_note_tsval(&r);
	if (flow_is_spliced(r.flow))
		action = tc_out_spliced(skb, &p, r.flow, r.splice);
	else if (!flow_over(r.flow))
		action = admit_egress(&r);
	else
		return TC_PASS;
	trace_verdict(&r, HF_HOOK_TC_OUT, action + 1);
	return action;
}

#endif
