/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ICMP errors about what a spliced connection's server sent: they quote it as the
 * client's side of the path saw it, and a kernel believes only one that quotes a
 * number of its own (tcp_v4_err(): RFC 5927 4.1). So the quoted sequence number
 * is translated back; without that no path MTU is ever learned. They are never
 * facts. What the client sent is quoted with its own numbers, which nobody
 * changes.
 *
 * The checksum of the quoted segment is left alone: most quotes end before it,
 * and nobody looks.
 */
#ifndef HANDFAST_ICMP_BPF_H
#define HANDFAST_ICMP_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "flow/flow.bpf.h"
#include "flow/splice.bpf.h"
#include "state/run.bpf.h"
#include "state/verdict.bpf.h"
#include "wire/parse.bpf.h"
#include "wire/tuple.bpf.h"

#define ICMP_HEADER	8	/* RFC 792, RFC 4443 2.1 */
#define ICMP_CHECK	2	/* where its checksum stands */
#define ICMP_TCP_SEQ	4	/* in a quoted segment, of which 8 bytes are sure */

/* RFC 792; RFC 4443 2.1: errors are below 128, of TCP's concern below 5. */
#define ICMP_UNREACHABLE	3
#define ICMP_TIME_EXCEEDED	11
#define ICMP_PARAMETER		12
#define ICMP6_PARAMETER		4

/* Is the packet, which is not TCP, ICMP of its IP version? Asked of everything
 * else that comes in, so no helper is called. */
static __always_inline bool icmp_is(const struct run *r)
{
	struct packet *p = r->packet;
	struct frame fr = frame_of(r);
	__be32 *word = frame_words(&fr, p->l3_off, 5);

	if (!word)
		return false;
	p->ip6 = (bpf_ntohl(word[0]) >> 28) == 6;
	if (p->ip6)
		return ((bpf_ntohl(word[1]) >> 8) & 0xff) == IP6_ICMP;
	return ((bpf_ntohl(word[2]) >> 16) & 0xff) == IPPROTO_ICMP;
}

/* Where the segment that is quoted begins, 0: it is no error about one. The
 * quoted addresses go into the packet's tuple. */
static __always_inline __u32 icmp_find4(struct __sk_buff *skb, struct packet *p)
{
	struct iphdr ip;
	__u32 at;
	__u8 type;

	if (bpf_skb_load_bytes(skb, p->l3_off, &ip, sizeof(ip)) ||
	    ip.frag_off & bpf_htons(IP_MF_OFFSET))
		return 0;
	p->l4_off = p->l3_off + ip.ihl * 4;
	at = p->l4_off + ICMP_HEADER;
	if (bpf_skb_load_bytes(skb, p->l4_off, &type, sizeof(type)) ||
	    (type != ICMP_UNREACHABLE && type != ICMP_TIME_EXCEEDED &&
	     type != ICMP_PARAMETER) ||
	    bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)) || ip.version != 4 ||
	    ip.protocol != IPPROTO_TCP)
		return 0;
	addr_set_ip4(p->tuple.server, ip.saddr);
	addr_set_ip4(p->tuple.client, ip.daddr);
	return at + ip.ihl * 4;
}

static __always_inline __u32 icmp_find6(struct __sk_buff *skb, struct packet *p)
{
	struct ipv6hdr ip;
	__u32 at;
	__u8 type;

	p->l4_off = p->l3_off + sizeof(ip);
	at = p->l4_off + ICMP_HEADER;
	if (bpf_skb_load_bytes(skb, p->l4_off, &type, sizeof(type)) || !type ||
	    type > ICMP6_PARAMETER ||
	    bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)) || ip.version != 6 ||
	    ip.nexthdr != IPPROTO_TCP)
		return 0;
	__builtin_memcpy(p->tuple.server, &ip.saddr, sizeof(ip.saddr));
	__builtin_memcpy(p->tuple.client, &ip.daddr, sizeof(ip.daddr));
	return at + sizeof(ip);
}

/* The quoted segment's number becomes the server's. */
static __always_inline int icmp_translate(const struct run *r, __u32 at,
					  __be32 seq)
{
	const struct packet *p = r->packet;
	const struct hf_splice *s = r->splice;
	__be32 own;

	if (!s || !(s->state & HF_SPLICE_LIVE))
		return verdict_drop(r, HF_CNT_SPLICE_HELD);
	own = bpf_htonl(bpf_ntohl(seq) - splice_seq_delta(s->delta));
	if (bpf_skb_store_bytes(r->skb, at + ICMP_TCP_SEQ, &own, sizeof(own),
				0) ||
	    bpf_l4_csum_replace(r->skb, p->l4_off + ICMP_CHECK, seq, own,
				sizeof(own)))
		return verdict_drop(r, HF_CNT_SPLICE_UNFIT);
	return verdict_pass(r, HF_CNT_SPLICE_ICMP);
}

/* ICMP that came in. A call of its own: it is rare. */
static __noinline int icmp_ingress(struct __sk_buff *skb, struct packet *p)
{
	struct run r = {
		.tc = true,
		.skb = skb,
		.packet = p,
	};
	__be32 tcp[2];		/* ports, sequence number */
	__u32 at;

	__builtin_memset(p->tuple.client, 0, 2 * sizeof(p->tuple.client));
	at = p->ip6 ? icmp_find6(skb, p) : icmp_find4(skb, p);
	if (!at || bpf_skb_load_bytes(skb, at, tcp, sizeof(tcp)))
		return TC_PASS;
	p->tuple.server_port = bpf_htons(bpf_ntohl(tcp[0]) >> 16);
	p->tuple.client_port = bpf_htons(bpf_ntohl(tcp[0]));
	r.flow = flow_find_tc(&p->tuple);
	if (!r.flow || !flow_is_spliced(r.flow))
		return TC_PASS;
	r.splice = splice_find(&p->tuple, r.flow);
	p->service = r.flow->service;
	return icmp_translate(&r, at, tcp[1]);
}

#endif
