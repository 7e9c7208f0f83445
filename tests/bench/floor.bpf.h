/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The floor: the least that a SYN can be answered for by a cookie worth its name.
 * What `make bench` compares the data plane with, in the same run.
 *
 * Untagged, IPv4 or IPv6, no options or extension headers there; the options of a
 * SYN as Linux sends them, with timestamps or without, come back as they are but
 * for MSS, scale and timestamps. One bit says whether the port is a service's, one
 * SipHash-2-4 over the same message as ours makes the cookie. There is no service
 * to be looked for, no record, no flood to be noticed, nothing is counted, and the
 * client's checksums are believed.
 */
#ifndef TESTS_FLOOR_BPF_H
#define TESTS_FLOOR_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "wire/checksum.bpf.h"
#include "wire/siphash.bpf.h"

#define FLOOR_SYN	0x02
#define FLOOR_SYN_ACK	0x12
#define FLOOR_MSS	0x020405b4	/* 1460 */

struct floor_ports {
	__u8 byte[8192];
};

/* A bit a port, of all that are not to be answered. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct floor_ports);
} floor_ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hf_siphash_key);
} floor_key SEC(".maps");

static __always_inline __u64 floor_pair(const __be32 *word)
{
	return (__u64)bpf_ntohl(word[0]) << 32 | bpf_ntohl(word[1]);
}

/* Absorb the addresses, `pairs` of words, as they stand in the header. */
static __always_inline void floor_absorb(struct siphash *s, const __be32 *word,
					 int pairs)
{
	for (int i = 0; i < pairs; i++)
		siphash_word2(s, floor_pair(word + 2 * i));
}

static __always_inline void floor_swap(__be32 *a, __be32 *b, int words)
{
	__be32 word;

	for (int i = 0; i < words; i++) {
		word = a[i];
		a[i] = b[i];
		b[i] = word;
	}
}

/* By 16 bits, as the headers lie in memory. */
static __always_inline void floor_swap_macs(struct ethhdr *eth)
{
	__u16 *to = (__u16 *)eth->h_dest, *from = (__u16 *)eth->h_source, part;

	for (int i = 0; i < 3; i++) {
		part = to[i];
		to[i] = from[i];
		from[i] = part;
	}
}

/* What is asked for: the state after the client's address, the bytes absorbed by the end,
 * and the sum of both addresses. */
struct floor_ask {
	struct siphash s;
	__u32 bytes;
	__u64 addr_sum;
	__u16 window;		/* that is announced */
};

/* The TCP header, `words` long, answers itself. */
static __always_inline void floor_answer(__be32 *tcp, int words,
					 struct floor_ask *a)
{
	__u32 now = bpf_jiffies64(), ports = bpf_ntohl(tcp[0]);
	__u32 irs = bpf_ntohl(tcp[1]), meta = bpf_ntohl(tcp[words - 1]);
	__u64 sum;

	siphash_word2(&a->s, (__u64)ports << 32 | irs);
	tcp[0] = bpf_htonl(ports << 16 | ports >> 16);
	tcp[1] = bpf_htonl(
		siphash_end24(&a->s, a->bytes, (__u64)now << 24 | meta >> 8));
	tcp[2] = bpf_htonl(irs + 1);
	tcp[3] = bpf_htonl((__u32)words << 28 | FLOOR_SYN_ACK << 16 |
			   a->window);
	tcp[4] = 0;
	tcp[5] = bpf_htonl(FLOOR_MSS);
	if (words == 10) {
		tcp[8] = tcp[7];
		tcp[7] = bpf_htonl(now);
	}
	sum = csum_pseudo(a->addr_sum, words * 4) + csum_words(tcp, words);
	((struct tcphdr *)tcp)->check = ~csum_fold16(sum);
}

/* Is it a SYN for a service, of one of the two lengths? */
static __always_inline bool floor_is_syn(const struct tcphdr *tcp)
{
	__u32 zero = 0, port = bpf_ntohs(tcp->dest);
	struct floor_ports *set = bpf_map_lookup_elem(&floor_ports, &zero);

	return ((__u8 *)tcp)[13] == FLOOR_SYN && set &&
	       !(set->byte[port >> 3] & 1 << (port & 7));
}

static __always_inline int floor_tcp(struct ethhdr *eth, struct tcphdr *tcp,
				     void *end, struct floor_ask *a)
{
	__be32 *word = (__be32 *)tcp;

	if (tcp->doff == 10 && (void *)(word + 10) <= end)
		floor_answer(word, 10, a);
	else if (tcp->doff == 8 && (void *)(word + 8) <= end)
		floor_answer(word, 8, a);
	else
		return XDP_PASS;
	floor_swap_macs(eth);
	return XDP_TX;
}

static __always_inline int floor_ip4(struct ethhdr *eth, struct iphdr *ip,
				     void *end, struct floor_ask *a)
{
	struct tcphdr *tcp = (void *)(ip + 1);
	__be32 *word = (__be32 *)ip;

	if ((void *)(tcp + 1) > end || ip->version != 4 || ip->ihl != 5 ||
	    ip->protocol != IPPROTO_TCP || !floor_is_syn(tcp))
		return XDP_PASS;
	floor_absorb(&a->s, word + 3, 1);
	word[0] = bpf_htonl(0x45000000 | bpf_ntohs(ip->tot_len));
	word[1] = bpf_htonl(0x4000);
	word[2] = bpf_htonl(64 << 24 | IPPROTO_TCP << 16);
	floor_swap(word + 3, word + 4, 1);
	ip->check = ~csum_fold16(csum_words(word, 5));
	a->bytes = 23;
	a->addr_sum = csum_words(word + 3, 2);
	return floor_tcp(eth, tcp, end, a);
}

static __always_inline int floor_ip6(struct ethhdr *eth, struct ipv6hdr *ip,
				     void *end, struct floor_ask *a)
{
	struct tcphdr *tcp = (void *)(ip + 1);
	__be32 *word = (__be32 *)ip;

	if ((void *)(tcp + 1) > end || ip->version != 6 ||
	    ip->nexthdr != IPPROTO_TCP || !floor_is_syn(tcp))
		return XDP_PASS;
	floor_absorb(&a->s, word + 2, 4);
	word[0] = bpf_htonl(0x60000000);
	ip->hop_limit = 64;
	floor_swap(word + 2, word + 6, 4);
	a->bytes = 47;
	a->addr_sum = csum_words(word + 2, 8);
	return floor_tcp(eth, tcp, end, a);
}

static __always_inline int floor(struct xdp_md *ctx, __u16 window)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct floor_ask a = { .window = window };
	struct hf_siphash_key *key;
	__u32 zero = 0;

	key = bpf_map_lookup_elem(&floor_key, &zero);
	if (!key || (void *)(eth + 1) > end)
		return XDP_PASS;
	siphash_init(&a.s, key);
	if (eth->h_proto == bpf_htons(0x0800))
		return floor_ip4(eth, (void *)(eth + 1), end, &a);
	if (eth->h_proto == bpf_htons(0x86dd))
		return floor_ip6(eth, (void *)(eth + 1), end, &a);
	return XDP_PASS;
}

#endif
