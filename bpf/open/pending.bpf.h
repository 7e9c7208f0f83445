/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What becomes of a handshake that is handed to a socket of this host? The record is
 * made at XDP, before the kernel has seen the segment, and a client can make it drop
 * that. So each is looked up again HF_BRAKE_WAIT_MS later, in the order of their
 * making, unless the server's first segment told before:
 *
 *   - a connection: it is good, and the record is not PENDING any more;
 *   - a listener alone, whose accept queue has room: it is bad, which the brake is
 *     told. The record stays for the client's next segment, and the daemon asks
 *     about it, unless too many are PENDING: then the daemon is told to end it now,
 *     so that what never became a connection leaves the room to others;
 *   - silence alone proves nothing: a client may wait for the server to speak, and
 *     the server for the client. Nobody listens, the client ended it, its segment
 *     had IP options or met a full accept queue: that says nothing either.
 *
 * Each CPU has a ring of those that it admitted. Where it is full the oldest is
 * looked up at once: however many come, no more are waiting. Looks are made when the
 * next one is admitted, or a SYN comes. What is left is the daemon's, after 2 s.
 */
#ifndef HANDFAST_PENDING_BPF_H
#define HANDFAST_PENDING_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "flow/flow.bpf.h"
#include "open/brake.bpf.h"
#include "state/clock.bpf.h"
#include "state/event.bpf.h"
#include "state/maps.bpf.h"
#include "state/run.bpf.h"
#include "state/sock.bpf.h"
#include "wire/packet.bpf.h"

#define PENDING_RING	2048	/* admitted and not looked up yet, a CPU */
#define PENDING_LOOKS	8	/* at a time: more than come */

struct pending_entry {
	struct hf_tuple tuple;
	__u32 generation;	/* of the record, high half of its life */
	__u32 at_ms;		/* when it was admitted */
	__u16 service;
	bool odd;		/* struct packet */
};

struct pending_ends {
	__u32 head, tail;	/* how many were noted, and looked up */
	__u32 oldest_ms;	/* at_ms of the latter end */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PENDING_RING);
	__type(key, __u32);
	__type(value, struct pending_entry);
} pending_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pending_ends);
} pending_ends SEC(".maps");

/* In its name events are sent of what is looked up. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct packet);
} pending_packet SEC(".maps");

/*
 * What the segment met at tc is kept in the record, where a FIN of the server would
 * be: when it was given to a listener, or that the accept queue was full.
 */
static __always_inline void pending_meets(struct hf_flow *f, __u32 what)
{
	f->dir[HF_DIR_OUT].fin_last_ms = what;
}

static __always_inline __u32 pending_met(const struct hf_flow *f)
{
	return f->dir[HF_DIR_OUT].fin_last_ms;
}

/* What the kernel has for the tuple. */
static __always_inline enum brake_outcome pending_ask(const struct run *r,
						      const struct hf_tuple *t)
{
	enum brake_outcome outcome = BRAKE_SAYS_GOOD;
	struct tcp_sock *tp;
	struct bpf_sock *skc = sock_find_tuple(r, t);

	if (!skc)
		return BRAKE_SAYS_NOTHING;	/* nobody listens any more */
	if (skc->state == SOCK_LISTEN) {
		tp = bpf_skc_to_tcp_sock(skc);
		outcome = tp && !sock_queue_full(tp) ? brake_blame(r)
						     : BRAKE_SAYS_NOTHING;
	}
	bpf_sk_release(skc);
	return outcome;
}

/* Of a record that is still PENDING: what became of its handshake? */
static __always_inline enum brake_outcome
pending_judge(const struct run *r, struct hf_flow *f, const struct hf_tuple *t)
{
	enum brake_outcome outcome;

	if (f->dir[HF_DIR_OUT].flags & HF_DIR_SEEN)
		return BRAKE_SAYS_GOOD;
	if (f->dir[HF_DIR_IN].flags & (HF_DIR_RST | HF_DIR_FIN) ||
	    pending_met(f) == HF_FLOW_MET_FULL)
		return BRAKE_SAYS_NOTHING;
	outcome = pending_ask(r, t);
	if (outcome == BRAKE_SAYS_GOOD)
		flow_not_pending(t, f);
	return outcome;
}

static __always_inline bool is_bad(enum brake_outcome outcome)
{
	return outcome == BRAKE_SAYS_BAD || outcome == BRAKE_SAYS_OURS;
}

/* The packet stands for the one that is looked up. */
static __always_inline void pending_look(const struct run *r,
					 const struct pending_entry *e)
{
	struct packet *p = r->packet;
	struct hf_flow *f = flow_find(&p->tuple);
	enum brake_outcome outcome;

	if (!f || flow_generation(f) != e->generation ||
	    !(f->life & HF_LIFE_PENDING))
		return;
	outcome = pending_judge(r, f, &p->tuple);
	if (is_bad(outcome) && phase.pending > control.pending_few)
		event_send(p, e->generation, EVENT(GONE));
	if (!e->odd)
		brake_tell(p, outcome);
}

/* Look at those that are old enough, or at one at least. Global: checked once. */
__noinline int pending_review(struct xdp_md *ctx, __u32 now_ms, bool now)
{
	struct run r = {
		.xdp = ctx,
		.packet = MAP_AT(pending_packet, 0),
	};
	struct pending_ends *ends = MAP_AT(pending_ends, 0);
	struct pending_entry *e;

	if (!r.packet || !ends)
		return 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < PENDING_LOOKS && ends->tail != ends->head; i++) {
		e = MAP_AT(pending_ring, ends->tail % PENDING_RING);
		if (!e)
			break;
		ends->oldest_ms = e->at_ms;
		if (!now && clock_age(now_ms, e->at_ms) < HF_BRAKE_WAIT_MS)
			break;
		now = false;
		r.packet->tuple = e->tuple;
		r.packet->service = e->service;
		r.packet->ip6 = !tuple_is_ip4(&e->tuple);
		r.packet->now_ms = now_ms;
		pending_look(&r, e);
		ends->tail++;
	}
	return 0;
}

/* A SYN came: is it time to look? */
static __always_inline bool pending_is_due(__u32 now_ms)
{
	const struct pending_ends *ends = MAP_AT(pending_ends, 0);

	return ends && ends->tail != ends->head &&
	       clock_age(now_ms, ends->oldest_ms) >= HF_BRAKE_WAIT_MS;
}

/* A handshake was admitted. */
static __always_inline void pending_note(struct xdp_md *ctx,
					 const struct packet *p,
					 __u32 generation)
{
	struct pending_ends *ends = MAP_AT(pending_ends, 0);
	struct pending_entry *e;

	if (!ends)
		return;
	pending_review(ctx, p->now_ms, ends->head - ends->tail >= PENDING_RING);
	e = MAP_AT(pending_ring, ends->head % PENDING_RING);
	if (!e)
		return;
	e->tuple = p->tuple;
	e->generation = generation;
	e->at_ms = p->now_ms;
	e->service = p->service;
	e->odd = p->odd;
	if (ends->head++ == ends->tail)
		ends->oldest_ms = p->now_ms;
}

#endif
