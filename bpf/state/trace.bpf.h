/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Verdicts for `handfast trace`. When the ring is full, lines are missed. */
#ifndef HANDFAST_TRACE_BPF_H
#define HANDFAST_TRACE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/trace.h"
#include "state/clock.bpf.h"
#include "state/maps.bpf.h"
#include "state/run.bpf.h"
#include "wire/packet.bpf.h"

static __always_inline bool trace_is_on(__u32 now_ms)
{
	return control.trace && clock_before(now_ms, control.trace_until_ms);
}

/* One verdict; `how` is the hook << 8 | the verdict. */
__noinline int trace_send(struct packet *p, __u32 how, __u32 ifindex)
{
	struct hf_trace *rec;

	if (!p)
		return 0;
	rec = bpf_ringbuf_reserve(&trace, sizeof(*rec), 0);
	if (!rec)
		return 0;
	rec->tuple = p->tuple;
	rec->at_ms = p->now_ms;
	rec->ifindex = ifindex;
	rec->seq = p->seq;
	rec->ack = p->ack;
	rec->payload = p->payload;
	rec->reason = p->reason;
	rec->service = p->service;
	rec->hook = how >> 8;
	rec->verdict = how;
	rec->flags = p->flags;
	rec->pad = 0;
	bpf_ringbuf_submit(rec, BPF_RB_NO_WAKEUP);
	return 0;
}

static __always_inline void trace_verdict(const struct run *r,
					  enum hf_hook hook, __u8 verdict)
{
	if (trace_is_on(r->packet->now_ms))
		trace_send(r->packet, (__u32)hook << 8 | verdict,
			   r->tc ? r->skb->ifindex : r->xdp->ingress_ifindex);
}

#endif
