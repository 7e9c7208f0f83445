/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* XDP: what comes from clients, before the kernel sees it. */
#ifndef HANDFAST_INGRESS_BPF_H
#define HANDFAST_INGRESS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "flow/flow.bpf.h"
#include "flow/idle.bpf.h"
#include "flow/steady.bpf.h"
#include "open/ack.bpf.h"
#include "open/choice.bpf.h"
#include "open/fast_ack.bpf.h"
#include "open/fast_calm.bpf.h"
#include "open/fast_syn.bpf.h"
#include "open/half.bpf.h"
#include "open/monitor.bpf.h"
#include "open/reply.bpf.h"
#include "open/stray.bpf.h"
#include "open/syn.bpf.h"
#include "state/chain.bpf.h"
#include "state/clock.bpf.h"
#include "state/count.bpf.h"
#include "state/maps.bpf.h"
#include "state/presence.bpf.h"
#include "state/service.bpf.h"
#include "state/station.bpf.h"
#include "state/trace.bpf.h"
#include "state/zone.bpf.h"
#include "wire/parse.bpf.h"

/* Nonsense on a living connection is its socket's to drop. */
static __always_inline bool ingress_is_flow(const struct run *r)
{
	if (flow_may_be_reused(r->flow))
		return false;	/* open/ack.bpf.h looks for a cookie first */
	return pkt_lengths(r->packet) ? flow_owns(r->flow, r->packet)
				      : !flow_over(r->flow);
}

/* A segment of a connection that has a record, not over. */
static __always_inline int ingress_flow(const struct run *r)
{
	r->packet->service = r->flow->service;
	if (r->flow->life & HF_LIFE_PENDING && chain_is_lost(r))
		return run_drop(r, HF_CNT_DROP_NO_TC);
	if (flow_is_spliced(r->flow))	/* tc takes its facts */
		return run_pass(r, HF_CNT_FLOW_IN);
	pkt_note_tsval(r);
	if (!pkt_lengths(r->packet) || !flow_track(r, HF_DIR_IN))
		return run_pass(r, HF_CNT_FLOW_IN_UNFIT);
	return run_pass(r, HF_CNT_FLOW_IN);
}

static __always_inline int ingress_rst(const struct run *r)
{
	half_reset(r);
	return stray_ingress(r, HF_CNT_PASS_RST, HF_CNT_DROP_RST);
}

/* The mode was another one a moment ago: its cookies are honoured. */
static __always_inline bool ingress_may_owe(const struct run *r)
{

	return control.cookies &&
	       clock_before(r->packet->now_ms, control.cookies_until_ms);
}

/* Nothing but SYNs and strays is looked at while calm, when no cookie is under
 * way. */
static __always_inline bool ingress_is_calm(const struct run *r)
{
	const struct packet *p = r->packet;

	return r->service->mode == HF_MODE_AUTO && idle_is_usual(p->flags) &&
	       !phase_flood(p->now_ms, HF_COOKIE_LIFETIME_MS) &&
	       !phase_ack_flood(p->now_ms) && !ingress_may_owe(r);
}

static __always_inline int ingress_bad_length(const struct run *r)
{
	if (r->service->mode == HF_MODE_MONITOR)
		return run_pass(r, HF_CNT_PASS_MONITOR);
	return run_drop(r, HF_CNT_DROP_BAD_LENGTH);
}

/* By the flags, RFC 9293 3.10.7.2: SYN, ACK, or what nobody answers. */
static __always_inline int ingress_service(struct run *r)
{
	bool monitors = r->service->mode == HF_MODE_MONITOR;
	struct packet *p = r->packet;
	int action;

	if (!zone_is_known(p))
		return run_pass(r, HF_CNT_PASS_VLAN);
	if (ingress_is_calm(r))
		return run_pass(r, HF_CNT_PASS_CALM);
	r->reply = MAP_AT(reply_scratch, 0);
	if (!r->reply)
		return XDP_PASS;
	if (!pkt_lengths(p) || pkt_options(r, &r->reply->offer))
		return ingress_bad_length(r);
	r->handoff = choice_guess(r);
	switch (p->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) {
	case TCP_SYN:
		action = syn_ingress(r);
		return monitors ? monitor_syn(r, action) : action;
	case TCP_ACK:
	case TCP_ACK | TCP_FIN:
		return monitors && !ingress_may_owe(r) ? monitor_ack(r)
						       : ack_ingress(r);
	case TCP_SYN | TCP_ACK:
		return stray_ingress(r, HF_CNT_PASS_SYN_ACK,
				     HF_CNT_DROP_SYN_ACK);
	}
	if (p->flags & TCP_RST)
		return ingress_rst(r);
	return stray_ingress(r, HF_CNT_PASS_FLAGS, HF_CNT_DROP_FLAGS);
}

/* What was not read to its TCP header; the packet's reason says why. */
static __always_inline int ingress_unread(struct run *r)
{
	struct packet *p = r->packet;

	if (!phase.flood.on && !phase.ack_flood.on)
		return XDP_PASS;
	p->now_ms = clock_ms();
	if (!phase_any_flood(p->now_ms) || !zone_is_known(p) ||
	    !station_is_ours(r))
		return XDP_PASS;
	if (p->reason == HF_CNT_PASS_EXT_HEADER)
		return stray_headers(r);
	if (!p->fragment || !service_has_port(p->tuple.server_port))
		return XDP_PASS;
	r->flow = flow_find(&p->tuple);
	if (r->flow && !flow_over(r->flow))
		return XDP_PASS;
	return service_copy_find(r) ? stray_fragment(r) : XDP_PASS;
}

/*
 * Global, so that the verifier checks it once: it would follow each way through
 * tags and extension headers to the program's end.
 */
__noinline int ingress_parse_any(struct xdp_md *ctx, struct packet *p)
{
	struct run r = { .xdp = ctx };
	struct frame fr = frame_of(&r);

	return p && pkt_parse(&fr, p, false);
}

static __always_inline bool ingress_parse(const struct run *r)
{
	struct packet *p = r->packet;
	struct frame fr = frame_of(r);

	if (!pkt_parse_plain(&fr, p) && !ingress_parse_any(r->xdp, p))
		return false;
	frame_measure(r);
	return true;
}

static __always_inline int ingress(struct run *r)
{
	struct packet *p = r->packet;

	if (!ingress_parse(r))
		return ingress_unread(r);
	if (!service_has_port(p->tuple.server_port))
		return run_pass(r, HF_CNT_PASS_NOT_SERVICE);
	if (idle_is_usual(p->flags) && idle_is_on())
		return run_pass(r, HF_CNT_PASS_CALM);
	if (!station_is_ours(r))
		return run_pass(r, HF_CNT_PASS_OTHER_STATION);
	p->now_ms = clock_ms();
	/* Early: what else there is to do goes on while memory answers. */
	p->no_flow = !presence_ask(&p->tuple,
				   p->flags & TCP_SYN ||
					   phase_ack_flood(p->now_ms));
	if (!(p->flags & TCP_SYN) || control.track_active) {
		r->flow = flow_of(p);
		if (r->flow && flow_wants(r->flow, p) && ingress_is_flow(r))
			return ingress_flow(r);
	}
	if (!service_copy_find(r))
		return run_pass(r, HF_CNT_PASS_NOT_SERVICE);
	return ingress_service(r);
}

/* The packet, which global functions are given: it leaves them the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct packet);
} ingress_scratch SEC(".maps");

/* The general way. Global: its stack and those of the short ways take turns. */
__noinline int ingress_any(struct xdp_md *ctx)
{
	struct run r = {
		.xdp = ctx,
		.packet = MAP_AT(ingress_scratch, 0),
	};
	int action;

	if (!r.packet)
		return XDP_PASS;
	__builtin_memset(r.packet, 0, sizeof(*r.packet));
	r.packet->reason = HF_CNT_PASS_SHORT;
	trace_frame(&r);
	action = ingress(&r);
	count(r.packet->service, r.packet->reason);
	if (r.packet->now_ms)	/* what has a service's port */
		trace_verdict(&r, HF_HOOK_XDP, action);
	return action;
}

/* Data offset and flags of what has a short way of its own in a flood. */
#define INGRESS_SYN_TS		(10 << 12 | TCP_SYN)
#define INGRESS_SYN_NO_TS	(8 << 12 | TCP_SYN)
#define INGRESS_ACK_TS		(8 << 12 | TCP_ACK)

static __always_inline int ingress_idle(enum hf_counter why)
{
	count(0, why);
	return XDP_PASS;
}

/* The short ways of segments of connections. */
static __always_inline int ingress_fast_usual(struct xdp_md *ctx, bool ip6,
					      const struct tcphdr *tcp,
					      __u16 word)
{
	if (!service_has_port(tcp->dest))
		return ingress_idle(HF_CNT_PASS_NOT_SERVICE);
	if (idle_is_on())
		return ingress_idle(HF_CNT_PASS_CALM);
	if ((word & STEADY_MASK) == STEADY_FLAGS && steady_is_on())
		return ip6 ? steady6(ctx) : steady4(ctx);
	if (word == INGRESS_ACK_TS && phase.ack_flood.on)
		return ip6 ? fast_ack6(ctx) : fast_ack4(ctx);
	return FAST_NOT;
}

/* ... and of SYNs. */
static __always_inline int ingress_fast_syn(struct xdp_md *ctx, bool ip6,
					    __u16 word)
{
	bool has_ts = word == INGRESS_SYN_TS;
	__u32 opt_len = has_ts ? FAST_OPT_TS : FAST_OPT_NO_TS;

	if (!has_ts && word != INGRESS_SYN_NO_TS)
		return FAST_NOT;
	if (!phase.flood.on)
		return ip6 ? fast_calm6(ctx, opt_len)
			   : fast_calm4(ctx, opt_len);
	if (has_ts)
		return ip6 ? fast_syn6_ts(ctx) : fast_syn4_ts(ctx);
	return ip6 ? fast_syn6_no_ts(ctx) : fast_syn4_no_ts(ctx);
}

/* The short ways; who has none costs a look at fixed places. */
static __always_inline int ingress_fast(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data,
	     *end = (void *)(long)ctx->data_end;
	const struct ethhdr *eth = data;
	const struct tcphdr *tcp;
	__u16 word;
	bool ip6;

	if ((void *)(eth + 1) > end)
		return FAST_NOT;
	tcp = pkt_plain((void *)(eth + 1), end, eth->h_proto);
	if (!tcp)
		return FAST_NOT;
	ip6 = eth->h_proto == bpf_htons(ETH_P_IPV6);
	word = bpf_ntohs(*((const __u16 *)tcp + 6));
	if (idle_is_usual(word))
		return ingress_fast_usual(ctx, ip6, tcp, word);
	return ingress_fast_syn(ctx, ip6, word);
}

SEC("xdp.frags")
int hf_ingress(struct xdp_md *ctx)
{
	int action = ingress_fast(ctx);

	return action != FAST_NOT ? action : ingress_any(ctx);
}

#endif
