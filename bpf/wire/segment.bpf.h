/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A segment written over the frame that it answers, to be sent back by XDP_TX: the
 * SYN-ACK over its SYN.
 *
 * Ethernet addresses change places, VLAN tags stay, IP options and extension
 * headers go: the IP header is written at its old place with its shortest
 * length. All that is needed was read before, so nothing is overwritten that
 * is still to be read. The frame's length changes once, and only if it must.
 * Fields as the kernel sends them: DF, IP id 0 (RFC 6864 4.1), no ECT in a SYN-ACK
 * (RFC 3168 6.1.1).
 */
#ifndef HANDFAST_SEGMENT_BPF_H
#define HANDFAST_SEGMENT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "wire/checksum.bpf.h"
#include "wire/frame.bpf.h"
#include "wire/parse.bpf.h"
#include "wire/sums.bpf.h"

#define ETH_ALEN	6
#define SEGMENT_OPT_WORDS	5	/* MSS, SACK permitted + timestamp, scale */

/* What is sent back; addresses and ports are the packet's, exchanged. */
struct segment {
	struct options_out opt;
	__u32 seq, ack;		/* host byte order */
	__u16 window;
	__u8 flags;		/* TCP_* */
	__u8 ttl, tos;		/* or hop limit, traffic class */
	__u32 label;		/* IPv6 flow label */
};

/* By 16 bits: bytes alone would take three times as long. */
static __always_inline void segment_write_eth(struct ethhdr *eth)
{
	__u16 *to = (__u16 *)eth->h_dest, *from = (__u16 *)eth->h_source, part;

	for (int i = 0; i < ETH_ALEN / 2; i++) {
		part = to[i];
		to[i] = from[i];
		from[i] = part;
	}
}

static __always_inline void segment_write_ip4(__be32 *word,
					      const struct hf_tuple *t,
					      const struct segment *s,
					      __u32 tcp_len)
{
	word[0] = bpf_htonl(0x45000000 | (__u32)s->tos << 16 |
			    (sizeof(struct iphdr) + tcp_len));
	word[1] = bpf_htonl(0x4000);
	word[2] = bpf_htonl((__u32)s->ttl << 24 | IPPROTO_TCP << 16);
	word[3] = t->server[3];
	word[4] = t->client[3];
	((struct iphdr *)word)->check = ~csum_fold16(csum_words(word, 5));
}

static __always_inline void segment_write_ip6(__be32 *word,
					      const struct hf_tuple *t,
					      const struct segment *s,
					      __u32 tcp_len)
{
	word[0] = bpf_htonl(0x60000000 | (__u32)s->tos << 20 | s->label);
	word[1] = bpf_htonl(tcp_len << 16 | IPPROTO_TCP << 8 | s->ttl);
	__builtin_memcpy(word + 2, t->server, sizeof(t->server));
	__builtin_memcpy(word + 6, t->client, sizeof(t->client));
}

/* A number of words that is a constant to the caller needs one look at the end. */
static __always_inline bool segment_write_opt(__be32 *word, void *data_end,
					      const __be32 *opt, __u32 words)
{
	bool known = __builtin_constant_p(words);

	if (known && (void *)(word + words) > data_end)
		return false;
	for (__u32 i = 0; i < SEGMENT_OPT_WORDS; i++) {
		if (i >= words)
			break;
		if (!known && (void *)(word + i + 1) > data_end)
			return false;
		word[i] = opt[i];
	}
	return true;
}

/* Header and options; returns false if the frame ends too early. */
static __always_inline bool segment_write_tcp(__be32 *word, void *data_end,
					      const struct packet *p,
					      const struct segment *s)
{
	__be32 opt[SEGMENT_OPT_WORDS] = {};
	__u32 words = opt_len(s->opt.grant) / 4;
	__u64 sum;

	if ((void *)(word + 5) > data_end)
		return false;
	opt_write(opt, &s->opt);
	word[0] = bpf_htonl((__u32)bpf_ntohs(p->tuple.server_port) << 16 |
			    bpf_ntohs(p->tuple.client_port));
	word[1] = bpf_htonl(s->seq);
	word[2] = bpf_htonl(s->ack);
	word[3] = bpf_htonl((5 + words) << 28 | (__u32)s->flags << 16 |
			    s->window);
	word[4] = 0;
	sum = csum_words(word, 5) + csum_words(opt, SEGMENT_OPT_WORDS) +
	      csum_pseudo(sums_addr(p), 20 + words * 4);
	((struct tcphdr *)word)->check = ~csum_fold16(sum);
	return segment_write_opt(word + 5, data_end, opt, words);
}

/*
 * Where a frame has no room behind it (an skb that was copied for XDP has but
 * what alignment left), it grows at its front: the Ethernet header and tags
 * move, all behind them is written anew.
 */
static __always_inline bool segment_grow_front(struct xdp_md *ctx, int by)
{
	__u8 l2[PKT_L3_OFF_MAX];

	return !bpf_xdp_load_bytes(ctx, 0, l2, sizeof(l2)) &&
	       !bpf_xdp_adjust_head(ctx, -by) &&
	       !bpf_xdp_store_bytes(ctx, 0, l2, sizeof(l2));
}

/* Give the frame its final length. */
static __always_inline bool segment_resize(struct xdp_md *ctx,
					   const struct packet *p, __u32 want)
{
	int by = want - p->frame_len;

	if (!by || !bpf_xdp_adjust_tail(ctx, by))
		return true;
	return by > 0 && segment_grow_front(ctx, by);
}

static __always_inline __u32 segment_tcp_len(const struct segment *s)
{
	return sizeof(struct tcphdr) + opt_len(s->opt.grant);
}

/* Bytes of the frame that it makes. */
static __always_inline __u32 segment_frame_len(const struct run *r,
					       const struct segment *s)
{
	const struct packet *p = r->packet;
	__u32 len = p->l3_off + segment_tcp_len(s) +
		    (p->ip6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));

	return len < PKT_FRAME_MIN ? PKT_FRAME_MIN : len;
}

/* Put it into the frame, which has its length; false: it has not. */
static __always_inline bool segment_put(const struct run *r,
					const struct segment *s)
{
	const struct packet *p = r->packet;
	__u32 tcp_len = segment_tcp_len(s);
	struct frame fr = frame_of(r);
	__be32 *ip;

	if (!frame_words(&fr, 0, sizeof(struct ethhdr) / 4 + 1))
		return false;
	segment_write_eth(fr.data);
	ip = frame_words(&fr, p->l3_off, 5);
	if (!ip)
		return false;
	if (!p->ip6) {
		segment_write_ip4(ip, &p->tuple, s, tcp_len);
		return segment_write_tcp(ip + 5, fr.data_end, p, s);
	}
	if ((void *)(ip + 10) > fr.data_end)
		return false;
	segment_write_ip6(ip, &p->tuple, s, tcp_len);
	return segment_write_tcp(ip + 10, fr.data_end, p, s);
}

/* ... and give it that before; false: the frame could not take it. */
static __always_inline bool segment_write(const struct run *r,
					  const struct segment *s)
{
	return segment_resize(r->xdp, r->packet, segment_frame_len(r, s)) &&
	       segment_put(r, s);
}

#endif
