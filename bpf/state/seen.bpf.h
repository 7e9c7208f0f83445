/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Connections to services behind this host that have no record: older than the
 * attachment, or opened while calm. No socket here can be asked about them, so
 * what their servers send marks their tuples, a bit each. Under flood a marked
 * tuple passes, and another one's ACK that proves nothing does not.
 *
 * Two generations of bits take turns, so that a mark lasts one to two of them
 * (`behind_idle_s`); the daemon clears the older one and makes it the current.
 * Until a generation has passed since the attachment not every connection was
 * heard, and every tuple counts as marked; so it does if the daemon died before.
 *
 * A bit may be of another tuple: of 100000 connections one in eighty. The hash
 * has the secret of the presence filter.
 */
#ifndef HANDFAST_SEEN_BPF_H
#define HANDFAST_SEEN_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "state/maps.bpf.h"
#include "state/presence.bpf.h"

/* The word that holds the tuple's bit in a generation, and the bit. */
static __always_inline __u32 *seen_word(const struct hf_tuple *t,
					__u32 generation, __u32 *bit)
{
	struct seen_bits *bits = MAP_AT(seen, generation % 2);
	__u32 at = presence_hash(t) >> (64 - HF_SEEN_BITS);

	*bit = 1U << at % 32;
	return bits ? &bits->word[at / 32] : NULL;
}

/* The server's side of the tuple speaks. */
static __always_inline void seen_mark(const struct hf_tuple *t)
{
	__u32 bit, *word = seen_word(t, control.seen_generation, &bit);

	if (word && !(*word & bit))
		__sync_fetch_and_or(word, bit);
}

/* May it have a connection behind this host? */
static __always_inline bool seen_has(const struct hf_tuple *t)
{
	__u32 bit, *now, *before;

	if (!control.seen_complete)
		return true;
	now = seen_word(t, control.seen_generation, &bit);
	before = seen_word(t, control.seen_generation + 1, &bit);
	return !now || !before || (*now | *before) & bit;
}

#endif
