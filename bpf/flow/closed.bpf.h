/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Connections that are over, so that nobody opens them again: who saw a third ACK
 * may send it once more, and with it a request. A cookie cannot say that it was
 * used; this memory does, as long as a copy of it might prove anything.
 *
 * A hash of the tuple chooses a set of a few places. Where all are taken the one
 * whose cookie is oldest goes, and the set remembers its age: no cookie that is as
 * old is taken there, used or not. So a copy is never taken, however many
 * connections end; what many of them cost is that proofs grow old sooner (at
 * 20000/s after some 20 s, at 3500/s never). Asked only after a cookie validated.
 *
 * The daemon's program alone writes; a reader who comes between takes a tag for
 * another one's, once in 2^64.
 */
#ifndef HANDFAST_CLOSED_BPF_H
#define HANDFAST_CLOSED_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/flow.h"
#include "handfast/limits.h"
#include "state/clock.bpf.h"
#include "state/maps.bpf.h"
#include "state/presence.bpf.h"

/* A cookie does not live so long, but a copy of its SYN may be remembered. */
#define CLOSED_KEEP_MS	HF_HALF_PROVES_MS

static __always_inline __u64 closed_tag(const struct hf_tuple *t)
{
	return presence_hash(t) | 1;		/* 0: free */
}

static __always_inline struct hf_closed_set *closed_set(__u64 tag)
{
	return MAP_AT(closed, tag >> (64 - HF_CLOSED_BITS));
}

/* May a copy of what made it still prove anything? */
static __always_inline bool closed_counts(const struct hf_closed *gone,
					  __u32 now_ms)
{
	return gone->tag && clock_age(now_ms, gone->mint_ms) < CLOSED_KEEP_MS;
}

/* The connection that the tag's tuple had before, if it is remembered. */
static __always_inline const struct hf_closed *
closed_find(const struct hf_closed_set *set, __u64 tag, __u32 now_ms)
{
	for (int i = 0; i < HF_CLOSED_WAYS; i++)
		if (set->way[i].tag == tag &&
		    closed_counts(&set->way[i], now_ms))
			return &set->way[i];
	return NULL;
}

/* Did one have to go whose cookie was made at that time, or later? */
static __always_inline bool closed_forgot(const struct hf_closed_set *set,
					  __u32 mint_ms, __u32 now_ms)
{
	return set->floored &&
	       clock_age(now_ms, set->floor_ms) < CLOSED_KEEP_MS &&
	       (__s32)(mint_ms - set->floor_ms) <= 0;
}

/* Which place of the set is free, or is the tuple's already, or the oldest? */
static __always_inline struct hf_closed *closed_place(struct hf_closed_set *set,
						      __u64 tag, __u32 now_ms)
{
	struct hf_closed *oldest = &set->way[0];

	for (int i = 0; i < HF_CLOSED_WAYS; i++)
		if (set->way[i].tag == tag)
			return &set->way[i];
	for (int i = 0; i < HF_CLOSED_WAYS; i++) {
		if (!closed_counts(&set->way[i], now_ms))
			return &set->way[i];
		if ((__s32)(set->way[i].mint_ms - oldest->mint_ms) < 0)
			oldest = &set->way[i];
	}
	return oldest;
}

/* The tuple's connection is over. */
static __always_inline void closed_put(const struct hf_tuple *t,
				       const struct hf_flow *f)
{
	__u64 tag = closed_tag(t);
	struct hf_closed_set *set = closed_set(tag);
	__u32 now_ms = clock_ms();
	struct hf_closed *place;

	if (!set || clock_age(now_ms, f->mint_ms) >= CLOSED_KEEP_MS)
		return;
	place = closed_place(set, tag, now_ms);
	if (place->tag != tag && closed_counts(place, now_ms) &&
	    !closed_forgot(set, place->mint_ms, now_ms)) {
		set->floor_ms = place->mint_ms;
		set->floored = 1;
	}
	place->irs = f->irs;
	place->mint_ms = f->mint_ms;
	place->tag = tag;
}

#endif
