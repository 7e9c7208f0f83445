/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An skb that becomes another segment: turned round, or cut down to a SYN.
 *
 * XDP could not do it: it does not know whether a sum is partial, and cannot
 * make every frame longer. Here the kernel keeps both right.
 */
#ifndef HANDFAST_REFRAME_BPF_H
#define HANDFAST_REFRAME_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "wire/checksum.bpf.h"
#include "wire/header.bpf.h"
#include "wire/segment.bpf.h"

#define IP4_CHECK	10	/* where the header's sum stands */
#define IP4_ADDRS	12
#define IP6_ADDRS	8

/* Exchange two neighbours of `len` bytes each, a constant of at most 16. */
static __always_inline bool reframe_exchange(struct __sk_buff *skb, __u32 at,
					     __u32 len)
{
	__u8 both[32];

	return !bpf_skb_load_bytes(skb, at, both, 2 * len) &&
	       !bpf_skb_store_bytes(skb, at, both + len, len, 0) &&
	       !bpf_skb_store_bytes(skb, at + len, both, len, 0);
}

/* Source and destination change places, in the frame and in the datagram: no
 * sum changes by it. Ports are the TCP header's. */
static __always_inline bool reframe_turn(const struct run *r)
{
	const struct packet *p = r->packet;

	if (!reframe_exchange(r->skb, 0, ETH_ALEN))
		return false;
	if (p->ip6)
		return reframe_exchange(r->skb, p->l3_off + IP6_ADDRS, 16);
	return reframe_exchange(r->skb, p->l3_off + IP4_ADDRS, 4);
}

/*
 * Does the skb's checksum cover the pseudo header alone (CHECKSUM_PARTIAL)? Then
 * the kernel lets it be when something else changes, which is how to tell.
 */
static __always_inline bool reframe_sum_is_partial(const struct run *r)
{
	__u32 at = r->packet->l4_off + HEADER_CHECK;
	__u16 before = 0, after = 0;

	bpf_skb_load_bytes(r->skb, at, &before, sizeof(before));
	bpf_l4_csum_replace(r->skb, at, 0, 1, 0);
	bpf_skb_load_bytes(r->skb, at, &after, sizeof(after));
	bpf_skb_store_bytes(r->skb, at, &before, sizeof(before), 0);
	return before == after;
}

/* Length of what follows the IP header, and no ECT: a SYN has none. */
static __always_inline bool reframe_set_ip4(const struct run *r, __u32 tcp_len)
{
	const struct packet *p = r->packet;
	__u32 at = p->l3_off, total = p->l4_off - p->l3_off + tcp_len;
	__be32 before, after;

	if (bpf_skb_load_bytes(r->skb, at, &before, sizeof(before)))
		return false;
	after = (before & bpf_htonl(0xff000000 | (~IP_ECN_MASK & 0xff) << 16)) |
		bpf_htonl(total);
	return !bpf_skb_store_bytes(r->skb, at, &after, sizeof(after), 0) &&
	       !bpf_l3_csum_replace(r->skb, at + IP4_CHECK, before, after, 4);
}

static __always_inline bool reframe_set_ip6(const struct run *r, __u32 tcp_len)
{
	const struct packet *p = r->packet;
	__u32 payload = p->l4_off - p->l3_off - sizeof(struct ipv6hdr) +
			tcp_len;
	__be32 word[2];

	if (bpf_skb_load_bytes(r->skb, p->l3_off, word, sizeof(word)))
		return false;
	word[0] &= bpf_htonl(~((__u32)IP_ECN_MASK << 20));
	word[1] = (word[1] & bpf_htonl(0xffff)) | bpf_htonl(payload << 16);
	return !bpf_skb_store_bytes(r->skb, p->l3_off, word, sizeof(word),
				    BPF_F_RECOMPUTE_CSUM);
}

/* The datagram is not ECN-capable any more (RFC 3168 5). */
static __always_inline bool reframe_clear_ect(const struct run *r)
{
	const struct packet *p = r->packet;
	__u32 at = p->l3_off;
	__be32 before, after;

	if (bpf_skb_load_bytes(r->skb, at, &before, sizeof(before)))
		return false;
	if (p->ip6) {
		after = before & bpf_htonl(~((__u32)IP_ECN_MASK << 20));
		return !bpf_skb_store_bytes(r->skb, at, &after, sizeof(after),
					    BPF_F_RECOMPUTE_CSUM);
	}
	after = before & bpf_htonl(~((__u32)IP_ECN_MASK << 16));
	return !bpf_skb_store_bytes(r->skb, at, &after, sizeof(after), 0) &&
	       !bpf_l3_csum_replace(r->skb, at + IP4_CHECK, before, after, 4);
}

/* r->packet's segment, of which only addresses and ports stay, is this SYN now. */
static __always_inline bool reframe_as_syn(const struct run *r,
					   const struct segment *syn)
{
	__u32 len = sizeof(struct tcphdr) + opt_len(syn->opt.grant);
	bool partial = reframe_sum_is_partial(r);
	struct header *h = MAP_AT(header_scratch, 0);
	const struct packet *p = r->packet;
	__u64 sum = csum_pseudo(sums_addr(p), len);
	__u32 want = p->l4_off + len;

	if (!h ||
	    (p->frame_len != want && bpf_skb_change_tail(r->skb, want, 0)))
		return false;
	if (p->ip6 ? !reframe_set_ip6(r, len) : !reframe_set_ip4(r, len))
		return false;
	__builtin_memset(h, 0, sizeof(*h));
	h->word[HEADER_PORTS] = bpf_htonl((__u32)bpf_ntohs(p->tuple.client_port)
						  << 16 |
					  bpf_ntohs(p->tuple.server_port));
	h->word[HEADER_SEQ] = bpf_htonl(syn->seq);
	h->word[HEADER_FLAGS] = bpf_htonl(len << 26 | (__u32)syn->flags << 16 |
					  syn->window);
	opt_write(h->word + HEADER_OPTIONS, &syn->opt);
	if (partial)
		sum = csum_fold16(sum);
	else
		sum = (__u16)~csum_fold16(sum + csum_words(h->word, 15));
	h->word[4] = bpf_htonl((__u32)bpf_ntohs(sum) << 16);
	if (!len_is_within(&len, HEADER_BYTES_MAX))
		return false;
	return !bpf_skb_store_bytes(r->skb, p->l4_off, h->byte, len,
				    BPF_F_RECOMPUTE_CSUM);
}

#endif
