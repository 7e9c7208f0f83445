/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A SYN for a service: answered with a cookie, or left to the kernel, or (for
 * a known reason) dropped. Under flood no map is written on the way to an
 * answer but the counters of this CPU.
 */
#ifndef HANDFAST_SYN_BPF_H
#define HANDFAST_SYN_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "flow/flow.bpf.h"
#include "open/brake.bpf.h"
#include "open/cookie.bpf.h"
#include "open/fast.bpf.h"
#include "open/forgery.bpf.h"
#include "open/half.bpf.h"
#include "open/pending.bpf.h"
#include "open/reply.bpf.h"
#include "state/answer.bpf.h"
#include "state/clock.bpf.h"
#include "state/config.bpf.h"
#include "state/count.bpf.h"
#include "state/exit.bpf.h"
#include "state/odd.bpf.h"
#include "state/phase.bpf.h"
#include "state/prefix.bpf.h"
#include "state/run.bpf.h"
#include "state/service.bpf.h"
#include "state/sock.bpf.h"
#include "wire/options.bpf.h"
#include "wire/packet.bpf.h"
#include "wire/sums.bpf.h"

#define IP4_MSS_DEFAULT	536	/* no MSS option, RFC 9293 3.7.1 MUST-15 */

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
static __always_inline int syn_pass_odd(const struct run *r,
					enum hf_counter why)
{
	if (r->service->mode == HF_MODE_MONITOR || odd_may_pass(r))
		return run_pass(r, why);
	return run_drop(r, HF_CNT_SYN_DROP_ODD_RATE);
}

/* Those that come from whole networks pass without one while calm. */
static __always_inline int syn_pass_many(const struct run *r,
					 enum hf_counter why)
{
	return phase_flood(r->packet->now_ms, 0) ? syn_pass_odd(r, why)
						 : run_pass(r, why);
}

/*
 * Has the daemon been silent too long? Its clock may be a jiffy or two ahead
 * of ours; beyond that slack the difference is an age, up to 49 days.
 */
#define SYN_HEARTBEAT_AHEAD_MS	1000

static __always_inline bool syn_is_orphaned(__u32 now_ms)
{
	return control.orphan_ms &&
	       now_ms + SYN_HEARTBEAT_AHEAD_MS - control.heartbeat_ms >=
		       control.orphan_ms + SYN_HEARTBEAT_AHEAD_MS;
}

/*
 * Why must the interface's SYNs pass, or 0. `attach --try`, and nobody confirmed:
 * it holds with the daemon dead, too.
 */
static __always_inline enum hf_counter syn_iface_reason(__u32 now_ms)
{
	const struct hf_trial *t = MAP_AT(trials, iface_slot);

	if (!t)
		return 0;
	if (t->draining || control.held >> iface_slot & 1)
		return HF_CNT_SYN_PASS_NOT_ARMED;
	return t->on && !clock_before(now_ms, t->until_ms)
		       ? HF_CNT_SYN_PASS_UNCONFIRMED
		       : 0;
}

/* Why must all SYNs pass, whatever they are for, or 0. */
static __always_inline enum hf_counter syn_instance_reason(__u32 now_ms)
{
	if (!control.armed)
		return HF_CNT_SYN_PASS_NOT_ARMED;
	if (syn_is_orphaned(now_ms))
		return HF_CNT_SYN_PASS_ORPHANED;
	return syn_iface_reason(now_ms);
}

/*
 * Why must the service's SYNs pass, whatever they are? A reason that lies with
 * us or the service; 0: there is none.
 */
static __always_inline enum hf_counter syn_pass_reason(const struct run *r)
{
	const struct hf_service *svc = r->service;
	__u32 now_ms = r->packet->now_ms;
	enum hf_counter why;

	if (svc->mode == HF_MODE_OFF)
		return HF_CNT_SYN_PASS_OFF;
	why = syn_instance_reason(now_ms);
	if (why)
		return why;
	if (!(svc->flags & HF_SVC_LISTENING) && !answer_is_known(r))
		return HF_CNT_SYN_PASS_NO_LISTENER;
	if (svc->flags & HF_SVC_MPTCP)
		return HF_CNT_SYN_PASS_MPTCP;
	if (svc->flags & HF_SVC_MD5)
		return HF_CNT_SYN_PASS_MD5_AO;
	if (phase_is_calm(svc->mode, now_ms))
		return HF_CNT_SYN_PASS_CALM;
	if (!exit_is_here(svc, &r->packet->tuple))
		return HF_CNT_SYN_PASS_ELSEWHERE;
	if (!prefix_any_has_room())
		return HF_CNT_SYN_PASS_NO_ROOM;
	return 0;
}

/* What may be granted in the service's name, HF_OPT_*. */
static __always_inline __u8 syn_grants(const struct run *r,
				       const struct hf_profile *profile)
{
	return r->handoff == HF_HANDOFF_SPLICE
		       ? profile->grants & answer_grants(r)
		       : profile->grants;
}

/* What of the client's offer is granted; the MSS class must exist. */
static __always_inline bool syn_choose(const struct run *r, __u8 grants)
{
	const struct options *o = &r->reply->offer;
	struct cookie *cookie = &r->reply->cookie;
	const struct packet *p = r->packet;
	__u16 mss = o->mss ?: p->ip6 ? IP6_MSS_MIN : IP4_MSS_DEFAULT;
	int class;

	cookie->options = o->seen & grants;
	if (cookie->options & HF_OPT_TS && grants & HF_OPT_ECN &&
	    (p->flags & (TCP_ECE | TCP_CWR)) == (TCP_ECE | TCP_CWR) &&
	    !(p->tos & IP_ECN_MASK))
		cookie->options |= HF_OPT_ECN;
	cookie->wscale = HF_WSCALE_NONE;
	if (cookie->options & HF_OPT_WSCALE)
		cookie->wscale = o->wscale;
	class = cookie_mss_class(mss, cookie->options & HF_OPT_TS);
	if (class < 0)
		return false;
	cookie->mss_class = class;
	cookie->strong = 0;
	if (!(cookie->options & HF_OPT_TS) && forgery_is_on(p->now_ms))
		cookie_strengthen(cookie);
	return !p->ip6 || cookie_mss(cookie) >= IP6_MSS_MIN;
}

/*
 * The window: never more than the listener's socket will take. The kernel
 * rounds its space down to whole segments (tcp_select_initial_window()), hence
 * one segment less than the space, so as not to promise what it cuts off.
 */
static __always_inline __u16 syn_window(const struct run *r,
					const struct hf_manner *m, __u16 mss)
{
	__u32 window = r->service->window;

	if (r->handoff == HF_HANDOFF_SPLICE)
		return 0;	/* nobody is there yet to take data */
	if (window > mss)
		window -= mss;
	if (m->window && window > m->window)
		return m->window;	/* a route's initrwnd */
	return window > 65535 ? 65535 : window;
}

/* A repeated SYN gets the cookie that it got before. */
static __always_inline bool syn_recall(const struct run *r)
{
	struct hf_half_open *h = half_of(r);

	return h && half_recall(h, r->packet, &r->reply->cookie);
}

/* The service's profile says what is granted. */
static __always_inline void syn_mint(const struct run *r,
				     const struct hf_keys *key,
				     const struct hf_profile *profile)
{
	const struct packet *p = r->packet;
	struct cookie *cookie = &r->reply->cookie;
	struct cookie_id id = {};	/* Linux 6.1 lets nobody read the rest */

	cookie->profile = r->service->profile;
	cookie->terms = cookie_terms(profile);
	cookie_id_set(&id, &p->tuple, p->ip6, p->seq);
	cookie_mint(cookie, &id, key, p->now_ms);
}

/* The SYN-ACK that the cookie stands for. */
static __always_inline void syn_fill(const struct run *r,
				     const struct hf_profile *profile,
				     const struct hf_manner *m)
{
	const struct cookie *cookie = &r->reply->cookie;
	struct segment *s = &r->reply->syn_ack;

	reply_like(r, m, cookie->iss);
	s->seq = cookie->iss;
	s->ack = r->packet->seq + 1;
	s->flags = TCP_SYN | TCP_ACK;
	if (cookie->options & HF_OPT_ECN)
		s->flags |= TCP_ECE;	/* RFC 3168 6.1.1 */
	s->window = syn_window(r, m, cookie_mss(cookie));
	s->opt.tsval = cookie->tsval;
	s->opt.tsecr = r->reply->offer.tsval;
	s->opt.mss = prefix_mss(r, m->mss ?: r->service->mss);
	s->opt.wscale = profile->rcv_wscale;
	s->opt.grant = cookie->options;
}

/* ... written over the SYN's frame. */
static __always_inline int syn_send(const struct run *r,
				    const struct hf_profile *profile)
{
	const struct hf_said *said = answer_said(r);

	if (!said)
		return run_drop(r, HF_CNT_SYN_DROP_NO_REPLY);
	syn_fill(r, profile, &said->manner);
	if (!segment_write(r, &r->reply->syn_ack))
		return run_drop(r, HF_CNT_SYN_DROP_NO_REPLY);
	r->packet->reason = r->reply->cookie.options & HF_OPT_TS
				    ? HF_CNT_SYN_ANSWER_TS
				    : HF_CNT_SYN_ANSWER_NO_TS;
	return XDP_TX;
}

/* Is the SYN worth a record? While calm each is. */
static __always_inline bool syn_is_remembered(const struct run *r)
{
	return half_is_calm(r) ||
	       (!(r->reply->cookie.options & HF_OPT_TS) &&
		forgery_is_on(r->packet->now_ms) && half_has_room(r));
}

#define SYN_OLD_MS	64000	/* half-open ones live 63 s, TIME_WAIT 60 s */

/* May the kernel have sockets of handshakes that we did not see, half-open or
 * just over? */
static __always_inline bool syn_asks_kernel(const struct run *r,
					    const struct hf_brake *b)
{
	__u32 now_ms = r->packet->now_ms;

	return (control.old_sockets &&
		clock_before(now_ms, control.ask_until_ms)) ||
	       (r->service->mode == HF_MODE_AUTO &&
		phase_is_new(now_ms, SYN_OLD_MS)) ||
	       brake_was_on(b, now_ms);
}

/*
 * What was found for this SYN holds for others of its kind at this time, unless
 * each of them has to be looked at for something: open/fast.bpf.h.
 */
static __always_inline void syn_note_fast(const struct run *r,
					  const struct hf_brake *b,
					  const struct hf_profile *profile)
{
	struct fast_answer *fast = fast_answer_of(r);
	const struct hf_said *said;

	if (fast_is_on(r, &fast->at))
		return;		/* by another one, which was not usual either */
	said = answer_said(r);
	fast_note(r, &fast->at,
		  said && phase_flood(r->packet->now_ms, 0) &&
			  b->state == HF_BRAKE_OFF && !syn_asks_kernel(r, b) &&
			  !(control.trace | control.track_active) &&
			  !answer_refused(r));
	if (!said || !fast->at.on)
		return;
	fast->handoff = r->handoff;
	fast->grants = syn_grants(r, profile);
	fast->profile = *profile;
	fast->manner = said->manner;
}

/* The same of SYNs that pass while calm. */
static __always_inline void syn_note_calm(const struct run *r)
{
	fast_note(r, fast_calm_of(r), !(control.trace | control.track_active));
}

/* Grant, mint, answer and remember. */
static __always_inline int syn_answer(const struct run *r,
				      const struct hf_brake *b)
{
	struct hf_profile *profile = MAP_AT(profiles, r->service->profile);
	struct hf_keys *key = MAP_AT(keys,
				     control.key_generation % HF_KEYS_MAX);
	struct cookie *cookie = &r->reply->cookie;
	bool remember;
	int action;

	if (!profile || !key)
		return run_pass(r, HF_CNT_SYN_PASS_NOT_ARMED);
	if (!syn_choose(r, syn_grants(r, profile)))
		return syn_pass_odd(r, HF_CNT_SYN_PASS_SMALL_MSS);
	remember = syn_is_remembered(r);
	if (!remember || !syn_recall(r))
		syn_mint(r, key, profile);
	action = syn_send(r, profile);
	if (action == XDP_TX && remember)
		half_remember(r->xdp, r->packet, cookie);
	else if (action == XDP_TX)
		syn_note_fast(r, b, profile);
	return action;
}

/*
 * Sockets from before we answered SYNs have no record: half-open ones would
 * reset a client that completes our cookie, TIME_WAIT and its kin would answer
 * in their stead. For a while after arming, after the brake, and from the begin
 * of a flood the kernel is asked for them. Why must the SYN pass, or 0.
 */
static __always_inline enum hf_counter
syn_socket_reason(const struct run *r, const struct hf_brake *b)
{
	__u32 state = syn_asks_kernel(r, b) ? sock_state(r) : 0;

	if (!state || state == SOCK_LISTEN)
		return 0;
	return state == SOCK_TIME_WAIT ? HF_CNT_SYN_PASS_TIME_WAIT
				       : HF_CNT_SYN_PASS_LIVE_FLOW;
}

/*
 * Does a connection of this tuple have to see the SYN? A live one answers with
 * a challenge ACK (RFC 5961 4); one in TIME_WAIT may open anew (RFC 6191), the
 * kernel decides. Why, or 0.
 */
static __always_inline enum hf_counter
syn_tuple_reason(const struct run *r, const struct hf_brake *b)
{
	struct hf_flow *f = flow_of(r->packet);

	if (!f || flow_over(f))
		return syn_socket_reason(r, b);
	return flow_closed_both(f) ? HF_CNT_SYN_PASS_TIME_WAIT
				   : HF_CNT_SYN_PASS_LIVE_FLOW;
}

/*
 * Where the kernel is given the SYN of who proved himself, a client whose server
 * refuses or is silent believes to be connected: a health check would be wrong,
 * and a ban would look like a connection. Must such a SYN see for itself? Why, or
 * 0.
 */
static __always_inline enum hf_counter syn_server_reason(const struct run *r)
{
	const struct packet *p = r->packet;

	if (r->handoff != HF_HANDOFF_SPLICE)
		return 0;
	if (answer_is_refusal(r))
		return HF_CNT_SYN_PASS_REFUSED;
	return answer_is_silence(r) ||
			       prefix_is_unanswered(&p->tuple, p->now_ms)
		       ? HF_CNT_SYN_PASS_UNANSWERED
		       : 0;
}

static __always_inline int syn_bad_sum(const struct run *r)
{
	if (phase_flood(r->packet->now_ms, 0))
		return run_drop(r, HF_CNT_SYN_DROP_BAD_SUM);
	return run_pass(r, HF_CNT_SYN_PASS_BAD_SUM);
}

/* The verdict about a SYN for a service; with XDP_TX its answer stands in the
 * frame, unless the mode is monitor. */
static __always_inline int syn_ingress(const struct run *r)
{
	struct packet *p = r->packet;
	struct hf_brake *b = MAP_AT(brake, p->service);
	const struct options *o = &r->reply->offer;
	enum hf_counter why;

	if (!b)
		return XDP_PASS;
	if (pending_is_due(p->now_ms))
		pending_review(r->xdp, p->now_ms, false);
	count(p->service, HF_CNT_SYN_SEEN);
	phase_syns(r, 1 + fast_take(&fast_answer_of(r)->at, p->now_ms));
	why = syn_pass_reason(r);
	if (why == HF_CNT_SYN_PASS_NO_ROOM ||
	    (why == HF_CNT_SYN_PASS_ELSEWHERE && !exit_is_wide(r)))
		return syn_pass_many(r, why);
	if (why == HF_CNT_SYN_PASS_CALM)
		syn_note_calm(r);
	if (why)
		return run_pass(r, why);
	if (brake_stops(r, b))
		return syn_pass_many(r, HF_CNT_SYN_PASS_TRIPPED);
	if (!syn_is_unicast(p))
		return syn_pass_odd(r, HF_CNT_SYN_PASS_NOT_UNICAST);
	if (service_is_full(r->service, p->now_ms))
		return run_drop(r, HF_CNT_SYN_DROP_ACCEPT_FULL);
	if (!sums_ok(r, o))
		return syn_bad_sum(r);
	why = syn_tuple_reason(r, b);
	if (why == HF_CNT_SYN_PASS_LIVE_FLOW)
		return syn_pass_odd(r, why);
	if (why)
		return syn_pass_many(r, why);
	if (o->seen & OPT_SEEN_AUTH)
		return syn_pass_odd(r, HF_CNT_SYN_PASS_MD5_AO);
	why = syn_server_reason(r);
	if (why)
		return syn_pass_many(r, why);
	if (r->service->mode == HF_MODE_MONITOR)
		return XDP_TX;
	if (answer_is_due(r))
		return run_pass(r, HF_CNT_SYN_PASS_LEARN);
	return syn_answer(r, b);
}

#endif
