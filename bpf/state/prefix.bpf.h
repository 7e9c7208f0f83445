/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is kept of each client prefix (/24, /64):
 *
 *   - How many of its records are PENDING: their server was not seen yet. A
 *     client can make the kernel drop the segment that proved it, so such a
 *     record proves no server, and must not take the room of connections that
 *     exist (rule 2 of the design). None may have many; and all together, the
 *     last tenth of `flows` is for few of them. Whoever makes PENDING of a
 *     record, or ends that, counts: flow/flow.bpf.h.
 *   - When a server did not answer its SYN last (rule 9): a ban, a limit, a dead
 *     backend. It passes for a while, to see for itself.
 *   - That a service announced a lower MSS to it than to most: a route's, or what
 *     an ICMP message said. It holds for an hour, for this prefix alone.
 *
 * Prefixes share cells by a secret hash.
 */
#ifndef HANDFAST_PREFIX_BPF_H
#define HANDFAST_PREFIX_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "state/clock.bpf.h"
#include "state/maps.bpf.h"
#include "state/presence.bpf.h"
#include "state/run.bpf.h"
#include "wire/tuple.bpf.h"

#define PREFIX_UNANSWERED_MS	60000U
#define PREFIX_MSS_MS		3600000U

static __always_inline __u64 prefix_hash(const struct hf_tuple *t)
{
	__u64 prefix = (__u64)t->client[0] << 32 | t->client[1];

	if (tuple_is_ip4(t))
		prefix = t->client[3] & bpf_htonl(0xffffff00);
	return presence_mix(control.presence_seed ^ prefix);
}

static __always_inline struct prefix_cell *prefix_of(const struct hf_tuple *t)
{
	return MAP_AT(prefixes, prefix_hash(t) >> (64 - HF_PREFIX_BITS));
}

/* One more that is PENDING, or one less. */
static __always_inline void prefix_add_pending(const struct hf_tuple *t,
					       __s32 nr)
{
	struct prefix_cell *cell = prefix_of(t);

	if (!cell)
		return;
	__sync_fetch_and_add(&cell->pending, nr);
	__sync_fetch_and_add(&phase.pending, nr);
}

/* Is there room for one more, of any? */
static __always_inline bool prefix_any_has_room(void)
{
	return phase.flows < control.flows_limit &&
	       (phase.flows < control.flows_pending ||
		phase.pending < control.pending_few);
}

/* ... of this one? */
static __always_inline bool prefix_has_room(const struct hf_tuple *t)
{
	const struct prefix_cell *cell = prefix_of(t);

	return cell && cell->pending < control.pending_prefix &&
	       (phase.flows < control.flows_pending ||
		phase.pending < control.pending_few);
}

/* The server that its SYN was given to is silent. */
static __always_inline void prefix_set_unanswered(const struct hf_tuple *t)
{
	struct prefix_cell *cell = prefix_of(t);
	__u32 now_ms = clock_ms();

	if (!cell)
		return;
	cell->unanswered_ms = now_ms ?: 1;
	phase.unanswered_ms = now_ms;
	phase.unanswered = 1;
}

/* ... or is not any more. */
static __always_inline void prefix_set_answered(const struct hf_tuple *t)
{
	struct prefix_cell *cell = prefix_of(t);

	if (cell && cell->unanswered_ms)
		cell->unanswered_ms = 0;
}

/* Was it not answered lately? Most of the time nobody was, and that is known
 * without a look at its cell. */
static __always_inline bool prefix_is_unanswered(const struct hf_tuple *t,
						 __u32 now_ms)
{
	const struct prefix_cell *cell;

	if (!phase.unanswered)
		return false;
	if (clock_age(now_ms, phase.unanswered_ms) >= PREFIX_UNANSWERED_MS) {
		phase.unanswered = 0;
		return false;
	}
	cell = prefix_of(t);
	return cell && cell->unanswered_ms &&
	       clock_age(now_ms, cell->unanswered_ms) < PREFIX_UNANSWERED_MS;
}

/* The packet's service announced `mss` to its client's prefix; to most `usual`. */
static __always_inline void prefix_set_mss(const struct run *r, __u16 mss,
					   __u16 usual)
{
	const struct packet *p = r->packet;
	struct prefix_cell *cell = prefix_of(&p->tuple);

	if (!cell)
		return;
	if (mss >= usual) {
		if (cell->service == p->service)
			cell->mss = 0;
		return;
	}
	cell->service = p->service;
	cell->mss = mss;
	cell->mss_ms = p->now_ms;
	phase.mss_ms = p->now_ms;
	phase.mss = 1;
}

/* What to announce to the packet's client, where most are told `usual`. Most of
 * the time all are, and that is known without a look at the prefix's cell. */
static __always_inline __u16 prefix_mss(const struct run *r, __u16 usual)
{
	const struct packet *p = r->packet;
	const struct prefix_cell *cell;

	if (!phase.mss)
		return usual;
	if (clock_age(p->now_ms, phase.mss_ms) >= PREFIX_MSS_MS) {
		phase.mss = 0;
		return usual;
	}
	cell = prefix_of(&p->tuple);
	if (!cell || cell->service != p->service || !cell->mss ||
	    cell->mss > usual ||
	    clock_age(p->now_ms, cell->mss_ms) >= PREFIX_MSS_MS)
		return usual;
	return cell->mss;
}

#endif
