/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An ACK for a service without a record: the third segment of a handshake, or
 * the first data that repairs its loss, or nothing of ours.
 *
 * The cookie is checked first, for it costs least. Whatever it does not prove
 * is looked up once in the kernel's socket table: a connection or a half-open
 * one that is older than us goes on. The rest proves nothing: while calm it
 * passes, so that the kernel answers RST (RFC 9293 3.10.7.1); under flood, and
 * for one cookie lifetime after it, it is dropped in silence, and so is a proof
 * of the kernel's own that was used before.
 */
#ifndef HANDFAST_ACK_BPF_H
#define HANDFAST_ACK_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "flow/adopt.bpf.h"
#include "flow/flow.bpf.h"
#include "open/brake.bpf.h"
#include "open/cookie.bpf.h"
#include "open/half.bpf.h"
#include "open/kcookie.bpf.h"
#include "open/syn.bpf.h"
#include "state/count.bpf.h"
#include "state/event.bpf.h"
#include "state/phase.bpf.h"
#include "state/sock.bpf.h"
#include "wire/sums.bpf.h"

/* What is wrong with an ACK, or nothing. */
enum ack_proof {
	ACK_PROVED,
	ACK_BAD_MAC,
	ACK_EXPIRED,
	ACK_BAD_SUM,
};

/* Does this generation's key prove it? Global: checked once, called 1-4 times. */
__noinline int ack_try_key(struct cookie *cookie, struct cookie_id *id,
			   __u32 generation)
{
	struct hf_keys *key = MAP_AT(keys, generation % HF_KEYS_MAX);

	return key && cookie && id && cookie_proves(cookie, id, key);
}

/* Try the keys and profiles that may have made the cookie: two each at most. */
static __always_inline bool ack_try_keys(const struct hf_control *c,
					 const struct hf_service *svc,
					 struct cookie *cookie,
					 struct cookie_id *id, __u32 now_ms)
{
	__u32 generation = c->key_generation;
	bool prev = c->key_prev_valid &&
		    clock_before(now_ms, c->key_prev_until_ms);

	cookie->profile = svc->profile;
	if (ack_try_key(cookie, id, generation) ||
	    (prev && ack_try_key(cookie, id, generation - 1)))
		return true;
	if (svc->profile == svc->profile_prev ||
	    !clock_before(now_ms, svc->profile_prev_until_ms))
		return false;
	cookie->profile = svc->profile_prev;
	return ack_try_key(cookie, id, generation) ||
	       (prev && ack_try_key(cookie, id, generation - 1));
}

/* A remembered SYN-ACK is acknowledged: no key and no clock is asked. */
static __always_inline bool ack_ask_half(struct hf_phase *ph, struct packet *p,
					 const struct options *o,
					 struct cookie *cookie)
{
	struct hf_half_open *h = half_find(ph, p, &p->tuple);

	if (!h || !half_proves(h, p, o, cookie))
		return false;
	count(p->service, HF_CNT_HALF_PROVED);
	return true;
}

/*
 * Does the ACK prove a handshake by a cookie of the kernel's own? What was
 * remembered of the SYN proves nothing to the kernel, but knows the MSS, and
 * that a segment with another sequence number is not the third ACK: the kernel
 * would take one that is off by up to three, and lose those bytes.
 */
static __always_inline enum ack_proof ack_prove_kernel(
	struct xdp_md *ctx, struct hf_phase *ph, struct packet *p,
	struct hf_service *svc, struct options *o, struct cookie *cookie)
{
	struct hf_half_open *h;

	kcookie_read(p, o, cookie);
	cookie->profile = svc->profile;
	h = half_find(ph, p, &p->tuple);
	if (h && half_lost_proof(h, p))
		return ACK_BAD_MAC;
	if (!kcookie_proves(ctx, p))
		return ACK_BAD_MAC;
	if (h)
		half_proves(h, p, o, cookie);
	return ACK_PROVED;
}

/* The same where the cookie is ours. */
static __always_inline enum ack_proof
ack_prove_own(const struct hf_control *c, struct hf_phase *ph, struct packet *p,
	      struct hf_service *svc, struct options *o, struct cookie *cookie)
{
	struct hf_keys *key = MAP_AT(keys, c->key_generation % HF_KEYS_MAX);
	enum ack_proof proof = ACK_PROVED;
	struct cookie_id id = {};

	if (!key)
		return ACK_BAD_MAC;
	cookie_id_set(&id, &p->tuple, p->ip6, p->seq - 1);
	cookie->options = o->seen & HF_OPT_TS;
	cookie_read(cookie, &id, key, p->now_ms, p->ack - 1, o->tsecr);
	if (!cookie_is_of_late(cookie, p->now_ms) ||
	    !ack_try_keys(c, svc, cookie, &id, p->now_ms))
		proof = ACK_BAD_MAC;
	else if (cookie_expired(cookie, p->now_ms))
		proof = ACK_EXPIRED;
	if (proof != ACK_PROVED && ack_ask_half(ph, p, o, cookie))
		proof = ACK_PROVED;
	return proof;
}

/* Does the ACK prove a handshake? Fills `cookie`. */
static __always_inline enum ack_proof
ack_prove(struct xdp_md *ctx, const struct hf_control *c, struct hf_phase *ph,
	  struct packet *p, struct hf_service *svc, struct options *o,
	  struct cookie *cookie)
{
	struct frame fr = FRAME_OF(ctx);
	enum ack_proof proof;

	/* no SYN with such an option was answered */
	if (o->seen & OPT_SEEN_AUTH)
		return ACK_BAD_MAC;
	proof = kcookie_is_used() ? ack_prove_kernel(ctx, ph, p, svc, o, cookie)
				  : ack_prove_own(c, ph, p, svc, o, cookie);
	if (proof == ACK_PROVED &&
	    (!sums_ip_ok(ctx, &fr, p) || !sums_tcp_ok(ctx, &fr, p, o)))
		return ACK_BAD_SUM;
	return proof;
}

#define ACK_CLOCK_SLACK_MS	10

/*
 * Did the connection before use this proof up? Not if its SYN came lately and is
 * remembered still: the record goes with the first ACK of it. But a SYN that is
 * repeated itself, with all that follows it, has the same ISN.
 */
static __always_inline bool ack_is_used(const struct packet *p,
					const struct cookie *cookie,
					bool remembered, __u32 irs,
					__u32 mint_ms)
{
	if (remembered && p->seq - 1 != irs)
		return false;
	/* The kernel's own says nothing of its age without a timestamp. */
	if (kcookie_is_used() && !(cookie->options & HF_OPT_TS))
		return p->seq - 1 == irs;
	return cookie_is_replay(cookie, p->seq - 1, irs, mint_ms);
}

/* Was this handshake's proof used before? `old`: a record that is over. */
static __always_inline bool ack_is_replay(struct hf_phase *ph, struct packet *p,
					  const struct cookie *cookie,
					  const struct hf_flow *old)
{
	struct hf_half_open *h = half_find(ph, p, &p->tuple);
	bool remembered = h && h->irs == p->seq - 1 && h->iss == p->ack - 1;
	struct hf_closed *gone;

	if (old && ack_is_used(p, cookie, remembered, old->irs, old->mint_ms))
		return true;
	gone = bpf_map_lookup_elem(&closed, &p->tuple);
	/* One jiffy of slack: another CPU may have been ahead. */
	return gone &&
	       p->now_ms + ACK_CLOCK_SLACK_MS - gone->closed_ms <
		       2 * HF_COOKIE_LIFETIME_MS &&
	       ack_is_used(p, cookie, remembered, gone->irs, gone->mint_ms);
}

static __always_inline void ack_fill_flow(struct hf_flow *f,
					  const struct packet *p,
					  const struct cookie *cookie,
					  const struct hf_profile *profile)
{
	struct hf_flow_dir *in = &f->dir[HF_DIR_IN];
	struct hf_flow_dir *out = &f->dir[HF_DIR_OUT];

	__builtin_memset(f, 0, sizeof(*f));
	f->life = flow_new_life(HF_LIFE_PENDING);
	f->irs = p->seq - 1;
	f->iss = p->ack - 1;
	f->mint_ms = cookie->mint_ms;
	f->created_ms = p->now_ms;
	f->mss = handshake_mss(cookie);
	f->snd_wscale = cookie->wscale;
	f->rcv_wscale = profile->rcv_wscale;
	f->backend_wscale = HF_WSCALE_NONE;
	if (cookie->wscale == HF_WSCALE_NONE)
		f->rcv_wscale = HF_WSCALE_NONE;
	f->options = cookie->options | handoff << 4;
	f->service = p->service;
	in->seq_hi = p->seq;
	in->ack_hi = p->ack;
	in->flags = HF_DIR_SEEN | HF_DIR_SYN | HF_DIR_ACK;
	out->seq_hi = p->ack;
	out->ack_hi = p->seq;
	out->flags = HF_DIR_SYN | HF_DIR_ACK;
	out->last_ms = p->now_ms;
}

static __always_inline int ack_no_room(struct packet *p)
{
	count(p->service, HF_CNT_REJECT_PASSED);
	return pkt_pass(p, HF_CNT_ACK_NO_ROOM);
}

/* Make the record. A race with another CPU is won by whoever was first. */
static __always_inline int ack_accept(const struct hf_control *c,
				      struct hf_phase *ph, struct packet *p,
				      const struct cookie *cookie,
				      struct hf_flow *old)
{
	struct hf_profile *profile = MAP_AT(profiles, cookie->profile);
	struct hf_flow *f = MAP_AT(scratch, 0);
	__u32 events, generation;
	long err;

	if (!profile || !f)
		return ack_no_room(p);
	ack_fill_flow(f, p, cookie, profile);
	flow_take_facts(f, p, HF_DIR_IN, &events);
	generation = f->life >> 32;
	err = flow_insert(c, ph, &p->tuple, f, old);
	if (err == -EEXIST)
		return pkt_pass(p, HF_CNT_FLOW_IN);
	if (err)
		return ack_no_room(p);
	half_done(ph, &p->tuple);
	brake_watch(p, generation);
	event_send(&p->tuple, generation, EVENT(RCV_ACK), p->service,
		   p->now_ms);
	return pkt_pass(p, HF_CNT_ACK_ACCEPTED);
}

/* Take over a connection that the kernel made before us, or without us. */
static __always_inline void ack_adopt(const struct hf_control *c,
				      struct hf_phase *ph, struct packet *p,
				      struct bpf_sock *skc, struct hf_flow *old)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(skc);
	struct hf_flow *f = MAP_AT(scratch, 0);
	__u32 events, generation;

	if (!tp || !f || (__s32)(p->ack - tp->snd_una) < 0 ||
	    (__s32)(p->ack - tp->snd_nxt) > 0)
		return;
	adopt_fill(f, tp, skc->state, p->service, p->now_ms);
	flow_take_facts(f, p, HF_DIR_IN, &events);
	generation = f->life >> 32;
	if (flow_insert(c, ph, &p->tuple, f, old))
		return;
	count(p->service, HF_CNT_FLOW_ADOPTED);
	event_send(&p->tuple, generation, EVENT(ADOPTED), p->service,
		   p->now_ms);
}

/*
 * Does the kernel have a socket for the segment, other than a listener? An
 * established one becomes a record; a half-open one becomes one with its next
 * segment. Where nobody listens it is one that this host opened, or what is
 * left of a service: not followed.
 */
static __always_inline bool ack_ask_kernel(struct xdp_md *ctx, struct packet *p,
					   const struct hf_control *c,
					   struct hf_phase *ph,
					   const struct hf_service *svc,
					   struct hf_flow *old)
{
	struct bpf_sock *skc = sock_find(ctx, p);
	__u32 state;

	if (!skc)
		return false;
	state = skc->state;
	if (svc->flags & HF_SVC_LISTENING &&
	    (state == SOCK_ESTABLISHED || state == SOCK_CLOSE_WAIT))
		ack_adopt(c, ph, p, skc, old);
	bpf_sk_release(skc);
	return state != SOCK_LISTEN;
}

/*
 * A cookie of the kernel's own that was used before: the kernel, which does not
 * know that, would make a second connection of it.
 */
static __always_inline bool ack_would_open_again(const struct packet *p)
{
	return kcookie_is_used() && p->reason == HF_CNT_ACK_REPLAYED;
}

/*
 * Only where every SYN is answered by us can an ACK without a proof be nobody's.
 * Where SYNs pass, or passed until lately, the kernel or somebody behind this
 * host may know better; not of a connection that we had a record of.
 */
static __always_inline bool ack_must_be_ours(const struct hf_control *c,
					     const struct hf_phase *ph,
					     const struct hf_service *svc,
					     struct packet *p)
{
	enum hf_counter reason = p->reason;
	struct hf_brake *b = MAP_AT(brake, p->service);
	bool pass = (c->ask_sockets && !ack_would_open_again(p)) ||
		    syn_must_pass(c, ph, svc, p) || !b ||
		    brake_was_on(b, p->now_ms);

	p->reason = reason;
	return !pass;
}

/* An ACK that proves nothing, for the reason that p->reason has. */
static __always_inline int ack_reject(struct xdp_md *ctx, struct packet *p,
				      const struct hf_control *c,
				      struct hf_phase *ph,
				      const struct hf_service *svc,
				      struct hf_flow *old)
{
	struct hf_half_open *h;

	if (ack_ask_kernel(ctx, p, c, ph, svc, old))
		return pkt_pass(p, HF_CNT_PASS_KERNEL);
	h = half_find(ph, p, &p->tuple);
	if (h && half_lost_proof(h, p)) {
		count(p->service, HF_CNT_HALF_SILENT);
		count(p->service, HF_CNT_REJECT_DROPPED);
		return XDP_DROP;
	}
	if (ack_must_be_ours(c, ph, svc, p) &&
	    (ack_would_open_again(p) ||
	     phase_flood(ph, p->now_ms, HF_COOKIE_LIFETIME_MS))) {
		count(p->service, HF_CNT_REJECT_DROPPED);
		return XDP_DROP;
	}
	count(p->service, HF_CNT_REJECT_PASSED);
	return XDP_PASS;
}

/*
 * The verdict about an ACK without a record that could take it, by what
 * ack_prove() found.
 */
static __always_inline int ack_ingress(struct xdp_md *ctx,
				       const struct hf_control *c,
				       struct hf_phase *ph, struct packet *p,
				       struct hf_service *svc,
				       struct cookie *cookie,
				       enum ack_proof proof)
{
	struct hf_flow *old = flow_find(c, &p->tuple);

	if (old && flow_takes(old, p))	/* another CPU was first */
		return pkt_pass(p, HF_CNT_FLOW_IN);
	if (proof == ACK_EXPIRED)
		p->reason = HF_CNT_ACK_EXPIRED;
	else if (proof == ACK_BAD_SUM)
		p->reason = HF_CNT_ACK_BAD_SUM;
	else if (proof != ACK_PROVED)
		p->reason = HF_CNT_ACK_BAD_MAC;
	else if (ack_is_replay(ph, p, cookie, old))
		p->reason = HF_CNT_ACK_REPLAYED;
	else
		return ack_accept(c, ph, p, cookie, old);
	return ack_reject(ctx, p, c, ph, svc, old);
}

#endif
