/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The commonest SYN of a flood: untagged, no IP options or extension headers, TCP
 * options as nearly all stacks send them.
 *
 * Most of what the general way (syn.bpf.h) asks before it answers does not depend
 * on the client: is it armed, is there room, does the server answer, is it time to
 * see that again? What it found for one SYN of a service holds for those that come
 * after it on this CPU until the clock ticks, a jiffy at most (struct fast_answer).
 * They are answered here, by the same steps, with all that is read of them in
 * registers and on the stack.
 *
 * Whatever is met here that is not the commonest goes the general way, from the
 * beginning: nothing is written, and nothing counted, before all is sure.
 */
#ifndef HANDFAST_FAST_BPF_H
#define HANDFAST_FAST_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "open/reply.bpf.h"
#include "open/syn.bpf.h"
#include "state/clock.bpf.h"
#include "state/count.bpf.h"
#include "state/maps.bpf.h"
#include "state/presence.bpf.h"
#include "state/run.bpf.h"
#include "state/service.bpf.h"
#include "state/station.bpf.h"
#include "wire/frame.bpf.h"
#include "wire/parse.bpf.h"
#include "wire/segment.bpf.h"

#define FAST_NOT	(-1)	/* it has to go the general way */

/* Which of them: what differs between them is a constant to each. */
struct fast_kind {
	bool ip6, ts;
};

static __always_inline __u32 fast_opt_len(const struct fast_kind *k)
{
	return k->ts ? 20 : 12;
}

static __always_inline __u32 fast_ip_len(const struct fast_kind *k)
{
	return (k->ip6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr)) +
	       sizeof(struct tcphdr) + fast_opt_len(k);
}

static __always_inline __u8 fast_offer(const struct fast_kind *k)
{
	return HF_OPT_WSCALE | HF_OPT_SACK | (k->ts ? HF_OPT_TS : 0);
}

/* Is it a SYN that is as long as such a one, and nothing else? `station` is whom its
 * frame is for. */
static __always_inline bool fast_parse(const struct run *r,
				       const struct fast_kind *k,
				       __u64 *station)
{
	struct packet *p = r->packet;
	struct frame fr = frame_of(r);

	p->frame_len = fr.data_end - fr.data;
	if (!(k->ip6 ? pkt_parse_plain6(&fr, p) : pkt_parse_plain4(&fr, p)) ||
	    p->flags != TCP_SYN || p->ip_len != fast_ip_len(k) ||
	    p->frame_len != p->l3_off + fast_ip_len(k))
		return false;
	p->doff = 5 + fast_opt_len(k) / 4;
	*station = station_mac(fr.data);
	return true;
}

/* Does what is known of its service hold now? */
static __always_inline bool fast_find(struct run *r, const struct fast_kind *k,
				      __u64 station)
{
	struct packet *p = r->packet;
	const struct fast_answer *fast;

	r->copy = service_copy_of(&p->tuple);
	if (!r->copy || !service_copy_is_good(r, r->copy))
		return false;
	fast = fast_of(r);
	p->now_ms = clock_ms(r->control);
	if (!fast_holds(fast, p->now_ms) ||
	    (fast->station != station && !fast->any_station) ||
	    fast_offer(k) & ~fast->grants)
		return false;
	r->service = &r->copy->value;
	r->handoff = fast->handoff;
	p->service = r->service->id;
	return true;
}

/* Has it the usual options, all of which are granted? */
static __always_inline bool fast_choose(const struct run *r,
					const struct fast_kind *k)
{
	struct cookie *cookie = &r->reply->cookie;
	struct options *o = &r->reply->offer;
	const struct packet *p = r->packet;
	struct frame fr = frame_of(r);
	__be32 *word = frame_words(&fr, p->l4_off + sizeof(struct tcphdr),
				   fast_opt_len(k) / 4);
	int class;

	if (!word ||
	    !(k->ts ? opt_parse_linux(o, word) : opt_parse_no_ts(o, word)))
		return false;
	cookie->options = fast_offer(k);
	cookie->wscale = o->wscale;
	cookie->strong = 0;
	class = cookie_mss_class(o->mss, k->ts);
	cookie->mss_class = class;
	return class >= 0 && (!k->ip6 || cookie_mss(cookie) >= IP6_MSS_MIN);
}

/* Is there nothing about this client that has to be looked at? */
static __always_inline bool fast_is_usual(const struct run *r,
					  const struct fast_kind *k)
{
	const struct packet *p = r->packet;

	return syn_is_unicast(p) && (k->ts || !r->phase->forgery.on) &&
	       sums_ok(r, &r->reply->offer) &&
	       !presence_has(r->control, &p->tuple, PRESENCE_FLOW) &&
	       !(r->handoff == HF_HANDOFF_SPLICE &&
		 prefix_is_unanswered(r->control, r->phase, &p->tuple,
				      p->now_ms));
}

/* The SYN-ACK in the place of the SYN. */
static __always_inline bool fast_answer(const struct run *r)
{
	const struct fast_answer *fast = fast_of(r);

	syn_mint(r, &fast->key, &fast->profile);
	syn_fill(r, &fast->profile, &fast->manner);
	return segment_put(r, &r->reply->syn_ack);
}

static __always_inline int fast_syn(struct xdp_md *ctx, struct fast_kind k)
{
	struct packet p = {};
	struct reply reply;
	struct run r = {
		.xdp = ctx,
		.control = MAP_AT(control, 0),
		.phase = MAP_AT(phase, 0),
		.packet = &p,
		.reply = &reply,
	};
	__u64 station;

	if (!r.control || !r.phase || !fast_parse(&r, &k, &station) ||
	    !fast_find(&r, &k, station) || !fast_choose(&r, &k) ||
	    !fast_is_usual(&r, &k) || !fast_answer(&r))
		return FAST_NOT;
	fast_of(&r)->nr++;
	count_both(p.service, HF_CNT_SYN_SEEN,
		   k.ts ? HF_CNT_SYN_ANSWER_TS : HF_CNT_SYN_ANSWER_NO_TS);
	return XDP_TX;
}

/* XDP_TX, or FAST_NOT. Global: checked once each, and their stacks are their own. */
__noinline int fast_syn4_ts(struct xdp_md *ctx)
{
	return fast_syn(ctx, (struct fast_kind){ .ts = true });
}

__noinline int fast_syn4_no_ts(struct xdp_md *ctx)
{
	return fast_syn(ctx, (struct fast_kind){});
}

__noinline int fast_syn6_ts(struct xdp_md *ctx)
{
	return fast_syn(ctx, (struct fast_kind){ .ip6 = true, .ts = true });
}

__noinline int fast_syn6_no_ts(struct xdp_md *ctx)
{
	return fast_syn(ctx, (struct fast_kind){ .ip6 = true });
}

/* What else comes costs a look at two bytes: data offset and flags. */
#define FAST_SYN_TS	(10 << 12 | TCP_SYN)
#define FAST_SYN_NO_TS	(8 << 12 | TCP_SYN)

static __always_inline int fast_ingress(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data,
	     *end = (void *)(long)ctx->data_end;
	const struct ethhdr *eth = data;
	const struct tcphdr *tcp = data + sizeof(*eth) + sizeof(struct iphdr);
	bool ip6;
	__u16 what;

	if ((void *)(tcp + 1) > end)
		return FAST_NOT;
	ip6 = eth->h_proto == bpf_htons(ETH_P_IPV6);
	if (ip6)
		tcp = data + sizeof(*eth) + sizeof(struct ipv6hdr);
	if ((void *)(tcp + 1) > end)
		return FAST_NOT;
	what = bpf_ntohs(*((__u16 *)tcp + 6));
	if (what == FAST_SYN_TS)
		return ip6 ? fast_syn6_ts(ctx) : fast_syn4_ts(ctx);
	if (what == FAST_SYN_NO_TS)
		return ip6 ? fast_syn6_no_ts(ctx) : fast_syn4_no_ts(ctx);
	return FAST_NOT;
}

#endif
