/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which MSS does a service announce to most client prefixes? A route may say less
 * to some, and one forged ICMP message makes the kernel say 512 to one: it must
 * not hold for others. Prefixes are counted by the bits that their hashes set in
 * a word for each value. Half hours are kept apart, so that a vote ends.
 *
 * No helper is called here: the unit tests compile this file natively.
 */
#ifndef HANDFAST_VOTES_BPF_H
#define HANDFAST_VOTES_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/answer.h"

static __always_inline __u32 votes_count(const struct hf_mss_vote *v)
{
	return v->mss ? __builtin_popcountll(v->now | v->before) : 0;
}

/* A half hour is over, or more. */
static __always_inline void votes_age(struct hf_said *s, __u32 now_ms)
{
	bool long_ago = now_ms - s->votes_ms >= 2 * HF_ANSWER_VOTES_MS;

	if (now_ms - s->votes_ms < HF_ANSWER_VOTES_MS)
		return;
	for (int i = 0; i < HF_MSS_VOTES; i++) {
		s->vote[i].before = long_ago ? 0 : s->vote[i].now;
		s->vote[i].now = 0;
	}
	s->votes_ms = now_ms;
}

/* Where `mss` is counted; a new value takes the place of the least. */
static __always_inline struct hf_mss_vote *votes_place(struct hf_said *s,
						       __u16 mss)
{
	struct hf_mss_vote *least = &s->vote[0];

	for (int i = 0; i < HF_MSS_VOTES; i++) {
		if (s->vote[i].mss == mss)
			return &s->vote[i];
		if (votes_count(&s->vote[i]) < votes_count(least))
			least = &s->vote[i];
	}
	least->mss = mss;
	least->now = least->before = 0;
	return least;
}

/* Of equals the largest: the least is what can be forged. */
static __always_inline __u16 votes_winner(const struct hf_said *s)
{
	__u32 most = 0;
	__u16 mss = 0;

	for (int i = 0; i < HF_MSS_VOTES; i++) {
		__u32 count = votes_count(&s->vote[i]);

		if (count < most || !count)
			continue;
		if (count > most || s->vote[i].mss > mss)
			mss = s->vote[i].mss;
		most = count;
	}
	return mss;
}

/* A client of that prefix was told this MSS. */
static __always_inline void votes_cast(struct hf_said *s, __u16 mss,
				       __u64 prefix_hash, __u32 now_ms)
{
	votes_age(s, now_ms);
	votes_place(s, mss)->now |= 1ULL << (prefix_hash & 63);
	s->manner.mss = votes_winner(s);
}

#endif
