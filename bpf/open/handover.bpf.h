/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Handoff `splice`: the kernel is shown an ordinary handshake of the client whose
 * cookie validated, and whatever stands between tc and the server (NAT, conntrack,
 * firewalls, bridges, another host) sees it too.
 *
 *     client              handfast                                server
 *       | SYN  ------------> XDP
 *       | <------ SYN-ACK,   window 0: the client keeps its data
 *       | ACK  ------------> tc ingress: becomes the SYN ------------> |
 *       |                    tc egress  <--------------------- SYN-ACK |
 *       |                       | a clone becomes the ACK -----------> |
 *       | <-- window update ----+ the SYN-ACK itself
 *       | <----- data and all that follows, translated ------------->  |
 *
 * Until the SYN-ACK came the record is PENDING. What the client sends meanwhile is
 * held (dropped: nothing of it was acknowledged), but for what asks again: an ACK
 * of our SYN-ACK, or the zero-window probe before it, becomes the SYN once more,
 * at most each HANDOVER_AGAIN_MS. The daemon repeats it too.
 *
 * The SYN grants nothing that was not offered and granted. The difference of the
 * numbers is published as one word before the state says so: another CPU must
 * not see half of it. A SYN-ACK that is repeated repeats what was done; one with
 * another sequence number replaces the difference as long as nothing else came
 * from the server.
 *
 * Segments that are injected carry HF_MARK, which alone proves nothing: they
 * must have the numbers that only the record has.
 */
#ifndef HANDFAST_HANDOVER_BPF_H
#define HANDFAST_HANDOVER_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "flow/splice.bpf.h"
#include "open/brake.bpf.h"
#include "open/reply.bpf.h"
#include "state/clock.bpf.h"
#include "state/event.bpf.h"
#include "state/learn.bpf.h"
#include "state/run.bpf.h"
#include "state/sock.bpf.h"
#include "state/verdict.bpf.h"
#include "wire/header.bpf.h"
#include "wire/reframe.bpf.h"

#define HANDOVER_AGAIN_MS	150

/* --- the client's side ---------------------------------------------------- */

/* The client's SYN as the server is to see it. */
static __always_inline void handover_fill_syn(const struct run *r,
					      const struct hf_splice *s,
					      struct segment *syn)
{
	const struct hf_flow *f = r->flow;
	__u32 window = splice_shift(s->window, s->client_wscale);

	__builtin_memset(syn, 0, sizeof(*syn));
	syn->seq = f->irs;
	syn->flags = TCP_SYN;
	if (s->options & HF_OPT_ECN)
		syn->flags |= TCP_ECE | TCP_CWR;
	syn->window = window < SPLICE_WINDOW_MAX ? window : SPLICE_WINDOW_MAX;
	syn->opt.grant = s->options & ~HF_OPT_ECN;
	syn->opt.mss = s->mss;
	syn->opt.wscale = s->client_wscale;
	syn->opt.tsval = s->tsval;
}

/* Is it the ACK of our SYN-ACK, or a zero-window probe just before it? */
static __always_inline bool handover_is_ack(const struct hf_flow *f,
					    const struct packet *p)
{
	return (p->flags & (TCP_SYN | TCP_RST | TCP_ACK)) == TCP_ACK &&
	       p->ack == f->iss + 1 &&
	       (p->seq == f->irs + 1 || p->seq == f->irs);
}

/* The client's segment while the server has not answered. */
static __always_inline int handover_await(const struct run *r,
					  struct hf_splice *s)
{
	const struct hf_flow *f = r->flow;
	struct packet *p = r->packet;
	struct segment syn;

	if (p->flags & TCP_RST && p->seq == f->irs + 1)
		__sync_fetch_and_or(&s->state, HF_SPLICE_ABORTED);
	if (!handover_is_ack(f, p) ||
	    (s->syn_ms && clock_age(p->now_ms, s->syn_ms) < HANDOVER_AGAIN_MS))
		return verdict_drop(r, HF_CNT_SPLICE_HELD);
	handover_fill_syn(r, s, &syn);
	if (!reframe_as_syn(r, &syn))
		return verdict_drop(r, HF_CNT_SPLICE_HELD);
	s->syn_ms = p->now_ms ?: 1;
	return verdict_pass(r, HF_CNT_SPLICE_SYN);
}

/* Did we inject it? Then it has the server's numbers already. */
static __always_inline bool handover_is_injected(const struct run *r,
						 const struct hf_splice *s)
{
	const struct packet *p = r->packet;
	const struct hf_flow *f = r->flow;

	if (r->skb->mark != HF_MARK)
		return false;
	if (p->flags & TCP_SYN)
		return p->seq == f->irs;
	if (p->flags & TCP_RST)
		return !(s->state & HF_SPLICE_HEARD) ||
		       p->seq == f->dir[HF_DIR_OUT].ack_hi ||
		       p->seq == f->dir[HF_DIR_IN].seq_hi;
	return p->seq == f->irs + 1 && s->state & HF_SPLICE_LIVE &&
	       p->ack == f->iss + 1 - splice_seq_delta(s->delta);
}

/*
 * A probe of the daemon's in the client's name (keepalive) has the client's
 * numbers, but is no fact: it says nothing of the client. So is whatever else
 * has the mark.
 */
static __always_inline bool handover_is_probe(const struct run *r)
{
	if (r->skb->mark != HF_MARK)
		return false;
	r->skb->mark = 0;
	return true;
}

/* A segment of the client's, at tc ingress. */
static __always_inline int handover_ingress(const struct run *r)
{
	struct hf_splice *s = r->splice;

	if (!s)		/* another CPU is making it */
		return verdict_drop(r, HF_CNT_SPLICE_HELD);
	if (handover_is_injected(r, s)) {
		r->skb->mark = 0;	/* as if it came by the wire */
		return TC_PASS;
	}
	if (!(s->state & HF_SPLICE_LIVE))
		return handover_await(r, s);
	pkt_note_tsval(r);
	if (!handover_is_probe(r) && !splice_track(r, HF_DIR_IN))
		verdict_note(r, HF_CNT_SPLICE_UNFIT);
	return splice_translate_in(r, s) ? TC_PASS
					 : verdict_drop(r, HF_CNT_SPLICE_UNFIT);
}

/* --- the server's side ---------------------------------------------------- */

/* What the server's SYN-ACK says. */
struct handover_answer {
	struct options opt;
	bool first;		/* no other came before */
};

/*
 * Take the answer into the translation. False: it is another one, and too late.
 */
static __always_inline bool handover_agree(const struct run *r,
					   struct hf_splice *s,
					   struct handover_answer *a)
{
	const struct packet *p = r->packet;
	__u32 seq = r->flow->iss - p->seq;
	__u64 delta = (__u64)seq << 32;

	a->first = !(s->state & HF_SPLICE_LIVE);
	if (!a->first && splice_seq_delta(s->delta) == seq)
		return true;	/* repeated, by a later timestamp */
	if (s->state & HF_SPLICE_HEARD)
		return false;
	learn_mss(r, a->opt.mss);
	s->granted = s->options & learn_grants(p, &a->opt);
	s->server_wscale = s->granted & HF_OPT_WSCALE ? a->opt.wscale
						      : HF_WSCALE_NONE;
	if (s->options & HF_OPT_TS)
		delta |= (__u32)(s->tsecr - a->opt.tsval);
	__sync_lock_test_and_set(&s->delta, delta);
	__sync_fetch_and_or(&s->state, HF_SPLICE_LIVE);
	return true;
}

/* Both legs are there: tell it. The daemon repeats the window update from what
 * is noted here. */
static __always_inline void handover_opened(const struct run *r,
					    const struct hf_splice *s)
{
	struct packet *p = r->packet;
	struct hf_flow *f = r->flow;
	struct hf_flow_dir *out = &f->dir[HF_DIR_OUT];

	out->flags |= HF_DIR_SYN | HF_DIR_SEEN;
	out->window = splice_window_out(s, p->window, HF_WSCALE_NONE);
	out->tsval = p->tsval + splice_ts_delta(s->delta);
	out->last_ms = p->now_ms;
	flow_not_pending(&p->tuple, f);
	event_send_leg(p, flow_generation(f), EVENT(RCV_SYN_ACK),
		       HF_LEG_SERVER);
}

/* Give the kernel a copy of the skb as if the client had sent it. */
static __always_inline bool handover_inject(const struct run *r)
{
	__u32 mark = r->skb->mark;
	bool done;

	r->skb->mark = HF_MARK;
	done = !bpf_clone_redirect(r->skb, r->skb->ifindex, BPF_F_INGRESS);
	r->skb->mark = mark;
	return done;
}

/* The SYN-ACK, turned round, is the client's ACK. */
static __always_inline bool handover_send_ack(const struct run *r,
					      const struct hf_splice *s,
					      struct header *h)
{
	const struct packet *p = r->packet;
	bool has_ts = s->options & HF_OPT_TS;
	__u32 tsval = p->tsval;

	header_swap_ports(h);
	header_set(h, HEADER_SEQ, r->flow->irs + 1);
	header_set(h, HEADER_ACK, p->seq + 1);
	header_set_flags(h, TCP_ACK, splice_window_in(s, s->window));
	header_set_options(h, has_ts, s->tsval, tsval);
	return reframe_turn(r) && header_store(r, h) && handover_inject(r);
}

/* ... and turned back again is what opens the client's window. */
static __always_inline bool handover_send_update(const struct run *r,
						 const struct hf_splice *s,
						 struct header *h)
{
	const struct packet *p = r->packet;
	__u32 tsval = p->tsval + splice_ts_delta(s->delta);
	__u16 window = splice_window_out(s, p->window, HF_WSCALE_NONE);

	header_swap_ports(h);
	header_set(h, HEADER_SEQ, r->flow->iss + 1);
	header_set(h, HEADER_ACK, r->flow->irs + 1);
	header_set_flags(h, TCP_ACK, window);
	header_set_options(h, s->options & HF_OPT_TS, tsval, s->tsval);
	return reframe_turn(r) && header_store(r, h);
}

/* RST to the server: the client that it answers is gone, or cannot be served. */
static __always_inline int handover_reset_server(const struct run *r,
						 struct header *h,
						 enum hf_counter why)
{
	header_swap_ports(h);
	header_set(h, HEADER_SEQ, r->packet->ack);
	header_set(h, HEADER_ACK, 0);
	header_set_flags(h, TCP_RST, 0);
	header_set_options(h, false, 0, 0);
	if (reframe_turn(r) && header_store(r, h))
		handover_inject(r);
	return verdict_drop(r, why);
}

/* The connection is over before it was open, by a RST in direction `d`. */
static __always_inline void handover_over(const struct run *r,
					  enum hf_direction d)
{
	struct flow_events events = { .leg = { EVENT(RCV_RST),
					       EVENT(SND_RST) } };
	struct packet *p = r->packet;
	struct hf_flow *f = r->flow;

	if (d == HF_DIR_OUT) {
		events.leg[HF_LEG_CLIENT] = EVENT(SND_RST);
		events.leg[HF_LEG_SERVER] = EVENT(RCV_RST);
	}
	f->dir[d].flags |= HF_DIR_RST;
	flow_not_pending(&p->tuple, f);
	flow_tell(p, flow_generation(f), &events);
}

/* RST to the client, with the numbers that it expects. */
static __always_inline bool handover_reset_client(const struct run *r,
						  struct header *h)
{
	header_set(h, HEADER_SEQ, r->flow->iss + 1);
	header_set(h, HEADER_ACK, r->flow->irs + 1);
	header_set_flags(h, TCP_RST | TCP_ACK, 0);
	return header_store(r, h);
}

/*
 * Timestamps were promised in the server's name, and it refuses them: nothing
 * can translate that. Both are reset, and the next client is promised none.
 */
static __always_inline int handover_cannot(const struct run *r,
					   struct header *h)
{
	answer_refuses_ts(r);
	handover_over(r, HF_DIR_OUT);
	handover_reset_server(r, h, HF_CNT_SPLICE_NO_TS);
	header_swap_ports(h);
	return reframe_turn(r) && handover_reset_client(r, h) ? TC_PASS
							      : TC_DROP;
}

/*
 * The same SYN-ACK after two ACKs of it were injected: something on this host
 * eats them (rule 9 of the design).
 */
static __always_inline void handover_repeated(const struct run *r,
					      struct hf_splice *s)
{
	if (__sync_fetch_and_or(&s->state, HF_SPLICE_REPEATED) &
	    HF_SPLICE_REPEATED)
		brake_tell(r->packet, BRAKE_SAYS_OURS);
}

/*
 * The server's first segment behind its SYN-ACK: the handshake succeeded. A bare
 * RST there is what a kernel answers to an ACK of no connection, so the injected
 * one did not get to where the SYN did. Whether the namespace has the server's
 * socket is known now, and not any more when the connection may be over.
 */
static __always_inline void handover_heard(const struct run *r,
					   struct hf_splice *s)
{
	bool refused = (r->packet->flags & (TCP_RST | TCP_ACK)) == TCP_RST;
	__u32 heard = HF_SPLICE_HEARD;

	if (sock_is_begun(r))
		heard |= HF_SPLICE_SOCKET;
	if (!(__sync_fetch_and_or(&s->state, heard) & HF_SPLICE_HEARD))
		brake_tell(r->packet,
			   refused ? BRAKE_SAYS_BAD : BRAKE_SAYS_GOOD);
}

/* The server's SYN-ACK. */
static __always_inline int handover_syn_ack(const struct run *r,
					    struct hf_splice *s)
{
	struct packet *p = r->packet;
	struct handover_answer a;
	struct header *h;

	if (!pkt_options_tc(r, &a.opt))
		return verdict_drop(r, HF_CNT_SPLICE_UNFIT);
	h = header_load(r);
	if (!h)
		return verdict_drop(r, HF_CNT_SPLICE_UNFIT);
	p->tsval = a.opt.tsval;
	answer_comes(r);
	if (s->options & ~a.opt.seen & HF_OPT_TS)
		return handover_cannot(r, h);
	if (s->state & HF_SPLICE_ABORTED)
		handover_over(r, HF_DIR_IN);
	if (s->state & HF_SPLICE_ABORTED || !handover_agree(r, s, &a))
		return handover_reset_server(r, h, HF_CNT_SPLICE_ABORTED);
	if (a.first)
		handover_opened(r, s);
	else
		handover_repeated(r, s);
	if (!handover_send_ack(r, s, h) || !handover_send_update(r, s, h))
		return verdict_drop(r, HF_CNT_SPLICE_UNFIT);
	return verdict_pass(r, HF_CNT_SPLICE_OPENED);
}

/* The server refuses: the client sees it as from any host. */
static __always_inline int handover_refused(const struct run *r)
{
	struct header *h = header_load(r);

	if (!h)
		return verdict_drop(r, HF_CNT_SPLICE_UNFIT);
	answer_refuses(r);
	handover_over(r, HF_DIR_OUT);
	return handover_reset_client(r, h)
		       ? verdict_pass(r, HF_CNT_SPLICE_REFUSED)
		       : verdict_drop(r, HF_CNT_SPLICE_UNFIT);
}

/*
 * An ACK of something else: what is left of an older connection (TIME_WAIT, or
 * a half of one). As a client in SYN_SENT does (RFC 9293 3.10.7.3), a RST ends
 * it, and the SYN comes once more: at once the first time. One that no RST ends
 * (RFC 1337) would answer that for ever.
 */
static __always_inline int handover_stale(const struct run *r,
					  struct hf_splice *s)
{
	struct header *h = header_load(r);
	struct segment syn;

	if (!h)
		return verdict_drop(r, HF_CNT_SPLICE_UNFIT);
	handover_reset_server(r, h, HF_CNT_SPLICE_STALE);
	if (__sync_fetch_and_or(&s->state, HF_SPLICE_ASKED_AGAIN) &
	    HF_SPLICE_ASKED_AGAIN)
		return TC_DROP;
	handover_fill_syn(r, s, &syn);
	if (!reframe_as_syn(r, &syn))
		return TC_DROP;
	s->syn_ms = r->packet->now_ms ?: 1;
	r->skb->mark = HF_MARK;
	return bpf_redirect(r->skb->ifindex, BPF_F_INGRESS);
}

/* A segment of the server's before it sent a SYN-ACK. */
static __always_inline int handover_no_answer(const struct run *r,
					      struct hf_splice *s)
{
	const struct packet *p = r->packet;

	if (!s->syn_ms)		/* not an answer to anything of ours */
		return verdict_drop(r, HF_CNT_SPLICE_UNFIT);
	if (p->flags & TCP_RST)
		return p->flags & TCP_ACK && p->ack == r->flow->irs + 1
			       ? handover_refused(r)
			       : verdict_drop(r, HF_CNT_SPLICE_UNFIT);
	return handover_stale(r, s);
}

/*
 * A SYN-ACK for something else. Where the record is of a connection that is over,
 * the kernel made another one of a SYN that passed: that is not ours to translate.
 */
static __always_inline int handover_other_syn_ack(const struct run *r)
{
	struct packet *p = r->packet;
	struct hf_flow *f = r->flow;
	__u32 generation = flow_generation(f);
	__u64 life = f->life;

	if (flow_over(f) && !(life & HF_LIFE_DYING) &&
	    flow_end(&p->tuple, f, life)) {
		event_send(p, generation, EVENT(GONE));
		event_send_leg(p, generation, EVENT(GONE), HF_LEG_SERVER);
	}
	return verdict_pass(r, HF_CNT_SPLICE_UNFIT);
}

/* A segment of the server's, at tc egress. */
static __always_inline int handover_egress(const struct run *r)
{
	struct hf_splice *s = r->splice;
	struct packet *p = r->packet;

	if (!s)
		return verdict_pass(r, HF_CNT_SPLICE_UNFIT);
	if (p->flags & TCP_SYN)
		return p->flags & TCP_ACK && p->ack == r->flow->irs + 1
			       ? handover_syn_ack(r, s)
			       : handover_other_syn_ack(r);
	if (!(s->state & HF_SPLICE_LIVE))
		return handover_no_answer(r, s);
	if (!(s->state & HF_SPLICE_HEARD))
		handover_heard(r, s);
	if (!splice_translate_out(r, s))
		return verdict_drop(r, HF_CNT_SPLICE_UNFIT);
	return verdict_pass(r, splice_track(r, HF_DIR_OUT)
				       ? HF_CNT_FLOW_OUT
				       : HF_CNT_FLOW_OUT_UNFIT);
}

/* --- made with the record ------------------------------------------------- */

/*
 * What the translation will need of the third ACK. The record is there first: a
 * segment that meets it on another CPU meanwhile is held. False: no memory.
 */
static __always_inline bool handover_prepare(const struct run *r,
					     const struct hf_flow *f)
{
	const struct options *o = &r->reply->offer;
	struct hf_splice *s = MAP_AT(splice_scratch, 0);
	struct packet *p = r->packet;
	struct frame fr = frame_of(r);
	struct ethhdr *eth = fr.data;

	if (!s || (void *)(eth + 1) > fr.data_end)
		return false;
	__builtin_memset(s, 0, sizeof(*s));
	s->tsval = o->tsval;
	s->tsecr = cookie_tsval(&r->reply->cookie);
	s->ifindex = r->xdp->ingress_ifindex;
	s->generation = flow_generation(f);
	s->irs = f->irs;
	s->iss = f->iss;
	s->window = p->window;
	s->mss = f->mss;
	s->client_wscale = f->snd_wscale;
	s->our_wscale = f->rcv_wscale;
	s->server_wscale = HF_WSCALE_NONE;
	s->options = f->options;
	__builtin_memcpy(s->client_mac, eth->h_source, 6);
	__builtin_memcpy(s->server_mac, eth->h_dest, 6);
	return !bpf_map_update_elem(&splice_v1, &p->tuple, s, BPF_ANY);
}

#endif
