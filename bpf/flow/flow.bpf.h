/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Flow records: found, made, kept up to date, ended. What a segment adds to one
 * is in facts.bpf.h.
 *
 * A record is made when a cookie validated, or when an acknowledgment fits a
 * socket that the kernel already has. From then on each direction's facts are
 * written by the program that sees that direction, plainly (a flow's segments
 * of one direction arrive on one CPU; where they do not, a lost count harms
 * nobody). `life` alone has several writers and changes by compare-and-swap.
 *
 * Ending: the daemon marks a record DYING and deletes it at least 100 ms later (its
 * place in `closed` is taken first): a deleted element of the hash is reused at
 * once, and a program that still holds a pointer would write into another
 * connection's record. A new handshake on the tuple does not wait for that: it
 * replaces the whole value of a record that is over.
 */
#ifndef HANDFAST_FLOW_BPF_H
#define HANDFAST_FLOW_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "flow/facts.bpf.h"
#include "state/count.bpf.h"
#include "state/event.bpf.h"
#include "state/maps.bpf.h"
#include "state/prefix.bpf.h"
#include "state/presence.bpf.h"
#include "state/run.bpf.h"
#include "wire/packet.bpf.h"

#define EEXIST	17	/* asm-generic/errno-base.h */

static __always_inline struct hf_flow *flow_find(const struct hf_tuple *t)
{
	if (!presence_may(t, PRESENCE_FLOW))
		return NULL;
	return bpf_map_lookup_elem(&flows, t);
}

/* The packet's record; the filter was asked when it came. */
static __always_inline struct hf_flow *flow_of(const struct packet *p)
{
	return p->no_flow ? NULL : bpf_map_lookup_elem(&flows, &p->tuple);
}

/* Must tc see what its client sends: is it pending, or translated? */
static __always_inline bool flow_needs_tc(const struct hf_flow *f, __u64 life)
{
	return !(life & HF_LIFE_DYING) &&
	       (life & HF_LIFE_PENDING || flow_is_spliced(f));
}

/* The same as flow_find(), for such a record. */
static __always_inline struct hf_flow *flow_find_tc(const struct hf_tuple *t)
{
	struct hf_flow *f;

	if (!presence_may(t, PRESENCE_TC))
		return NULL;
	f = bpf_map_lookup_elem(&flows, t);
	return f && flow_needs_tc(f, f->life) ? f : NULL;
}

/* Ended otherwise than by two FINs. */
static __always_inline bool flow_is_broken(const struct hf_flow *f)
{
	return f->life & HF_LIFE_DYING ||
	       (f->dir[HF_DIR_IN].flags | f->dir[HF_DIR_OUT].flags) &
		       HF_DIR_RST;
}

/*
 * Is the tuple free again? After RST, or when the client closed first and its
 * last ACK came (LAST_ACK -> CLOSED). When the server closed first its socket
 * is in TIME_WAIT, and the kernel decides about a new SYN (RFC 6191): the
 * client's own, or the one that it is given of a spliced connection.
 */
static __always_inline bool flow_over(const struct hf_flow *f)
{
	const struct hf_flow_dir *in = &f->dir[HF_DIR_IN];
	const struct hf_flow_dir *out = &f->dir[HF_DIR_OUT];

	if (flow_is_broken(f))
		return true;
	if (!flow_closed_both(f))
		return false;
	return flow_is_spliced(f) ||
	       (__s32)(flow_fin_ack(out) - flow_fin_seq(in)) > 0;
}

/* Whose `life` was this is neither PENDING nor translated any more. */
static __always_inline void flow_left(const struct hf_tuple *t,
				      const struct hf_flow *f, __u64 life)
{
	if (life & HF_LIFE_PENDING)
		prefix_add_pending(t, -1);
	if (flow_needs_tc(f, life))
		presence_remove(t, PRESENCE_TC);
}

/* Clear PENDING once; the caller saw the server's side, or gave it up. */
static __always_inline bool flow_not_pending(const struct hf_tuple *t,
					     struct hf_flow *f)
{
	__u64 life = f->life;

	if (!(life & HF_LIFE_PENDING) ||
	    __sync_val_compare_and_swap(&f->life, life,
					life & ~(__u64)HF_LIFE_PENDING) != life)
		return false;
	prefix_add_pending(t, -1);
	if (!flow_is_spliced(f))
		presence_remove(t, PRESENCE_TC);
	return true;
}

/* It is over, and counted as closed, if its `life` still is this. */
static __always_inline bool flow_end(const struct hf_tuple *t,
				     struct hf_flow *f, __u64 life)
{
	if (__sync_val_compare_and_swap(&f->life, life,
					(life | HF_LIFE_DYING) &
						~(__u64)HF_LIFE_PENDING) !=
	    life)
		return false;
	flow_left(t, f, life);
	count_atomic(f->service, HF_CNT_FLOW_CLOSED);
	return true;
}

static __always_inline __u64 flow_new_life(__u32 flags)
{
	return (__u64)bpf_get_prandom_u32() << 32 | flags;
}

/*
 * Become the one who replaces or deletes a record: one compare-and-swap, which
 * also ends it. False: somebody else is about to.
 */
static __always_inline bool flow_claim(const struct hf_tuple *t,
				       struct hf_flow *f)
{
	__u64 life = f->life, taken;

	if (life & HF_LIFE_CLAIMED)
		return false;
	taken = (life | HF_LIFE_DYING | HF_LIFE_CLAIMED) &
		~(__u64)HF_LIFE_PENDING;
	if (__sync_val_compare_and_swap(&f->life, life, taken) != life)
		return false;
	flow_left(t, f, life);
	if (!(life & HF_LIFE_DYING))
		count_atomic(f->service, HF_CNT_FLOW_CLOSED);
	return true;
}

/*
 * Put a new record in place of `old` (a record that is over) or of nothing.
 * Returns 0, -EEXIST when another CPU was first, or -E2BIG without room. The
 * caller counts it.
 */
static __always_inline long flow_put(const struct hf_tuple *t,
				     struct hf_flow *f, struct hf_flow *old)
{
	bool needs_tc = flow_needs_tc(f, f->life);
	long err;

	if (old && !flow_claim(t, old))
		return -EEXIST;
	/* Before the record: neither number nor filters deny one that exists. */
	if (!old)
		presence_order(__sync_fetch_and_add(&phase.flows, 1));
	presence_add(t, PRESENCE_FLOW);
	if (needs_tc)
		presence_add(t, PRESENCE_TC);
	if (f->life & HF_LIFE_PENDING)
		prefix_add_pending(t, 1);
	err = bpf_map_update_elem(&flows, t, f, old ? BPF_EXIST : BPF_NOEXIST);
	if (err) {
		presence_remove(t, PRESENCE_FLOW);
		flow_left(t, f, f->life);
		if (old)
			__sync_fetch_and_and(&old->life,
					     ~(__u64)HF_LIFE_CLAIMED);
		else
			__sync_fetch_and_add(&phase.flows, -1);
		return err;
	}
	if (old)
		presence_remove(t, PRESENCE_FLOW);
	return 0;
}

/* The packet's new record in place of r->flow, counted: no softirq comes
 * between. */
static __always_inline long flow_insert(const struct run *r, struct hf_flow *f)
{
	long err = flow_put(&r->packet->tuple, f, r->flow);

	if (!err)
		count(f->service, HF_CNT_FLOW_CREATED);
	return err;
}

/*
 * Is the client's segment the record's? A record in TIME_WAIT does not stand in
 * the way of the connection that the kernel opens on its tuple (RFC 6191): what
 * does not fit belongs to that one.
 */
static __always_inline bool flow_owns(const struct hf_flow *f,
				      const struct packet *p)
{
	if (flow_is_broken(f))
		return false;
	if (!flow_closed_both(f))
		return true;
	return (flow_is_spliced(f) || !flow_over(f)) &&
	       flow_fits(f, p, HF_DIR_IN);
}

/*
 * Has the tuple perhaps another connection already, whose third ACK this is? Of
 * a splice both of whose FINs are acknowledged: its SYN was answered (flow_over),
 * and the client's next numbers may well lie in the old window.
 */
static __always_inline bool flow_may_be_reused(const struct hf_flow *f)
{
	return flow_is_spliced(f) && flow_closed_both(f);
}

/* A SYN is a record's only while an active open waits for the other side's. */
static __always_inline bool flow_wants(const struct hf_flow *f,
				       const struct packet *p)
{
	return !(p->flags & TCP_SYN) ||
	       (f->dir[HF_DIR_OUT].flags & HF_DIR_ACTIVE &&
		(p->flags & TCP_ACK ||
		 !(f->dir[HF_DIR_IN].flags & HF_DIR_SYN)));
}

/* Tell the daemon what a segment means for each leg. */
static __always_inline void flow_tell(struct packet *p, __u32 generation,
				      const struct flow_events *events)
{
	if (events->leg[HF_LEG_CLIENT])
		event_send(p, generation, events->leg[HF_LEG_CLIENT]);
	if (events->leg[HF_LEG_SERVER])
		event_send_leg(p, generation, events->leg[HF_LEG_SERVER],
			       HF_LEG_SERVER);
}

/* Take the segment's facts into r->flow, and tell the daemon what they change.
 * The packet has the record's service. False: it does not fit. */
static __always_inline bool flow_track(const struct run *r, enum hf_direction d)
{
	struct flow_events events;
	struct hf_flow *f = r->flow;

	if (!flow_add_facts(f, r->packet, d, &events))
		return false;
	flow_tell(r->packet, flow_generation(f), &events);
	return true;
}

#endif
