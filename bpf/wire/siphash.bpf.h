/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * SipHash (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012).
 *
 * The input is fed as whole 64-bit words; what is left of it, up to seven
 * bytes, stands in the last block beside the length. Also compiled natively:
 * the unit tests hold it to the published vectors.
 */
#ifndef HANDFAST_SIPHASH_BPF_H
#define HANDFAST_SIPHASH_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/control.h"

struct siphash {
	__u64 v0, v1, v2, v3;
};

static __always_inline __u64 siphash_rol(__u64 word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static __always_inline void siphash_round(struct siphash *s)
{
	s->v0 += s->v1;
	s->v1 = siphash_rol(s->v1, 13) ^ s->v0;
	s->v0 = siphash_rol(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = siphash_rol(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = siphash_rol(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = siphash_rol(s->v1, 17) ^ s->v2;
	s->v2 = siphash_rol(s->v2, 32);
}

static __always_inline void siphash_init(struct siphash *s,
					 const struct hf_siphash_key *key)
{
	s->v0 = key->k0 ^ 0x736f6d6570736575ULL;
	s->v1 = key->k1 ^ 0x646f72616e646f6dULL;
	s->v2 = key->k0 ^ 0x6c7967656e657261ULL;
	s->v3 = key->k1 ^ 0x7465646279746573ULL;
}

/* Absorb one little-endian word with two rounds (SipHash-2-x). */
static __always_inline void siphash_word2(struct siphash *s, __u64 word)
{
	s->v3 ^= word;
	siphash_round(s);
	siphash_round(s);
	s->v0 ^= word;
}

/*
 * Finish SipHash-2-4. `bytes` is the message's length, `tail` its last
 * bytes % 8 as a little-endian integer.
 */
static __always_inline __u64 siphash_end24(struct siphash *s, __u64 bytes,
					   __u64 tail)
{
	siphash_word2(s, bytes << 56 | tail);
	s->v2 ^= 0xff;
	siphash_round(s);
	siphash_round(s);
	siphash_round(s);
	siphash_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/*
 * A second hash of what was absorbed so far, as strong as three rounds at the end are
 * (SipHash-1-3 has as many), in a domain of its own: `key`, and a constant that no
 * end24 has, as SipHash-128 keeps its two halves apart.
 */
static __always_inline __u64 siphash_branch3(struct siphash *s,
					     const struct hf_siphash_key *key)
{
	s->v0 ^= key->k0;
	s->v1 ^= key->k1;
	s->v2 ^= 0xdd;
	siphash_round(s);
	siphash_round(s);
	siphash_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/*
 * Work on `s` comes after that on `word`: LLVM would do two hashes side by side, for
 * which BPF has not registers enough. The processor may.
 */
static __always_inline void siphash_after(struct siphash *s, __u32 *word)
{
	asm volatile("" : "+r"(s->v0), "+r"(*word));
}

#endif
