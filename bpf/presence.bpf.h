/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The presence filter in front of `flows`: "surely no record of this tuple" for
 * the price of one memory access, where a look-up of a random key costs several.
 * A tuple's hash chooses a bit. All bits together (256 KiB) stay in a
 * processor's own cache, which a flood of random tuples makes matter: an access
 * that misses it costs as much as all the rest of an answer.
 *
 * Behind each bit a cell counts the records that set it, so that it is cleared
 * when the last of them goes. Eight bits of count, four cells to a word, are
 * enough: 32 records a cell are the most on average (max_flows), and 256 in one
 * have a probability below 2^-300. The seed is secret, so nobody knows the cell
 * of another's tuple; but someone with an IPv6 prefix of 37 bits or less can
 * give many of his own one cell. Of 256 there a removal clears the bit too soon:
 * their segments cost a look-up of the socket, and pass.
 *
 * A record that is made in the moment in which the last one before it takes the
 * bit away may be overlooked for that moment. Its segment is judged as one
 * without a record then: its socket is asked for, and it passes.
 *
 * Records whose server was not seen yet have a filter of their own, of the same
 * kind: tc asks it for each segment that comes in. They may be many, for a client
 * that says nothing after its handshake leaves one for as long as it is silent.
 */
#ifndef HANDFAST_PRESENCE_BPF_H
#define HANDFAST_PRESENCE_BPF_H

static __always_inline __u64 presence_mix(__u64 word)
{
	word *= 0x9e3779b97f4a7c15ULL;	/* 2^64 / golden ratio */
	return word ^ word >> 29;
}

static __always_inline __u64 presence_hash(const struct hf_control *c,
					   const struct hf_tuple *t)
{
	__u64 hash;

	hash = presence_mix(c->presence_seed ^
			    ((__u64)t->client[3] << 32 | t->client[2]));
	hash = presence_mix(hash ^ ((__u64)t->client[1] << 32 | t->client[0]) ^
			    ((__u64)t->client_port << 16 | t->server_port));
	return presence_mix(hash ^ ((__u64)t->server[3] << 32 | t->server[2]));
}

static __always_inline __u32 presence_at(const struct hf_control *c,
					 const struct hf_tuple *t)
{
	return presence_hash(c, t) >> (64 - HF_PRESENCE_BITS);
}

/* May there be a record of that kind? */
static __always_inline bool presence_has(const struct hf_control *c,
					 const struct hf_tuple *t,
					 enum presence_kind kind)
{
	struct presence_filters *filters = MAP_AT(presence, 0);
	__u32 at = presence_at(c, t);

	return filters && filters->of[kind].bit[at / 32] >> at % 32 & 1;
}

/* One more: before it is there. */
static __always_inline void presence_add(const struct hf_control *c,
					 const struct hf_tuple *t,
					 enum presence_kind kind)
{
	struct presence_filters *filters = MAP_AT(presence, 0);
	struct presence_filter *filter;
	__u32 at = presence_at(c, t);

	if (!filters)
		return;
	filter = &filters->of[kind];
	__sync_fetch_and_add(&filter->count[at / 4], 1U << at % 4 * 8);
	__sync_fetch_and_or(&filter->bit[at / 32], 1U << at % 32);
}

/* One less: after it is gone. */
static __always_inline void presence_remove(const struct hf_control *c,
					    const struct hf_tuple *t,
					    enum presence_kind kind)
{
	struct presence_filters *filters = MAP_AT(presence, 0);
	__u32 at = presence_at(c, t), shift = at % 4 * 8, before;
	struct presence_filter *filter;

	if (!filters)
		return;
	filter = &filters->of[kind];
	before = __sync_fetch_and_add(&filter->count[at / 4], -1U << shift);
	if ((before >> shift & 0xff) != 1)
		return;
	__sync_fetch_and_and(&filter->bit[at / 32], ~(1U << at % 32));
	if (*(volatile __u32 *)&filter->count[at / 4] >> shift & 0xff)
		__sync_fetch_and_or(&filter->bit[at / 32], 1U << at % 32);
}

#endif
