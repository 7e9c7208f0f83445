/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tc egress: the server's side of each connection. */
#ifndef HANDFAST_TC_OUT_BPF_H
#define HANDFAST_TC_OUT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "flow/active.bpf.h"
#include "flow/flow.bpf.h"
#include "open/admit.bpf.h"
#include "state/clock.bpf.h"
#include "state/maps.bpf.h"
#include "state/trace.bpf.h"
#include "wire/skb.bpf.h"

SEC("tc")
int hf_tc_out(struct __sk_buff *skb)
{
	struct hf_control *c = MAP_AT(control, 0);
	struct frame fr = FRAME_OF(skb);
	struct packet p = {};
	struct hf_flow *f;
	int action;

	if (!c || !skb_parse(skb, &fr, &p, true))
		return TC_PASS;
	p.now_ms = clock_ms(c);
	if (skb->mark == HF_MARK || !pkt_lengths(&p))
		return TC_PASS;
	if (c->track_active && (p.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		active_open(&p, c);
	f = flow_find(c, &p.tuple);
	if (!f || flow_over(f))
		return TC_PASS;
	pkt_note_tsval(&fr, &p);
	p.service = f->service;
	action = admit_egress(&p, c, f);
	trace_verdict(c, &p, HF_HOOK_TC_OUT, action + 1, skb->ifindex);
	return action;
}

#endif
