/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The brake: a validated handshake must turn into a socket (rule 9 of the
 * design). Where it does not, whatever stands in the way (a firewall that never
 * saw the SYN, a sysctl, a kernel that no check foresaw), the service passes its
 * SYNs by itself and the kernel does the handshakes. Decided here, so that it
 * works with the daemon dead.
 *
 *   - The server's first segment makes a handshake good. Up to
 *     HF_BRAKE_SAMPLES of each service are watched at a time: without that
 *     segment the kernel is asked HF_BRAKE_WAIT_MS later what became of it. A
 *     connection is good; a listener alone, whose accept queue has room, is bad.
 *     (Silence alone proves nothing: a client may wait for the server to speak,
 *     and the server for the client.) So is a bare RST, and what the kernel
 *     refuses (kfunc) or nobody listens for.
 *   - Of a spliced handshake (open/handover.bpf.h) the server's segments tell: its
 *     first one behind the SYN-ACK is good; a third SYN-ACK, after two ACKs were
 *     injected, is bad, and so is a bare RST in answer to one. No SYN-ACK is
 *     neither: a ban, a full queue and a dead server look like that.
 *   - What a client can bring about says nothing: its RST or FIN, IP options, an
 *     accept queue that was full when its ACK came.
 *   - Four bad ones without a good one between them, or 8 of the last 16, trip
 *     the brake: SYNs pass, and a RST of the kernel for a record that is pending
 *     still is not held back any more. A client whose segments a firewall drops
 *     may knock as often as it likes: where somebody succeeded within
 *     BRAKE_ALIVE_MS, a client among the last HF_BRAKE_CLIENTS bad ones (by /24
 *     or /64) does not count again.
 *   - After 10 s, 20 s, ... 10 min (under flood after 10 s) it tries: one SYN a
 *     tenth of a second is answered, under flood all of them. Four good ones end
 *     it; two bad ones without a good one between them trip it again.
 *   - While it is on, and for BRAKE_OLD_MS after it, the kernel has half-open
 *     sockets and cookies of its own: each SYN asks for them, and no ACK is
 *     dropped.
 *
 * Looks are made when a SYN of the service comes: without one there is nothing
 * to decide. Samples are taken and left by compare-and-swap, outcomes are
 * written plainly: a lost one costs one handshake more.
 */
#ifndef HANDFAST_BRAKE_BPF_H
#define HANDFAST_BRAKE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "handfast/brake.h"
#include "flow/flow.bpf.h"
#include "state/clock.bpf.h"
#include "state/count.bpf.h"
#include "state/maps.bpf.h"
#include "state/phase.bpf.h"
#include "state/run.bpf.h"
#include "state/sock.bpf.h"
#include "wire/packet.bpf.h"
#include "wire/tuple.bpf.h"

#define BRAKE_LOOK_MS		50	/* pause between two looks */
#define BRAKE_OF_LAST		0xffffU	/* 16 handshakes ... */
#define BRAKE_BAD		8	/* ... of which so many were bad */
#define BRAKE_ROW		0xfU	/* or four in a row */
#define BRAKE_TRY_MS		100	/* between two SYNs while trying */
#define BRAKE_TRY_GOOD		4
#define BRAKE_TRY_BAD		2
#define BRAKE_SAMPLE_BUSY	1U	/* at_ms: being filled in */
#define BRAKE_ALIVE_MS		1000	/* after a success: it works for others */
#define BRAKE_OLD_MS		120000	/* as OLD_SOCKETS_MS of the daemon */

/* Is the service left to the kernel? */
static __always_inline bool brake_is_on(__u32 service)
{
	struct hf_brake *b = MAP_AT(brake, service);

	return b && b->state != HF_BRAKE_OFF;
}

/* ... or was lately, so that the kernel may have begun handshakes itself. */
static __always_inline bool brake_was_on(const struct hf_brake *b, __u32 now_ms)
{
	return b->state != HF_BRAKE_OFF ||
	       (b->since_ms && clock_age(now_ms, b->since_ms) < BRAKE_OLD_MS);
}

static __always_inline void brake_enter(struct hf_brake *b,
					enum hf_brake_state state, __u32 now_ms)
{
	b->failed = 0;
	b->good = b->bad = 0;
	b->since_ms = now_ms ?: 1;	/* 0: never */
	b->state = state;
}

static __always_inline void brake_trip(struct hf_brake *b, __u32 service,
				       __u32 now_ms)
{
	__u32 pause_ms = HF_BRAKE_RETRY_MAX_MS;

	if (b->pauses < 6)	/* 10 << 6 s is more than 10 min */
		pause_ms = HF_BRAKE_RETRY_MS << b->pauses;
	b->pauses++;
	b->retry_ms = now_ms + pause_ms;
	brake_enter(b, HF_BRAKE_TRIPPED, now_ms);
	count(service, HF_CNT_BRAKE_TRIPPED);
}

static __always_inline void brake_note_good(struct hf_brake *b, __u32 now_ms)
{
	b->good_ms = now_ms ?: 1;
	if (!b->failed && b->state == HF_BRAKE_OFF)
		return;		/* as nearly always */
	b->failed <<= 1;
	b->bad = 0;
	if (b->state == HF_BRAKE_TRYING && ++b->good >= BRAKE_TRY_GOOD) {
		b->pauses = 0;
		brake_enter(b, HF_BRAKE_OFF, now_ms);
	}
}

/* The client by its /24 or /64, never 0. */
static __always_inline __u32 brake_client(const struct hf_tuple *t)
{
	__u32 high = t->client[0] ^ t->client[1];

	if (tuple_is_ip4(t))
		high = t->client[3] & bpf_htonl(0xffffff00);
	return high ?: 1;
}

/* Does one more bad one of this client say more? It is remembered. */
static __always_inline bool brake_counts(struct hf_brake *b,
					 const struct hf_tuple *t, __u32 now_ms)
{
	__u32 client = brake_client(t);
	bool known = false;

	for (int i = 0; i < HF_BRAKE_CLIENTS; i++)
		known |= b->bad_client[i] == client;
	if (!known) {
		for (int i = HF_BRAKE_CLIENTS - 1; i > 0; i--)
			b->bad_client[i] = b->bad_client[i - 1];
		b->bad_client[0] = client;
	}
	return !known || !b->good_ms ||
	       clock_age(now_ms, b->good_ms) >= BRAKE_ALIVE_MS;
}

static __always_inline bool brake_is_enough(const struct hf_brake *b)
{
	if (b->state == HF_BRAKE_TRYING)
		return b->bad >= BRAKE_TRY_BAD;
	return b->state == HF_BRAKE_OFF &&
	       ((b->failed & BRAKE_ROW) == BRAKE_ROW ||
		__builtin_popcount(b->failed & BRAKE_OF_LAST) >= BRAKE_BAD);
}

static __always_inline void brake_note_bad(struct hf_brake *b, __u32 service,
					   const struct hf_tuple *t,
					   __u32 now_ms)
{
	count(service, HF_CNT_ADMIT_FAILED);
	if (!brake_counts(b, t, now_ms))
		return;
	b->failed = b->failed << 1 | 1;
	b->bad++;
	if (brake_is_enough(b))
		brake_trip(b, service, now_ms);
}

/* The kernel refused the handoff of this one, or there is nobody for it. */
static __always_inline void brake_refused(struct packet *p)
{
	struct hf_brake *b = MAP_AT(brake, p->service);

	if (b)
		brake_note_bad(b, p->service, &p->tuple, p->now_ms);
}

/* A handshake was admitted: watch it, if a place is free. Global: once. */
__noinline int brake_watch(struct packet *p, __u32 generation)
{
	struct hf_brake_sample *s;
	struct hf_brake *b;

	if (!p || p->odd)
		return 0;
	b = MAP_AT(brake, p->service);
	if (!b)
		return 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < HF_BRAKE_SAMPLES; i++) {
		s = &b->sample[i];
		if (s->at_ms || __sync_val_compare_and_swap(&s->at_ms, 0,
							    BRAKE_SAMPLE_BUSY))
			continue;
		s->tuple = p->tuple;
		s->generation = generation;
		s->at_ms = p->now_ms <= BRAKE_SAMPLE_BUSY
				   ? BRAKE_SAMPLE_BUSY + 1
				   : p->now_ms;
		b->watched = 1;
		return 0;
	}
	return 0;
}

enum brake_outcome {
	BRAKE_SAYS_NOTHING,
	BRAKE_SAYS_GOOD,
	BRAKE_SAYS_BAD,
};

/* One handshake is decided: by `outcome`, and if it is watched no more. */
__noinline int brake_settle(struct packet *p, __u32 generation, __u32 outcome)
{
	struct hf_brake_sample *s;
	struct hf_brake *b;
	__u32 at_ms;

	if (!p)
		return 0;
	b = MAP_AT(brake, p->service);
	if (!b)
		return 0;
#pragma clang loop unroll(disable)
	for (int i = 0; b->watched && i < HF_BRAKE_SAMPLES; i++) {
		s = &b->sample[i];
		at_ms = s->at_ms;
		if (at_ms > BRAKE_SAMPLE_BUSY && s->generation == generation)
			__sync_val_compare_and_swap(&s->at_ms, at_ms, 0);
	}
	if (outcome == BRAKE_SAYS_GOOD)
		brake_note_good(b, p->now_ms);
	else if (outcome == BRAKE_SAYS_BAD)
		brake_note_bad(b, p->service, &p->tuple, p->now_ms);
	return 0;
}

/* What the kernel has for the tuple. */
static __always_inline enum brake_outcome brake_ask(const struct run *r,
						    const struct hf_tuple *t)
{
	enum brake_outcome outcome = BRAKE_SAYS_GOOD;
	struct tcp_sock *tp;
	struct bpf_sock *skc = sock_find_tuple(r, t);

	if (!skc)
		return BRAKE_SAYS_NOTHING;	/* nobody listens any more */
	if (skc->state == SOCK_LISTEN) {
		tp = bpf_skc_to_tcp_sock(skc);
		outcome = tp && !sock_queue_full(tp) ? BRAKE_SAYS_BAD
						     : BRAKE_SAYS_NOTHING;
	}
	bpf_sk_release(skc);
	return outcome;
}

/* What became of a watched handshake? */
static __always_inline enum brake_outcome
brake_judge(const struct run *r, const struct hf_brake_sample *s)
{
	struct hf_flow *f = flow_find(r->control, &s->tuple);

	if (!f || flow_generation(f) != s->generation)
		return BRAKE_SAYS_NOTHING;
	if (f->dir[HF_DIR_OUT].flags & HF_DIR_SEEN)
		return BRAKE_SAYS_GOOD;
	if (f->dir[HF_DIR_IN].flags & (HF_DIR_RST | HF_DIR_FIN) ||
	    !(f->life & HF_LIFE_PENDING))
		return BRAKE_SAYS_NOTHING;
	return brake_ask(r, &s->tuple);
}

/* Look at the samples that are old enough. Global: checked once. */
__noinline int brake_review(struct xdp_md *ctx, struct packet *p)
{
	struct run r = {
		.xdp = ctx,
		.packet = p,
		.control = MAP_AT(control, 0),
	};
	enum brake_outcome outcome;
	struct hf_brake_sample *s;
	struct hf_brake *b;
	__u32 at_ms, left = 0;

	if (!r.control || !p)
		return 0;
	b = MAP_AT(brake, p->service);
	if (!b)
		return 0;
	b->checked_ms = p->now_ms;
#pragma clang loop unroll(disable)
	for (int i = 0; i < HF_BRAKE_SAMPLES; i++) {
		s = &b->sample[i];
		at_ms = s->at_ms;
		if (at_ms <= BRAKE_SAMPLE_BUSY ||
		    clock_age(p->now_ms, at_ms) < HF_BRAKE_WAIT_MS) {
			left |= at_ms;
			continue;
		}
		outcome = brake_judge(&r, s);
		if (__sync_val_compare_and_swap(&s->at_ms, at_ms, 0) != at_ms)
			continue;
		if (outcome == BRAKE_SAYS_GOOD)
			brake_note_good(b, p->now_ms);
		else if (outcome == BRAKE_SAYS_BAD)
			brake_note_bad(b, p->service, &s->tuple, p->now_ms);
	}
	b->watched = !!left;
	return 0;
}

/* While trying: may this SYN be answered? */
static __always_inline bool brake_tries(struct hf_brake *b, struct hf_phase *ph,
					__u32 now_ms)
{
	if (phase_flood(ph, now_ms, 0))
		return true;
	if (clock_age(now_ms, b->tried_ms) < BRAKE_TRY_MS)
		return false;
	b->tried_ms = now_ms;
	return true;
}

/* A SYN came: is it time to look? */
static __always_inline bool brake_review_is_due(const struct hf_brake *b,
						__u32 now_ms)
{
	return b->watched && clock_age(now_ms, b->checked_ms) >= BRAKE_LOOK_MS;
}

/* Must the service's SYN pass? */
static __always_inline bool brake_stops(const struct run *r, struct hf_brake *b)
{
	__u32 pause_ms, now_ms = r->packet->now_ms;

	if (b->state == HF_BRAKE_OFF)
		return false;
	if (b->state == HF_BRAKE_TRIPPED) {
		pause_ms = b->retry_ms - b->since_ms;
		if (pause_ms > HF_BRAKE_RETRY_MS &&
		    phase_flood(r->phase, now_ms, 0))
			pause_ms = HF_BRAKE_RETRY_MS;
		if (clock_age(now_ms, b->since_ms) < pause_ms)
			return true;
		b->tried_ms = now_ms - BRAKE_TRY_MS;
		brake_enter(b, HF_BRAKE_TRYING, now_ms);
	}
	return !brake_tries(b, r->phase, now_ms);
}

#endif
