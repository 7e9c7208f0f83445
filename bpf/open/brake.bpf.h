/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The brake: a validated handshake must turn into a socket (rule 9 of the
 * design). Where it does not, whatever stands in the way (a firewall that never
 * saw the SYN, a sysctl, a kernel that no check foresaw), the service passes its
 * SYNs by itself and the kernel does the handshakes. Decided here, so that it
 * works with the daemon dead.
 *
 *   - The server's first segment makes a handshake good. Without it the kernel is
 *     asked what became of it: open/pending.bpf.h. A bare RST is bad, and what the
 *     kernel refuses (kfunc).
 *   - Of a spliced handshake (open/handover.bpf.h) the server's segments tell: its
 *     first one behind the SYN-ACK is good; a third SYN-ACK, after two ACKs were
 *     injected, is bad, and so is a bare RST in answer to one. No SYN-ACK is
 *     neither: a ban, a full queue and a dead server look like that.
 *   - What a client can bring about says nothing: its RST or FIN, IP options, an
 *     accept queue that was full when its ACK came. But it may send what only the
 *     kernel reads (a RST in fragments, a checksum that is not one), so one network
 *     (/24, /48) that fails says little: it counts once. What no client can bring
 *     about counts each time, twice as much: the kernel refuses, a server repeats
 *     its SYN-ACK, and silence where hooks are known to stand in the way.
 *   - Who succeeds shows that the handoff works: for BRAKE_ALIVE_MS nothing counts.
 *     Otherwise BRAKE_ENOUGH within BRAKE_WINDOW_MS (four that no client brings
 *     about, or eight networks) trip the brake: SYNs pass, and a RST of the kernel
 *     for a record that is pending still is not held back any more. Whom a firewall
 *     drops may knock as often as he likes beside others.
 *   - After 10 s, 20 s, ... 10 min it tries: one SYN a tenth of a second is
 *     answered. Four good ones end it; half of what trips it trips it again.
 *   - Under flood it is never a full stop: one SYN in two is answered, and of the
 *     others as many pass as odd ones may.
 *   - While it is on, and for BRAKE_OLD_MS after it, the kernel has half-open
 *     sockets of its own: each SYN asks for them.
 *
 * Outcomes are written plainly: a lost one costs one handshake.
 */
#ifndef HANDFAST_BRAKE_BPF_H
#define HANDFAST_BRAKE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "handfast/brake.h"
#include "flow/flow.bpf.h"
#include "state/clock.bpf.h"
#include "state/config.bpf.h"
#include "state/count.bpf.h"
#include "state/maps.bpf.h"
#include "state/netns.bpf.h"
#include "state/phase.bpf.h"
#include "state/run.bpf.h"
#include "state/sock.bpf.h"
#include "wire/packet.bpf.h"
#include "wire/tuple.bpf.h"

#define BRAKE_ENOUGH		8	/* together they trip the brake ... */
#define BRAKE_WINDOW_MS		2000	/* ... within this */
#define BRAKE_TRY_MS		100	/* between two SYNs while trying */
#define BRAKE_TRY_GOOD		4
#define BRAKE_TRY_ENOUGH	(BRAKE_ENOUGH / 2)
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
	b->good = b->bad = b->bad_ms = 0;
	b->since_ms = now_ms ?: 1;	/* 0: never */
	b->state = state;
}

static __always_inline void brake_trip(struct hf_brake *b,
				       const struct packet *p)
{
	__u32 pause_ms = HF_BRAKE_RETRY_MAX_MS;

	if (b->pauses < 6)	/* 10 << 6 s is more than 10 min */
		pause_ms = HF_BRAKE_RETRY_MS << b->pauses;
	b->pauses++;
	b->retry_ms = p->now_ms + pause_ms;
	brake_enter(b, HF_BRAKE_TRIPPED, p->now_ms);
	count(p->service, HF_CNT_BRAKE_TRIPPED);
}

static __always_inline void brake_note_good(struct hf_brake *b, __u32 now_ms)
{
	b->good_ms = now_ms ?: 1;
	if (b->bad_ms)
		b->bad = b->bad_ms = 0;
	if (b->state == HF_BRAKE_TRYING && ++b->good >= BRAKE_TRY_GOOD) {
		b->pauses = 0;
		brake_enter(b, HF_BRAKE_OFF, now_ms);
	}
}

/* The client's network, by its /24 or /48, never 0. */
static __always_inline __u32 brake_client(const struct hf_tuple *t)
{
	__u32 network = t->client[0] ^
			(t->client[1] & bpf_htonl(0xffff0000)) * 31;

	if (tuple_is_ip4(t))
		network = t->client[3] & bpf_htonl(0xffffff00);
	return network ?: 1;
}

/* The first bad one for a while: what was before it is forgotten. */
static __always_inline void brake_begin_window(struct hf_brake *b, __u32 now_ms)
{
	b->bad = 0;
	b->bad_ms = now_ms ?: 1;
	__builtin_memset(b->bad_client, 0, sizeof(b->bad_client));
}

/* Is it one of those that failed already? Else it is from now on. */
static __always_inline bool brake_is_known(struct hf_brake *b,
					   const struct hf_tuple *t)
{
	__u32 client = brake_client(t);

	for (int i = 0; i < HF_BRAKE_CLIENTS; i++) {
		if (b->bad_client[i] == client)
			return true;
		if (!b->bad_client[i]) {
			b->bad_client[i] = client;
			return false;
		}
	}
	return false;
}

static __always_inline bool brake_is_enough(const struct hf_brake *b)
{
	if (b->state == HF_BRAKE_TRYING)
		return b->bad >= BRAKE_TRY_ENOUGH;
	return b->state == HF_BRAKE_OFF && b->bad >= BRAKE_ENOUGH;
}

/* What became of a handshake. A bad one weighs so much. */
enum brake_outcome {
	BRAKE_SAYS_NOTHING,
	BRAKE_SAYS_BAD = 1,	/* a client may have brought it about ... */
	BRAKE_SAYS_OURS = 2,	/* ... or none can */
	BRAKE_SAYS_GOOD,
};

static __always_inline void brake_note_bad(struct hf_brake *b,
					   const struct packet *p,
					   enum brake_outcome weight)
{
	count(p->service, HF_CNT_ADMIT_FAILED);
	if (b->good_ms && clock_age(p->now_ms, b->good_ms) < BRAKE_ALIVE_MS)
		return;
	if (!b->bad_ms || clock_age(p->now_ms, b->bad_ms) >= BRAKE_WINDOW_MS)
		brake_begin_window(b, p->now_ms);
	if (weight == BRAKE_SAYS_BAD && brake_is_known(b, &p->tuple))
		return;
	b->bad += weight;
	if (brake_is_enough(b))
		brake_trip(b, p);
}

/* One handshake is decided, enum brake_outcome. Global: checked once. */
__noinline int brake_tell(struct packet *p, __u32 outcome)
{
	struct hf_brake *b;

	if (!p || outcome == BRAKE_SAYS_NOTHING)
		return 0;
	b = MAP_AT(brake, p->service);
	if (!b)
		return 0;
	if (outcome == BRAKE_SAYS_GOOD)
		brake_note_good(b, p->now_ms);
	else
		brake_note_bad(b, p, outcome);
	return 0;
}

/*
 * Of a connection that was handed to its socket and met silence or a RST: whose
 * doing is it? Where the namespace is known to be in the way no client can help it;
 * kernels that have but one handoff cannot be asked.
 */
static __always_inline enum brake_outcome brake_blame(const struct run *r)
{
	return !handoff && (!netns_takes_cookies(r) || netns_has_hooks(r))
		       ? BRAKE_SAYS_OURS
		       : BRAKE_SAYS_BAD;
}

/* While trying: may this SYN be answered? */
static __always_inline bool brake_tries(struct hf_brake *b, __u32 now_ms)
{
	if (clock_age(now_ms, b->tried_ms) < BRAKE_TRY_MS)
		return false;
	b->tried_ms = now_ms;
	return true;
}

/* Must the service's SYN pass? */
static __always_inline bool brake_stops(const struct run *r, struct hf_brake *b)
{
	__u32 now_ms = r->packet->now_ms;

	if (b->state == HF_BRAKE_OFF)
		return false;
	if (phase_flood(now_ms, 0)) {
		if (b->state == HF_BRAKE_TRIPPED)
			brake_enter(b, HF_BRAKE_TRYING, now_ms);
		return bpf_get_prandom_u32() & 1;
	}
	if (b->state == HF_BRAKE_TRIPPED) {
		if (clock_age(now_ms, b->since_ms) < b->retry_ms - b->since_ms)
			return true;
		b->tried_ms = now_ms - BRAKE_TRY_MS;
		brake_enter(b, HF_BRAKE_TRYING, now_ms);
	}
	return !brake_tries(b, now_ms);
}

#endif
