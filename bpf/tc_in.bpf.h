/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tc ingress: where a validated connection gets to its server. */
#ifndef HANDFAST_TC_IN_BPF_H
#define HANDFAST_TC_IN_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "flow/icmp.bpf.h"
#include "flow/idle.bpf.h"
#include "open/admit.bpf.h"
#include "open/handover.bpf.h"
#include "state/asked.bpf.h"
#include "state/clock.bpf.h"
#include "state/config.bpf.h"
#include "state/maps.bpf.h"
#include "state/station.bpf.h"
#include "state/trace.bpf.h"
#include "wire/skb.bpf.h"

static __always_inline bool tc_in_is_syn(const struct packet *p)
{
	return (p->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
}

/* A SYN of no record passes: its answer will teach, by what it asks for. */
static __noinline int tc_in_ask(struct __sk_buff *skb, struct packet *p)
{
	struct run r = { .tc = true, .skb = skb, .packet = p };
	struct options o;

	if (!pkt_options_tc(&r, &o))
		return TC_PASS;
	if ((p->flags & (TCP_ECE | TCP_CWR)) == (TCP_ECE | TCP_CWR))
		o.seen |= HF_OPT_ECN;
	service_copy_find(&r);
	asked_note(&r, o.seen);
	return TC_PASS;
}

/* A segment of a record whose server was not seen yet. Apart from the way of all
 * others, for the stack: no kernel before 6.9 can do it. */
static __noinline int tc_in_admit(struct __sk_buff *skb, struct packet *p,
				  struct hf_flow *f)
{
	struct run r = {
		.tc = true,
		.skb = skb,
		.packet = p,
		.flow = f,
	};

	return admit_ingress(&r);
}

SEC("tc")
int hf_tc_in(struct __sk_buff *skb)
{
	struct packet p = {};
	struct run r = {
		.tc = true,
		.skb = skb,
		.packet = &p,
	};
	int action;

	if (idle_tc_in(skb))
		return TC_PASS;
	if (!skb_parse(&r, false))
		return p.reason == HF_CNT_PASS_NOT_TCP && icmp_is(&r)
			       ? icmp_ingress(skb, &p)
			       : TC_PASS;
	p.now_ms = clock_ms();
	r.flow = flow_find_tc(&p.tuple);
	r.splice = splice_find(&p.tuple, r.flow);
	if (!r.flow)
		return tc_in_is_syn(&p) ? tc_in_ask(skb, &p) : TC_PASS;
	if (!pkt_lengths(&p) || !station_is_ours_tc(&r))
		return TC_PASS;
	p.service = r.flow->service;
	p.reason = HF_CNT_FLOW_IN;
	if (flow_is_spliced(r.flow) && !flow_is_broken(r.flow))
		action = handover_ingress(&r);
	else if (handoff != HF_HANDOFF_SPLICE && !flow_is_spliced(r.flow))
		action = tc_in_admit(skb, &p, r.flow);
	else
		return TC_PASS;
	if (p.reason != HF_CNT_FLOW_IN)
		trace_verdict(&r, HF_HOOK_TC_IN, action + 1);
	return action;
}

#endif
