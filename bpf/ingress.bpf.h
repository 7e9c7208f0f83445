/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* XDP: what comes from clients, before the kernel sees it. */
#ifndef HANDFAST_INGRESS_BPF_H
#define HANDFAST_INGRESS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "flow/flow.bpf.h"
#include "open/ack.bpf.h"
#include "open/half.bpf.h"
#include "open/syn.bpf.h"
#include "state/clock.bpf.h"
#include "state/count.bpf.h"
#include "state/maps.bpf.h"
#include "state/presence.bpf.h"
#include "state/service.bpf.h"
#include "state/trace.bpf.h"
#include "wire/parse.bpf.h"
#include "wire/segment.bpf.h"

/* Nonsense on a living connection is its socket's to drop. */
static __always_inline bool ingress_is_flow(struct packet *p,
					    const struct hf_flow *f)
{
	return pkt_lengths(p) ? flow_takes(f, p) : !flow_over(f);
}

/* A segment of a connection that has a record, not over. */
static __always_inline int ingress_flow(const struct frame *fr,
					struct packet *p, struct hf_flow *f)
{
	p->service = f->service;
	pkt_note_tsval(fr, p);
	if (!pkt_lengths(p) || !flow_track(f, p, HF_DIR_IN))
		return pkt_pass(p, HF_CNT_FLOW_IN_UNFIT);
	return pkt_pass(p, HF_CNT_FLOW_IN);
}

static __always_inline int ingress_syn(struct xdp_md *ctx,
				       const struct hf_control *c,
				       struct hf_phase *ph, struct packet *p,
				       struct hf_service *svc, struct reply *r)
{
	int action = syn_ingress(ctx, c, ph, p, svc, r);

	if (action == XDP_TX && kcookie_is_used() && r->kernel_mints)
		action = syn_answer_kernel(ctx, c, p, r);
	if (action != XDP_TX)
		return action;
	r->opt.tsval = r->cookie.tsval;
	r->window = syn_window(svc, handshake_mss(&r->cookie));
	if (!reply_write(ctx, p, r))
		return pkt_drop(p, HF_CNT_SYN_DROP_NO_REPLY);
	if (r->remember)
		half_remember(ctx, p, &r->cookie);
	return action;
}

static __always_inline int ingress_ack(struct xdp_md *ctx,
				       const struct hf_control *c,
				       struct hf_phase *ph, struct packet *p,
				       struct hf_service *svc, struct reply *r)
{
	enum ack_proof proof = ack_prove(ctx, c, ph, p, svc, &r->offer,
					 &r->cookie);

	return ack_ingress(ctx, c, ph, p, svc, &r->cookie, proof);
}

static __always_inline int ingress_rst(struct hf_phase *ph, struct packet *p)
{
	half_reset(ph, p);
	return pkt_pass(p, HF_CNT_PASS_RST);
}

/* By the flags, RFC 9293 3.10.7.2: SYN, ACK, or what nobody answers. */
static __always_inline int ingress_service(struct xdp_md *ctx,
					   const struct hf_control *c,
					   struct hf_phase *ph,
					   struct packet *p,
					   struct hf_service *svc)
{
	struct reply *r = MAP_AT(reply_scratch, 0);

	if (!r)
		return XDP_PASS;
	if (!pkt_lengths(p) || pkt_options(ctx, p, &r->offer))
		return pkt_drop(p, HF_CNT_DROP_BAD_LENGTH);
	switch (p->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) {
	case TCP_SYN: return ingress_syn(ctx, c, ph, p, svc, r);
	case TCP_ACK:
	case TCP_ACK | TCP_FIN: return ingress_ack(ctx, c, ph, p, svc, r);
	case TCP_SYN | TCP_ACK: return pkt_pass(p, HF_CNT_PASS_SYN_ACK);
	}
	if (p->flags & TCP_RST)
		return ingress_rst(ph, p);
	return pkt_pass(p, HF_CNT_PASS_FLAGS);
}

/*
 * Global, so that the verifier checks it once: it would follow each way through
 * tags and extension headers to the program's end.
 */
__noinline int ingress_parse_any(struct xdp_md *ctx, struct packet *p)
{
	struct frame fr = FRAME_OF(ctx);

	return p && pkt_parse(&fr, p, false);
}

static __always_inline bool ingress_parse(struct xdp_md *ctx, struct packet *p)
{
	struct frame fr = FRAME_OF(ctx);

	if (!pkt_parse_plain(&fr, p) && !ingress_parse_any(ctx, p))
		return false;
	/* A call costs as much as all this: only for what is in pieces. */
	p->frame_len = fr.data_end - fr.data;
	if (!p->ip_len || p->l3_off + p->ip_len > p->frame_len)
		p->frame_len = bpf_xdp_get_buff_len(ctx);
	return true;
}

static __always_inline int ingress(struct xdp_md *ctx,
				   const struct hf_control *c,
				   struct hf_phase *ph, struct packet *p)
{
	struct frame fr = FRAME_OF(ctx);
	struct hf_service *svc;
	struct hf_flow *f;

	if (!ingress_parse(ctx, p))
		return XDP_PASS;
	if (!service_has_port(&p->tuple))
		return pkt_pass(p, HF_CNT_PASS_NOT_SERVICE);
	p->now_ms = clock_ms(c);
	/* Early: what else there is to do goes on while memory answers. */
	p->no_flow = !presence_has(c, &p->tuple, PRESENCE_FLOW);
	if (!(p->flags & TCP_SYN) || c->track_active) {
		f = flow_of(p);
		if (f && flow_wants(f, p) && ingress_is_flow(p, f))
			return ingress_flow(&fr, p, f);
	}
	svc = service_copy_find(c, ph, p);
	if (!svc)
		return pkt_pass(p, HF_CNT_PASS_NOT_SERVICE);
	return ingress_service(ctx, c, ph, p, svc);
}

/* The packet, which global functions are given: it leaves them the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct packet);
} ingress_scratch SEC(".maps");

SEC("xdp.frags")
int hf_ingress(struct xdp_md *ctx)
{
	struct packet *p = MAP_AT(ingress_scratch, 0);
	struct hf_control *c = MAP_AT(control, 0);
	struct hf_phase *ph = MAP_AT(phase, 0);
	int action;

	if (!p || !c || !ph)
		return XDP_PASS;
	__builtin_memset(p, 0, sizeof(*p));
	p->reason = HF_CNT_PASS_SHORT;
	action = ingress(ctx, c, ph, p);
	count(p->service, p->reason);
	if (p->now_ms)		/* what has a service's port */
		trace_verdict(c, p, HF_HOOK_XDP, action, ctx->ingress_ifindex);
	return action;
}

#endif
