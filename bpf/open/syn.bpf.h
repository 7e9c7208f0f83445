/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A SYN for a service: answered with a cookie, or left to the kernel, or (for
 * a known reason) dropped. No map is written on the way to an answer but the
 * counters of this CPU, and no more than two are asked.
 */
#ifndef HANDFAST_SYN_BPF_H
#define HANDFAST_SYN_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "flow/flow.bpf.h"
#include "open/brake.bpf.h"
#include "open/cookie.bpf.h"
#include "open/half.bpf.h"
#include "open/kcookie.bpf.h"
#include "state/clock.bpf.h"
#include "state/count.bpf.h"
#include "state/phase.bpf.h"
#include "state/service.bpf.h"
#include "state/sock.bpf.h"
#include "wire/options.bpf.h"
#include "wire/packet.bpf.h"
#include "wire/segment.bpf.h"
#include "wire/sums.bpf.h"

#define IP4_MSS_DEFAULT	536	/* no MSS option, RFC 9293 3.7.1 MUST-15 */
#define TOS_ECN_MASK	0x03

/* RFC 1122 3.2.1.3: such a source gets no answer; neither does a group frame. */
static __always_inline bool syn_is_unicast(const struct packet *p)
{
	const struct hf_tuple *t = &p->tuple;
	__u8 first;

	if (p->group)
		return false;
	if (!p->ip6) {
		first = bpf_ntohl(t->client[3]) >> 24;
		return first != 0 && first != 127 && first < 224 &&
		       t->client[3] != t->server[3];
	}
	if ((bpf_ntohl(t->client[0]) >> 24) == 0xff ||
	    addr_is_same(t->client, t->server))
		return false;
	return t->client[0] | t->client[1] | t->client[2] ||
	       bpf_ntohl(t->client[3]) > 1;
}

/* SYNs that cookies cannot serve pass, but not without a limit. */
static __always_inline int syn_pass_odd(const struct hf_control *c,
					struct packet *p, enum hf_counter why)
{
	if (phase_odd_may_pass(c))
		return pkt_pass(p, why);
	return pkt_drop(p, HF_CNT_SYN_DROP_ODD_RATE);
}

/*
 * Has the daemon been silent too long? Its clock may be a jiffy or two ahead
 * of ours; beyond that slack the difference is an age, up to 49 days.
 */
#define SYN_HEARTBEAT_AHEAD_MS	1000

static __always_inline bool syn_is_orphaned(const struct hf_control *c,
					    __u32 now_ms)
{
	return c->orphan_ms &&
	       now_ms + SYN_HEARTBEAT_AHEAD_MS - c->heartbeat_ms >=
		       c->orphan_ms + SYN_HEARTBEAT_AHEAD_MS;
}

/* `attach --try`, and nobody confirmed: it holds with the daemon dead, too. */
static __always_inline bool syn_is_unconfirmed(__u32 now_ms)
{
	struct hf_trial *t = MAP_AT(trials, iface_slot);

	return t && t->on && !clock_before(now_ms, t->until_ms);
}

/* Reasons that lie with us or the service, not with the segment. */
static __always_inline bool syn_must_pass(const struct hf_control *c,
					  const struct hf_phase *ph,
					  const struct hf_service *svc,
					  struct packet *p)
{
	if (svc->mode == HF_MODE_OFF)
		p->reason = HF_CNT_SYN_PASS_OFF;
	else if (!c->armed)
		p->reason = HF_CNT_SYN_PASS_NOT_ARMED;
	else if (syn_is_orphaned(c, p->now_ms))
		p->reason = HF_CNT_SYN_PASS_ORPHANED;
	else if (syn_is_unconfirmed(p->now_ms))
		p->reason = HF_CNT_SYN_PASS_UNCONFIRMED;
	else if (!(svc->flags & HF_SVC_LISTENING))
		p->reason = HF_CNT_SYN_PASS_NO_LISTENER;
	else if (svc->flags & HF_SVC_MPTCP)
		p->reason = HF_CNT_SYN_PASS_MPTCP;
	else if (svc->flags & HF_SVC_MD5)
		p->reason = HF_CNT_SYN_PASS_MD5_AO;
	else if (svc->flags & HF_SVC_TRANSLATED)
		p->reason = HF_CNT_SYN_PASS_TRANSLATED;
	else if (ph->flows >= c->flows_limit)
		p->reason = HF_CNT_SYN_PASS_NO_ROOM;
	else
		return false;
	return true;
}

/* What of the client's offer is granted; the MSS class must exist. */
static __always_inline bool syn_choose(const struct packet *p,
				       const struct options *o,
				       const struct hf_profile *profile,
				       struct cookie *cookie)
{
	__u16 mss = o->mss ?: p->ip6 ? IP6_MSS_MIN : IP4_MSS_DEFAULT;
	int class;

	cookie->options = o->seen & profile->grants;
	if (cookie->options & HF_OPT_TS && profile->grants & HF_OPT_ECN &&
	    (p->flags & (TCP_ECE | TCP_CWR)) == (TCP_ECE | TCP_CWR) &&
	    !(p->tos & TOS_ECN_MASK))
		cookie->options |= HF_OPT_ECN;
	cookie->wscale = HF_WSCALE_NONE;
	if (cookie->options & HF_OPT_WSCALE)
		cookie->wscale = o->wscale;
	class = cookie_mss_class(mss, cookie->options & HF_OPT_TS);
	if (class < 0)
		return false;
	cookie->mss_class = class;
	if (kcookie_is_used())
		return kcookie_can(p, o, cookie);
	return !p->ip6 || cookie_mss(cookie) >= IP6_MSS_MIN;
}

/*
 * The window: never more than the listener's socket will take. The kernel
 * rounds its space down to whole segments (tcp_select_initial_window()), hence
 * one segment less than the space, so as not to promise what it cuts off.
 */
static __always_inline __u16 syn_window(const struct hf_service *svc, __u16 mss)
{
	__u32 window = svc->window;

	if (window > mss)
		window -= mss;
	return window > 65535 ? 65535 : window;
}

/* A repeated SYN gets the cookie that it got before. */
static __always_inline bool syn_recall(struct hf_phase *ph, struct packet *p,
				       struct cookie *cookie)
{
	struct hf_half_open *h = half_find(ph, p, &p->tuple);

	return h && half_recall(h, cookie, p->seq, p->now_ms);
}

/* What is left where the kernel makes the cookie. */
static __always_inline int syn_answer_kernel(struct xdp_md *ctx,
					     const struct hf_control *c,
					     struct packet *p, struct reply *r)
{
	switch (kcookie_mint(ctx, p, &r->cookie)) {
	case KCOOKIE_QUEUE_FULL:
		return pkt_drop(p, HF_CNT_SYN_DROP_ACCEPT_FULL);
	case KCOOKIE_NONE: return syn_pass_odd(c, p, HF_CNT_SYN_PASS_NO_COOKIE);
	}
	return XDP_TX;
}

/* Mint the cookie and say what the SYN-ACK carries; XDP_TX if it is to go. */
static __always_inline int syn_answer(struct packet *p,
				      const struct hf_control *c,
				      struct hf_phase *ph,
				      const struct hf_service *svc,
				      const struct options *o, struct reply *r)
{
	struct hf_profile *profile = MAP_AT(profiles, svc->profile);
	struct hf_keys *key = MAP_AT(keys, c->key_generation % HF_KEYS_MAX);
	struct cookie *cookie = &r->cookie;
	struct cookie_id id = {};	/* Linux 6.1 lets nobody read the rest */

	if (!profile || !key)
		return pkt_pass(p, HF_CNT_SYN_PASS_NOT_ARMED);
	if (!syn_choose(p, o, profile, cookie))
		return syn_pass_odd(c, p, HF_CNT_SYN_PASS_SMALL_MSS);
	cookie->profile = svc->profile;
	r->remember = half_is_calm(c, ph, p->now_ms);
	r->kernel_mints = false;
	if (!r->remember || !syn_recall(ph, p, cookie)) {
		r->kernel_mints = kcookie_is_used();
		if (!r->kernel_mints) {
			cookie_id_set(&id, &p->tuple, p->ip6, p->seq);
			cookie_mint(cookie, &id, key, p->now_ms);
		}
	}
	r->irs = p->seq;
	r->ece = cookie->options & HF_OPT_ECN;
	r->opt.tsecr = o->tsval;
	r->opt.mss = svc->mss;
	r->opt.wscale = profile->rcv_wscale;
	r->opt.grant = cookie->options;
	p->reason = cookie->options & HF_OPT_TS ? HF_CNT_SYN_ANSWER_TS
						: HF_CNT_SYN_ANSWER_NO_TS;
	return XDP_TX;
}

/* Who has the tuple of a SYN already. */
enum syn_meets {
	SYN_MEETS_NOBODY,
	SYN_MEETS_LIVE,		/* answers with a challenge ACK, RFC 5961 4 */
	SYN_MEETS_TIME_WAIT,	/* may open anew, RFC 6191: the kernel decides */
};

/*
 * Sockets from before we answered SYNs have no record: half-open ones would
 * reset a client that completes our cookie, TIME_WAIT and its kin would answer
 * in their stead. For a while after arming, and after the brake, the kernel is
 * asked for them.
 */
static __always_inline enum syn_meets
syn_meets_socket(struct xdp_md *ctx, const struct hf_control *c,
		 const struct hf_brake *b, const struct packet *p)
{
	struct bpf_sock *skc;
	__u32 state;

	if (!(c->old_sockets && clock_before(p->now_ms, c->ask_until_ms)) &&
	    !brake_was_on(b, p->now_ms))
		return SYN_MEETS_NOBODY;
	skc = sock_find(ctx, p);
	if (!skc)
		return SYN_MEETS_NOBODY;
	state = skc->state;
	bpf_sk_release(skc);
	if (state == SOCK_TIME_WAIT)
		return SYN_MEETS_TIME_WAIT;
	return state == SOCK_LISTEN ? SYN_MEETS_NOBODY : SYN_MEETS_LIVE;
}

/* A connection of this tuple that is not over: its socket must see the SYN. */
static __always_inline enum syn_meets syn_meets(struct xdp_md *ctx,
						const struct hf_control *c,
						const struct hf_brake *b,
						const struct packet *p)
{
	struct hf_flow *f = flow_of(p);

	if (!f || flow_over(f))
		return syn_meets_socket(ctx, c, b, p);
	return flow_closed_both(f) ? SYN_MEETS_TIME_WAIT : SYN_MEETS_LIVE;
}

/*
 * The verdict about a SYN; with XDP_TX `r` says what to answer. The frame is
 * read, not written.
 */
static __always_inline int syn_ingress(struct xdp_md *ctx,
				       const struct hf_control *c,
				       struct hf_phase *ph, struct packet *p,
				       struct hf_service *svc, struct reply *r)
{
	struct hf_brake *b = MAP_AT(brake, p->service);
	struct frame fr = FRAME_OF(ctx);
	struct options *o = &r->offer;

	if (!b)
		return XDP_PASS;
	if (brake_looks(b, p->now_ms))
		brake_look(ctx, p);
	count(p->service, HF_CNT_SYN_SEEN);
	phase_syn(c, ph, p->now_ms);
	if (syn_must_pass(c, ph, svc, p))
		return XDP_PASS;
	if (brake_stops(b, ph, p))
		return pkt_pass(p, HF_CNT_SYN_PASS_TRIPPED);
	if (!syn_is_unicast(p))
		return syn_pass_odd(c, p, HF_CNT_SYN_PASS_NOT_UNICAST);
	if (service_is_full(svc, p->now_ms))
		return pkt_drop(p, HF_CNT_SYN_DROP_ACCEPT_FULL);
	if (!sums_ip_ok(ctx, &fr, p) || !sums_tcp_ok(ctx, &fr, p, o)) {
		if (phase_flood(ph, p->now_ms, 0))
			return pkt_drop(p, HF_CNT_SYN_DROP_BAD_SUM);
		return pkt_pass(p, HF_CNT_SYN_PASS_BAD_SUM);
	}
	switch (syn_meets(ctx, c, b, p)) {
	case SYN_MEETS_LIVE:
		return syn_pass_odd(c, p, HF_CNT_SYN_PASS_LIVE_FLOW);
	case SYN_MEETS_TIME_WAIT: return pkt_pass(p, HF_CNT_SYN_PASS_TIME_WAIT);
	case SYN_MEETS_NOBODY: break;
	}
	if (o->seen & OPT_SEEN_AUTH)
		return syn_pass_odd(c, p, HF_CNT_SYN_PASS_MD5_AO);
	return syn_answer(p, c, ph, svc, o, r);
}

#endif
