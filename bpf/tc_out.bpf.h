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
	struct packet p = {};
	struct run r = {
		.tc = true,
		.skb = skb,
		.control = MAP_AT(control, 0),
		.packet = &p,
	};
	int action;

	if (!r.control || !skb_parse(&r, true))
		return TC_PASS;
	p.now_ms = clock_ms(r.control);
	if (skb->mark == HF_MARK || !pkt_lengths(&p))
		return TC_PASS;
	if (r.control->track_active &&
	    (p.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
		r.phase = MAP_AT(phase, 0);
		if (r.phase)
			active_open(&r);
	}
	r.flow = flow_find(r.control, &p.tuple);
	if (!r.flow || flow_over(r.flow))
		return TC_PASS;
	pkt_note_tsval(&r);
	p.service = r.flow->service;
	action = admit_egress(&r);
	trace_verdict(&r, HF_HOOK_TC_OUT, action + 1);
	return action;
}

#endif
