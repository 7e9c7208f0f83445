/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The presence filter in front of `flows`: "surely no record of this tuple" for
 * the price of one memory access, where a look-up of a random key costs several.
 * A tuple's hash chooses a cell, and two cells have a bit in common. All bits
 * together (256 KiB) stay in a processor's own cache, which a flood of random
 * tuples makes matter: an access that misses it costs as much as all the rest of an
 * answer. Twice as many bits cost more at 65536 records than they save at a million.
 *
 * The cells (16 MiB) say how many records there are, so that a bit is cleared when
 * the last of them goes:
 *
 *      31                                    8   7                    0
 *     |       sum of their tags, mod 2^24     |  how many, mod 2^8     |
 *
 * A tag is another 16 bits of the hash. Where a cell has one record, its tag stands
 * there and must be the tuple's: of a million records four bits in ten are set, but
 * only one cell in forty has two or more, for which the table has to be asked. With
 * a cell for each bit it was one in twelve, and an answered SYN cost 5.1 to 6.1 times
 * the floor then, not 4.0 to 4.6 (test_cost); four cells a bit were no better. Cells
 * are looked at for what may be a flood; an established segment has a record, and is
 * mostly looked up at once (flow/steady.bpf.h).
 *
 * 256 records in one cell have a probability below 2^-300, of those of tc below
 * 2^-70. The seed is secret, so nobody knows the cell of another's tuple; but
 * someone with an IPv6 prefix of 37 bits or less can give many of his own one
 * cell. Beyond 255 the filter may deny records of that cell: their segments cost
 * a look-up of the socket, and pass.
 *
 * A record that is made in the moment in which the last one of both cells takes the
 * bit away may be overlooked for that moment. Its segment is judged as one
 * without a record then: its socket is asked for, and it passes.
 *
 * Records whose client's segments tc has to see (the server was not seen yet, or
 * they are translated) have a filter of their own, a smaller one: tc asks it for
 * each segment that comes in.
 */
#ifndef HANDFAST_PRESENCE_BPF_H
#define HANDFAST_PRESENCE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "state/maps.bpf.h"

#define PRESENCE_COUNT	0xffU		/* of a cell */
#define PRESENCE_SUM	8		/* where the sum of tags begins */

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
	__u32 *first;		/* of the cells ... */
	int share;		/* ... that have this bit, so many */
	__u32 one;		/* a record of this tuple alone: count and tag */
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
	struct presence_filters *filters = MAP_AT(presence, 0);
	__u64 hash = presence_hash(t);
	__u32 cell;

	if (!filters)
		return false;
	if (kind == PRESENCE_FLOW) {
		at->share = HF_PRESENCE_FLOW_SHARE;
		cell = hash >> (64 - HF_PRESENCE_FLOW_HASH);
		at->bits = &filters->flow_bit[cell / at->share / 32];
		at->cell = &filters->flow_cell[cell];
		at->first = &filters->flow_cell[cell & -at->share];
	} else {
		at->share = HF_PRESENCE_TC_SHARE;
		cell = hash >> (64 - HF_PRESENCE_TC_HASH);
		at->bits = &filters->tc_bit[cell / at->share / 32];
		at->cell = &filters->tc_cell[cell];
		at->first = &filters->tc_cell[cell & -at->share];
	}
	at->bit = 1U << cell / at->share % 32;
	at->one = (__u16)hash << PRESENCE_SUM | 1;
	return true;
}

/*
 * May there be a record of that kind? Without the cell, which is one access more
 * that misses, as far as the bit knows: for what nearly always has one.
 */
static __always_inline bool presence_ask(const struct hf_tuple *t,
					 enum presence_kind kind, bool by_cell)
{
	struct presence_place at;
	__u32 cell;

	if (!presence_find(t, kind, &at) || !(*at.bits & at.bit))
		return false;
	if (!by_cell)
		return true;
	cell = *(volatile __u32 *)at.cell;	/* once: it may change */
	return (cell & PRESENCE_COUNT) > 1 || cell == at.one;
}

static __always_inline bool presence_may(const struct hf_tuple *t,
					 enum presence_kind kind)
{
	return presence_ask(t, kind, false);
}

/* For what may be a flood. */
static __always_inline bool presence_has(const struct hf_tuple *t,
					 enum presence_kind kind)
{
	return presence_ask(t, kind, true);
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
	presence_order(__sync_fetch_and_add(at.cell, at.one));
	__sync_fetch_and_or(at.bits, at.bit);
}

/* Has any of the cells of its bit a record? */
static __always_inline bool presence_is_used(const struct presence_place *at)
{
	__u32 cells = 0;

	for (int i = 0; i < at->share; i++)
		cells |= ((volatile __u32 *)at->first)[i] & PRESENCE_COUNT;
	return cells;
}

/* One less: after it is gone. */
static __always_inline void presence_remove(const struct hf_tuple *t,
					    enum presence_kind kind)
{
	struct presence_place at;
	__u32 before;

	if (!presence_find(t, kind, &at))
		return;
	before = __sync_fetch_and_add(at.cell, -at.one);	/* ordered */
	if ((before & PRESENCE_COUNT) != 1 || presence_is_used(&at))
		return;
	presence_order(__sync_fetch_and_and(at.bits, ~at.bit));
	if (presence_is_used(&at))	/* somebody came just now */
		__sync_fetch_and_or(at.bits, at.bit);
}

#endif
