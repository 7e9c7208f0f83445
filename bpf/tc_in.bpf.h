/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tc ingress: where a validated connection gets its socket. */
#ifndef HANDFAST_TC_IN_BPF_H
#define HANDFAST_TC_IN_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "open/admit.bpf.h"
#include "state/clock.bpf.h"
#include "state/maps.bpf.h"
#include "state/trace.bpf.h"
#include "wire/skb.bpf.h"

SEC("tc")
int hf_tc_in(struct __sk_buff *skb)
{
	struct hf_control *c = MAP_AT(control, 0);
	struct frame fr = FRAME_OF(skb);
	struct packet p = {};
	struct hf_flow *f;
	int action;

	if (!c || !skb_parse(skb, &fr, &p, false))
		return TC_PASS;
	p.now_ms = clock_ms(c);
	f = flow_find_pending(c, &p.tuple);
	if (!f || !pkt_lengths(&p))
		return TC_PASS;
	p.service = f->service;
	p.reason = HF_CNT_FLOW_IN;
	action = admit_ingress(skb, &fr, &p, c, f);
	if (p.reason != HF_CNT_FLOW_IN)
		trace_verdict(c, &p, HF_HOOK_TC_IN, action + 1, skb->ifindex);
	return action;
}

#endif
