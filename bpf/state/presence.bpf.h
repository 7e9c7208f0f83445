/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The presence filter in front of `flows`: "surely no record of this tuple" for
 * the price of one memory access, where a look-up of a random key costs several.
 * A tuple's hash chooses a bit. All bits together (256 KiB) stay in a
 * processor's own cache, which a flood of random tuples makes matter: an access
 * that misses it costs as much as all the rest of an answer.
 *
 * Behind each bit is a cell of the records that set it, so that it is cleared
 * when the last of them goes. The hash also chooses one half of it:
 *
 *      31               22 21          16 15                6 5           0
 *     | sum of their tags | how many      | sum of their tags | how many   |
 *
 * A tag is another 4 bits of the hash. Where a half has one record, its tag stands
 * there and must be the tuple's: of a million records four bits in ten are set, but
 * only one tuple in 27 needs the table, where a look-up misses the cache several
 * times. Cells are looked at for what may be a flood; an established segment has a
 * record, and is mostly looked up at once (flow/steady.bpf.h).
 *
 * 64 records in one half have a probability below 2^-40 even of 2^26 records, the
 * most that there can be; of a million below 2^-400. The seed is secret, so nobody
 * knows the cell of another's tuple; but someone can give many of his own one half:
 * with an IPv6 prefix of 37 bits or less, an IPv4 one of 26, or towards services whose
 * IPv6 addresses have their second half in common. What does not fit spills into the
 * sum and into the other half, which then look like those of several records (but for
 * chance), so that the table is asked; the cell is a sum still, and right again when
 * they are fewer.
 *
 * A record that is made in the moment in which the last one before it takes the
 * bit away may be overlooked for that moment. Its segment is judged as one
 * without a record then: its socket is asked for, and it passes.
 *
 * Records whose client's segments tc has to see (the server was not seen yet, or
 * they are translated) have a filter of their own, a smaller one: tc asks it for
 * each segment that comes in. It asks the bits alone; their cells count.
 */
#ifndef HANDFAST_PRESENCE_BPF_H
#define HANDFAST_PRESENCE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "state/maps.bpf.h"

enum presence_kind {
	PRESENCE_FLOW,		/* any record */
	PRESENCE_TC,		/* one that tc has to see the client's side of:
				 * its server was not seen yet, or spliced */
};

/* What a tuple has in a filter. */
struct presence_place {
	__u32 *bits;		/* the word with its bit ... */
	__u32 bit;		/* ... which is this one */
	__u32 *cell;
	__u32 shift;		/* to its half of the cell */
	__u32 one;		/* a record of this tuple alone, in that half */
};

static __always_inline __u64 presence_mix(__u64 word)
{
	word *= 0x9e3779b97f4a7c15ULL;	/* 2^64 / golden ratio */
	return word ^ word >> 29;
}

static __always_inline __u64 presence_hash(const struct hf_tuple *t)
{
	__u64 hash;

	hash = presence_mix(control.presence_seed ^
			    ((__u64)t->client[3] << 32 | t->client[2]));
	hash = presence_mix(hash ^ ((__u64)t->client[1] << 32 | t->client[0]) ^
			    ((__u64)t->client_port << 16 | t->server_port));
	return presence_mix(hash ^ ((__u64)t->server[3] << 32 | t->server[2]));
}

/* False: never, but the verifier does not know that. */
static __always_inline bool presence_find(const struct hf_tuple *t,
					  enum presence_kind kind,
					  struct presence_place *at)
{
	struct hf_presence *filters = MAP_AT(presence, 0);
	__u64 hash = presence_hash(t);
	__u32 cell;

	if (!filters)
		return false;
	if (kind == PRESENCE_FLOW) {
		cell = hash >> (64 - HF_PRESENCE_FLOW_BITS);
		at->bits = &filters->flow_bit[cell / 32];
		at->cell = &filters->flow_cell[cell];
		at->shift = hash & HF_PRESENCE_HALF;
		at->one = (hash & HF_PRESENCE_TAG) << HF_PRESENCE_SUM | 1;
	} else {
		cell = hash >> (64 - HF_PRESENCE_TC_BITS);
		at->bits = &filters->tc_bit[cell / 32];
		at->cell = &filters->tc_cell[cell];
		at->shift = 0;
		at->one = 1;
	}
	at->bit = 1U << cell % 32;
	return true;
}

/*
 * May there be a record of that kind, as far as the bit knows? Where there is none at
 * all, it is not asked for: of a live program's 90 ns its memory costs 30, and of a
 * SYN's 450 at XDP 200.
 */
static __always_inline bool presence_may(const struct hf_tuple *t,
					 enum presence_kind kind)
{
	struct presence_place at;

	return phase.flows && presence_find(t, kind, &at) && *at.bits & at.bit;
}

/*
 * May there be a record? Without the cell, which is one access more that misses,
 * as far as the bit knows: for what nearly always has one.
 */
static __always_inline bool presence_ask(const struct hf_tuple *t, bool by_cell)
{
	struct presence_place at;
	__u32 cell;

	if (!phase.flows || !presence_find(t, PRESENCE_FLOW, &at) ||
	    !(*at.bits & at.bit))
		return false;
	if (!by_cell)
		return true;
	cell = *(volatile __u32 *)at.cell;	/* once: it may change */
	cell = (__u16)(cell >> at.shift);
	if ((cell & ~(HF_PRESENCE_TAG << HF_PRESENCE_SUM)) == 1)
		return cell == at.one;		/* the only one there */
	return cell;
}

/* For what may be a flood. */
static __always_inline bool presence_has(const struct hf_tuple *t)
{
	return presence_ask(t, true);
}

/* Only an atomic operation whose result is asked for is ordered with what stands around
 * it: arm64 may move the others. */
static __always_inline void presence_order(__u32 result)
{
	asm volatile("" : : "r"(result));
}

/* One more: before it is there. */
static __always_inline void presence_add(const struct hf_tuple *t,
					 enum presence_kind kind)
{
	struct presence_place at;

	if (!presence_find(t, kind, &at))
		return;
	presence_order(__sync_fetch_and_add(at.cell, at.one << at.shift));
	__sync_fetch_and_or(at.bits, at.bit);
}

/* One less: after it is gone. */
static __always_inline void presence_remove(const struct hf_tuple *t,
					    enum presence_kind kind)
{
	struct presence_place at;
	__u32 one;

	if (!presence_find(t, kind, &at))
		return;
	one = at.one << at.shift;
	if (__sync_fetch_and_add(at.cell, -one) != one)
		return;
	presence_order(__sync_fetch_and_and(at.bits, ~at.bit));
	if (*(volatile __u32 *)at.cell)		/* somebody came just now */
		__sync_fetch_and_or(at.bits, at.bit);
}

#endif
