/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An ACK for a service without a record: the third segment of a handshake, or
 * the first data that repairs its loss, or nothing of ours.
 *
 * The cookie is checked first, for it costs least. Whatever it does not prove
 * is looked up once in the kernel's socket table: a connection or a half-open
 * one that is older than us goes on. The rest proves nothing (open/stray.bpf.h):
 * while calm it passes; under flood, and for one cookie lifetime after it unless
 * mode auto leaves SYNs to the kernel again, it is dropped in silence; as is what
 * there are too many guesses to check.
 */
#ifndef HANDFAST_ACK_BPF_H
#define HANDFAST_ACK_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "flow/adopt.bpf.h"
#include "flow/closed.bpf.h"
#include "flow/flow.bpf.h"
#include "open/choice.bpf.h"
#include "open/cookie.bpf.h"
#include "open/forgery.bpf.h"
#include "open/half.bpf.h"
#include "open/handover.bpf.h"
#include "open/pending.bpf.h"
#include "open/stray.bpf.h"
#include "state/chain.bpf.h"
#include "state/count.bpf.h"
#include "state/event.bpf.h"
#include "state/exit.bpf.h"
#include "state/phase.bpf.h"
#include "state/run.bpf.h"
#include "state/sock.bpf.h"
#include "wire/sums.bpf.h"

/* Read it with this generation's keys: is it proved? Global: checked once. */
__noinline int ack_try_key(struct cookie *cookie, struct cookie_id *id,
			   __u32 generation, __u32 now_ms)
{
	struct hf_keys *key = MAP_AT(keys, generation % HF_KEYS_MAX);
	struct siphash s;

	if (!key || !cookie || !id)
		return 0;
	s = cookie_begin(id, key);
	cookie_read(cookie, &s, key, now_ms);
	return cookie_is_recent(cookie, key, now_ms) &&
	       cookie_proves(cookie, &s, id, key);
}

/* ... with those that may have made it, if the service granted `profile`. */
static __always_inline bool ack_try_keys(const struct run *r,
					 struct cookie_id *id, __u8 profile)
{
	const struct hf_profile *says = MAP_AT(profiles, profile);
	struct cookie *cookie = &r->reply->cookie;
	__u32 now_ms = r->packet->now_ms;

	if (!says)
		return false;
	cookie->profile = profile;
	cookie->terms = cookie_terms(says);
	return ack_try_key(cookie, id, control.key_generation, now_ms) ||
	       (control.key_prev_valid &&
		clock_before(now_ms, control.key_prev_until_ms) &&
		ack_try_key(cookie, id, control.key_generation - 1, now_ms));
}

/* ... as it does now, or did until lately. */
static __always_inline bool ack_try(const struct run *r, struct cookie_id *id)
{
	const struct hf_service *svc = r->service;

	return ack_try_keys(r, id, svc->profile) ||
	       (svc->profile != svc->profile_prev &&
		clock_before(r->packet->now_ms, svc->profile_prev_until_ms) &&
		ack_try_keys(r, id, svc->profile_prev));
}

/* A remembered SYN-ACK is acknowledged: no key is asked. Linux 6.1 takes no key of a
 * map from what a global function is given. */
static __always_inline bool ack_is_of_half(const struct run *r)
{
	struct half_entry *entry = MAP_AT(half_scratch, 0);
	struct hf_half_open *h;

	if (!entry || !phase.half_open)
		return false;
	entry->tuple = r->packet->tuple;
	h = half_find(r, &entry->tuple);
	if (!h || !half_proves(r, h))
		return false;
	count(r->packet->service, HF_CNT_HALF_PROVED);
	return true;
}

/* Is it a cookie without timestamps, of either layout? */
static __always_inline bool ack_try_bare(const struct run *r,
					 struct cookie_id *id)
{
	struct cookie *cookie = &r->reply->cookie;
	__u32 now_ms = r->packet->now_ms;

	cookie->strong = 1;
	if (forgery_has_strong(now_ms) && ack_try(r, id))
		return true;
	cookie->strong = 0;
	return forgery_has_weak(now_ms) && ack_try(r, id);
}

/* Why does no cookie prove an ACK without timestamps; 0: one does. */
static __always_inline enum hf_counter ack_bare_reason(const struct run *r,
						       struct cookie_id *id)
{
	__u32 price = forgery_price(r);

	if (!forgery_charge(r, price))
		return ack_is_of_half(r) ? 0 : HF_CNT_ACK_UNCHECKED;
	if (!ack_try_bare(r, id) && !ack_is_of_half(r))
		return HF_CNT_ACK_BAD_MAC;
	forgery_refund(r, price);
	return 0;
}

/* ... and one with them. */
static __always_inline enum hf_counter ack_ts_reason(const struct run *r,
						     struct cookie_id *id)
{
	const struct cookie *cookie = &r->reply->cookie;
	enum hf_counter why = 0;

	if (!ack_try(r, id))
		why = HF_CNT_ACK_BAD_MAC;
	else if (cookie_expired(cookie, r->packet->now_ms))
		why = HF_CNT_ACK_EXPIRED;
	return why && ack_is_of_half(r) ? 0 : why;
}

/*
 * Why does neither a cookie nor a remembered SYN prove it (enum hf_counter); 0: one
 * does. Global: there are many ways through it, and two to it.
 */
__noinline int ack_cookie_reason(struct packet *p, struct reply *reply,
				 struct hf_service *svc)
{
	struct run r = {
		.packet = p,
		.reply = reply,
		.service = svc,
	};
	struct cookie *cookie;

	if (!p || !reply || !svc)
		return HF_CNT_ACK_BAD_MAC;
	cookie = &reply->cookie;
	cookie_id_set(&reply->id, &p->tuple, p->ip6, p->seq - 1);
	cookie->iss = p->ack - 1;
	cookie->tsval = reply->offer.tsecr;
	cookie->options = reply->offer.seen & HF_OPT_TS;
	cookie->strong = 0;
	return cookie->options ? ack_ts_reason(&r, &reply->id)
			       : ack_bare_reason(&r, &reply->id);
}

/* Why does the ACK prove no handshake; 0: it does, and r->reply's cookie is the
 * proof. */
static __always_inline enum hf_counter ack_bad_reason(const struct run *r)
{
	const struct options *o = &r->reply->offer;
	enum hf_counter why;

	/* no SYN with such an option was answered */
	if (o->seen & OPT_SEEN_AUTH)
		return HF_CNT_ACK_BAD_MAC;
	why = ack_cookie_reason(r->packet, r->reply, r->service);
	if (!why && !sums_ok(r, o))
		return HF_CNT_ACK_BAD_SUM;
	return why;
}

/*
 * The same of what a client sends whose third ACK was lost: our window is zero,
 * so Linux probes it with the number before (tcp_xmit_probe_skb()). It proves as
 * much; who forges has two tries with such a segment.
 */
static __always_inline enum hf_counter ack_reason(const struct run *r)
{
	enum hf_counter why = ack_bad_reason(r);
	struct packet *p = r->packet;

	if (!why || r->handoff != HF_HANDOFF_SPLICE || p->payload ||
	    p->flags & TCP_FIN)
		return why;
	p->seq++;
	if (!ack_bad_reason(r))
		return 0;
	p->seq--;
	return why;
}

/*
 * Did the connection (irs, mint_ms), which the tuple had before, use this proof
 * up? Not if its SYN came lately and is remembered still: the record goes with
 * the first ACK of it. But a SYN that is repeated itself, with all that follows
 * it, has the same ISN.
 */
static __always_inline bool ack_is_used(const struct run *r, bool remembered,
					__u32 irs, __u32 mint_ms)
{
	__u32 own_irs = r->packet->seq - 1;

	if (remembered && own_irs != irs)
		return false;
	return cookie_is_replay(&r->reply->cookie, own_irs, irs, mint_ms);
}

/* Was this handshake's proof used before? r->flow: a record that is over. */
static __always_inline bool ack_is_replay(const struct run *r)
{
	const struct hf_half_open *h = half_of(r);
	const struct hf_flow *old = r->flow;
	const struct packet *p = r->packet;
	bool remembered = h && h->irs == p->seq - 1 && h->iss == p->ack - 1;
	__u64 tag = closed_tag(&p->tuple);
	const struct hf_closed_set *set = closed_set(tag);
	const struct hf_closed *gone;

	if (old && ack_is_used(r, remembered, old->irs, old->mint_ms))
		return true;
	if (!set)
		return false;
	gone = closed_find(set, tag, p->now_ms);
	if (gone)
		return ack_is_used(r, remembered, gone->irs, gone->mint_ms);
	return closed_forgot(set, r->reply->cookie.mint_ms, p->now_ms);
}

static __always_inline void ack_fill_flow(const struct run *r,
					  struct hf_flow *f,
					  const struct hf_profile *profile)
{
	const struct cookie *cookie = &r->reply->cookie;
	const struct packet *p = r->packet;
	struct hf_flow_dir *in = &f->dir[HF_DIR_IN];
	struct hf_flow_dir *out = &f->dir[HF_DIR_OUT];

	__builtin_memset(f, 0, sizeof(*f));
	f->life = flow_new_life(HF_LIFE_PENDING);
	f->irs = p->seq - 1;
	f->iss = p->ack - 1;
	f->mint_ms = cookie->mint_ms;
	f->created_ms = p->now_ms;
	f->mss = cookie_mss(cookie);
	f->snd_wscale = cookie->wscale;
	f->rcv_wscale = profile->rcv_wscale;
	if (cookie->wscale == HF_WSCALE_NONE)
		f->rcv_wscale = HF_WSCALE_NONE;
	f->options = cookie->options;
	f->handoff = r->handoff;
	f->service = p->service;
	in->seq_hi = p->seq;
	in->ack_hi = p->ack;
	in->flags = HF_DIR_SEEN | HF_DIR_SYN | HF_DIR_ACK;
	out->seq_hi = p->ack;
	out->ack_hi = p->seq;
	out->flags = HF_DIR_ACK;
	if (!flow_is_spliced(f))	/* else the server has yet to answer */
		out->flags |= HF_DIR_SYN;
	out->last_ms = p->now_ms;
	/* The server goes on from our own: a probe in its name needs one. */
	out->tsval = cookie_tsval(cookie);
}

/* RST, with the number that it acknowledges. A call of its own: it is rare. */
static __noinline int ack_reset(struct xdp_md *ctx, struct packet *p,
				struct reply *reply)
{
	struct run r = { .xdp = ctx, .packet = p, .reply = reply };
	const struct hf_said *said = answer_said(&r);
	struct segment *s = &reply->syn_ack;

	if (!said)
		return XDP_DROP;
	__builtin_memset(s, 0, sizeof(*s));
	reply_like(&r, &said->manner, p->ack);
	s->seq = p->ack;
	s->flags = TCP_RST;
	return segment_write(&r, s) ? XDP_TX : XDP_DROP;
}

/*
 * No record can be made. The kernel answers RST, as it knows nothing of the
 * connection; where the server's would have to, it may be silent, and the client
 * believes to be connected.
 */
static __always_inline int ack_no_room(const struct run *r)
{
	struct packet *p = r->packet;

	if (r->handoff == HF_HANDOFF_SPLICE) {
		p->reason = HF_CNT_ACK_NO_ROOM;
		count(p->service, HF_CNT_REJECT_DROPPED);
		return ack_reset(r->xdp, p, r->reply);
	}
	count(p->service, HF_CNT_REJECT_PASSED);
	return run_pass(r, HF_CNT_ACK_NO_ROOM);
}

/* No memory for the translation: the record that is there is over at once. */
static __always_inline int ack_cannot_splice(const struct run *r)
{
	struct hf_flow *f = bpf_map_lookup_elem(&flows, &r->packet->tuple);

	if (f) {
		f->dir[HF_DIR_OUT].flags |= HF_DIR_RST;
		event_send(r->packet, flow_generation(f), EVENT(SND_RST));
	}
	return ack_no_room(r);
}

/* Make the record. A race with another CPU is won by whoever was first. */
static __always_inline int ack_accept(const struct run *r)
{
	struct hf_profile *profile = MAP_AT(profiles, r->reply->cookie.profile);
	struct hf_flow *f = MAP_AT(scratch, 0);
	struct packet *p = r->packet;
	struct flow_events events;
	__u32 generation;
	long err;

	if (chain_is_lost(r))
		return run_drop(r, HF_CNT_DROP_NO_TC);
	if (!profile || !f || !prefix_has_room(&p->tuple))
		return ack_no_room(r);
	ack_fill_flow(r, f, profile);
	flow_add_facts(f, p, HF_DIR_IN, &events);
	generation = flow_generation(f);
	err = flow_insert(r, f);
	if (err == -EEXIST)
		return run_pass(r, HF_CNT_FLOW_IN);
	if (err)
		return ack_no_room(r);
	half_done(r);
	event_send(p, generation, EVENT(RCV_ACK));
	if (!flow_is_spliced(f))
		pending_note(r->xdp, p, generation);
	else if (!handover_prepare(r, f))
		return ack_cannot_splice(r);
	else
		event_send_leg(p, generation, EVENT(SND_SYN), HF_LEG_SERVER);
	return run_pass(r, HF_CNT_ACK_ACCEPTED);
}

/* Take over a connection that the kernel made before us, or without us. */
static __always_inline void ack_adopt(const struct run *r, struct bpf_sock *skc)
{
	struct packet *p = r->packet;
	struct adopt_view v = {
		.tp = bpf_skc_to_tcp_sock(skc),
		.state = skc->state,
		.handoff = adopt_handoff(r->service),
		.service = p->service,
		.now_ms = p->now_ms,
	};
	struct hf_flow *f = MAP_AT(scratch, 0);
	struct flow_events events;
	__u32 generation;

	if (!v.tp || !f || (__s32)(p->ack - v.tp->snd_una) < 0 ||
	    (__s32)(p->ack - v.tp->snd_nxt) > 0)
		return;
	adopt_fill(f, &v);
	flow_add_facts(f, p, HF_DIR_IN, &events);
	generation = flow_generation(f);
	if (flow_insert(r, f))
		return;
	count(p->service, HF_CNT_FLOW_ADOPTED);
	event_send(p, generation, EVENT(ADOPTED));
}

/*
 * Does the kernel have a socket for the segment, other than a listener? An
 * established one becomes a record; a half-open one becomes one with its next
 * segment. Where nobody listens it is one that this host opened, or what is
 * left of a service: not followed. Nor is one of which only half would be seen.
 */
static __always_inline bool ack_has_socket(const struct run *r)
{
	struct bpf_sock *skc = sock_find(r);
	__u32 state;

	if (!skc)
		return false;
	state = skc->state;
	if (r->service->flags & HF_SVC_LISTENING &&
	    !phase_is_kernels(r->service->mode, r->packet->now_ms) &&
	    (state == SOCK_ESTABLISHED || state == SOCK_CLOSE_WAIT) &&
	    exit_is_here(r->service, &r->packet->tuple))
		ack_adopt(r, skc);
	bpf_sk_release(skc);
	return state != SOCK_LISTEN;
}

/* An ACK that proves nothing; the packet's reason says why. */
static __always_inline int ack_reject(const struct run *r)
{
	struct packet *p = r->packet;
	const struct hf_half_open *h;

	if (ack_has_socket(r))
		return run_pass(r, HF_CNT_PASS_KERNEL);
	h = half_of(r);
	if (h && half_lost_proof(h, p)) {
		count(p->service, HF_CNT_HALF_SILENT);
		count(p->service, HF_CNT_REJECT_DROPPED);
		return XDP_DROP;
	}
	phase_acks(p->now_ms,
		   1 + fast_take(&fast_refusal_of(r)->at, p->now_ms));
	if ((p->reason == HF_CNT_ACK_UNCHECKED ||
	     phase_flood(p->now_ms, HF_COOKIE_LIFETIME_MS) ||
	     phase_ack_flood(p->now_ms)) &&
	    stray_is_nobodys(r)) {
		if (p->reason == HF_CNT_ACK_BAD_MAC)
			stray_note_fast(r);
		count(p->service, HF_CNT_REJECT_DROPPED);
		return XDP_DROP;
	}
	count(p->service, HF_CNT_REJECT_PASSED);
	return XDP_PASS;
}

/* The verdict about an ACK without a record that could take it. */
static __always_inline int ack_ingress(struct run *r)
{
	enum hf_counter why = ack_reason(r);
	struct packet *p = r->packet;
	bool owned;

	r->flow = flow_find(&p->tuple);
	owned = r->flow && flow_owns(r->flow, p);
	if (owned && !flow_may_be_reused(r->flow))
		return run_pass(r, HF_CNT_FLOW_IN);	/* another CPU was first */
	if (!why && ack_is_replay(r))
		why = HF_CNT_ACK_REPLAYED;
	if (!why) {
		r->handoff = choice_of(r);
		return ack_accept(r);
	}
	if (owned)
		return run_pass(r, HF_CNT_FLOW_IN);
	p->reason = why;
	return ack_reject(r);
}

#endif
