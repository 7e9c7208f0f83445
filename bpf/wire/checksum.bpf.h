/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The Internet checksum (RFC 1071) on 32-bit words in a 64-bit sum.
 *
 * Words are summed as they lie in memory: the one's complement sum does not
 * depend on byte order (RFC 1071 section 2 B). No helper is called here.
 */
#ifndef HANDFAST_CHECKSUM_BPF_H
#define HANDFAST_CHECKSUM_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

/*
 * Fold to 16 bits, not complemented. Each step adds a word to itself with its halves
 * exchanged: the upper half is the sum of both and of what that carried, as in
 * csum_fold() of the kernel.
 */
static __always_inline __u16 csum_fold16(__u64 sum)
{
	__u32 half;

	sum += sum << 32 | sum >> 32;
	half = sum >> 32;
	half += half << 16 | half >> 16;
	return half >> 16;
}

/* Sum of `words` 32-bit words; the number is a constant wherever it counts. */
static __always_inline __u64 csum_words(const __be32 *word, int words)
{
	__u64 sum = 0;

	for (int i = 0; i < words; i++)
		sum += word[i];
	return sum;
}

/* Pseudo header of TCP, RFC 9293 3.1; `tcp_len` is header plus payload. */
static __always_inline __u64 csum_pseudo(__u64 addr_sum, __u32 tcp_len)
{
	return addr_sum + bpf_htonl(tcp_len) + bpf_htonl(IPPROTO_TCP);
}

#endif
