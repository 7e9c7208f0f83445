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

static __always_inline bool trace_is_chosen(void)
{
	return control.trace_sample < 2 ||
	       !(bpf_get_prandom_u32() % control.trace_sample);
}

/* `how` is the hook << 8 | the verdict. */
static __always_inline void trace_fill(struct hf_trace *rec,
				       const struct packet *p, __u32 how,
				       __u32 ifindex)
{
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
}

/* One verdict. */
__noinline int trace_send(struct packet *p, __u32 how, __u32 ifindex)
{
	struct hf_trace *rec;

	if (!p)
		return 0;
	rec = bpf_ringbuf_reserve(&trace, sizeof(*rec), 0);
	if (!rec)
		return 0;
	trace_fill(rec, p, how, ifindex);
	bpf_ringbuf_submit(rec, BPF_RB_NO_WAKEUP);
	return 0;
}

/*
 * Bytes of a frame that are kept: 1 to the most. The mask is for the verifier of
 * Linux 6.1, which does not learn from a test for 0 (clang 14: "invalid access to
 * map value, size=0").
 */
static __always_inline __u32 trace_len(__u32 len)
{
	if (len > HF_TRACE_FRAME_MAX)
		len = HF_TRACE_FRAME_MAX;
	return ((len - 1) & (HF_TRACE_FRAME_MAX - 1)) + 1;
}

static __always_inline void trace_load_xdp(struct xdp_md *ctx,
					   struct hf_trace_frame *f)
{
	__u32 len;

	f->wire_len = bpf_xdp_get_buff_len(ctx);
	len = trace_len(f->wire_len);
	f->len = bpf_xdp_load_bytes(ctx, 0, f->byte, len) ? 0 : len;
}

static __always_inline void trace_load_skb(struct __sk_buff *skb,
					   struct hf_trace_frame *f)
{
	__u32 len = trace_len(skb->len);

	f->wire_len = skb->len;
	f->len = bpf_skb_load_bytes(skb, 0, f->byte, len) ? 0 : len;
}

/* Before XDP writes an answer over it. */
__noinline int trace_keep(struct xdp_md *ctx)
{
	struct hf_trace_frame *f = MAP_AT(trace_scratch, 0);

	if (f)
		trace_load_xdp(ctx, f);
	return 0;
}

static __always_inline struct hf_trace_frames *trace_reserve(struct packet *p)
{
	return p ? bpf_ringbuf_reserve(&trace, sizeof(struct hf_trace_frames),
				       0)
		 : NULL;
}

__noinline int trace_send_xdp(struct xdp_md *ctx, struct packet *p, __u32 how)
{
	const struct hf_trace_frame *kept = MAP_AT(trace_scratch, 0);
	struct hf_trace_frames *rec;

	if (!kept)
		return 0;
	rec = trace_reserve(p);
	if (!rec)
		return 0;
	trace_fill(&rec->verdict, p, how, ctx->ingress_ifindex);
	rec->at_ns = bpf_ktime_get_ns();
	rec->came = *kept;
	if (!p->traced)		/* it came before frames were wanted */
		rec->came.len = 0;
	rec->left.len = 0;
	if ((how & 0xff) == XDP_TX)
		trace_load_xdp(ctx, &rec->left);
	bpf_ringbuf_submit(rec, BPF_RB_NO_WAKEUP);
	return 0;
}

__noinline int trace_send_tc(struct __sk_buff *skb, struct packet *p, __u32 how)
{
	struct hf_trace_frames *rec = trace_reserve(p);

	if (!rec)
		return 0;
	trace_fill(&rec->verdict, p, how, skb->ifindex);
	rec->at_ns = bpf_ktime_get_ns();
	rec->came.len = 0;
	trace_load_skb(skb, &rec->left);
	bpf_ringbuf_submit(rec, BPF_RB_NO_WAKEUP);
	return 0;
}

/* The frame as it comes. A reader that died costs a look at the clock, until the
 * daemon or the next reader clears its words. */
static __always_inline void trace_frame(const struct run *r)
{
	if (!control.trace_frames || !trace_is_on(clock_ms()))
		return;
	trace_keep(r->xdp);
	r->packet->traced = true;
}

static __always_inline void trace_verdict(const struct run *r,
					  enum hf_hook hook, __u8 verdict)
{
	__u32 how = (__u32)hook << 8 | verdict;

	if (!trace_is_on(r->packet->now_ms) || !trace_is_chosen())
		return;
	if (!control.trace_frames)
		trace_send(r->packet, how,
			   r->tc ? r->skb->ifindex : r->xdp->ingress_ifindex);
	else if (r->tc)
		trace_send_tc(r->skb, r->packet, how);
	else
		trace_send_xdp(r->xdp, r->packet, how);
}

#endif
