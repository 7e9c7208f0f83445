/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a frame to a TCP segment. What is not understood ends here with a
 * reason to pass; lengths are judged later, once it is known that the segment
 * is for a service (rule 1 of the design: others' nonsense passes).
 */
#ifndef HANDFAST_PARSE_BPF_H
#define HANDFAST_PARSE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "state/maps.bpf.h"
#include "wire/frame.bpf.h"
#include "wire/packet.bpf.h"
#include "wire/tuple.bpf.h"

#define ETH_P_IP	0x0800
#define ETH_P_IPV6	0x86dd
#define ETH_P_8021Q	0x8100
#define ETH_P_8021AD	0x88a8

/* Next headers, RFC 8200 section 4. */
#define IP6_HOPOPTS	0
#define IP6_ROUTING	43
#define IP6_FRAGMENT	44
#define IP6_DSTOPTS	60
#define IP6_ICMP	58

#define PKT_VLANS_MAX		2
#define PKT_EXT_HEADERS_MAX	4
#define PKT_L3_OFF_MAX	(sizeof(struct ethhdr) + \
			 PKT_VLANS_MAX * sizeof(struct vlan_hdr))
#define PKT_L4_OFF_MAX	(FRAME_HEADERS_MAX - 60)
#define PKT_FRAME_MIN	60	/* Ethernet without FCS */

#define IP_MF_OFFSET	0x3fff	/* more fragments | fragment offset */
#define IP_OFFSET	0x1fff
#define IP6_OFFSET	0xfff8
#define VLAN_VID	0x0fff

/* Up to two tags; their ids become the zone. Returns the EtherType. */
static __always_inline __be16 pkt_parse_eth(const struct frame *fr,
					    struct packet *p)
{
	struct ethhdr *eth = fr->data;
	struct vlan_hdr *vlan;
	__be16 proto;

	p->l3_off = sizeof(*eth);
	if ((void *)(eth + 1) > fr->data_end)
		return 0;
	p->group = eth->h_dest[0] & 1;
	proto = eth->h_proto;
	for (int i = 0; i < PKT_VLANS_MAX; i++) {
		if (proto != bpf_htons(ETH_P_8021Q) &&
		    proto != bpf_htons(ETH_P_8021AD))
			break;
		vlan = fr->data + p->l3_off;
		if ((void *)(vlan + 1) > fr->data_end)
			return 0;
		p->tuple.zone = p->tuple.zone << 12 |
				(bpf_ntohs(vlan->h_vlan_TCI) & VLAN_VID);
		proto = vlan->h_vlan_encapsulated_proto;
		p->l3_off += sizeof(*vlan);
	}
	return proto;
}

/* `src` and `dst` are the two address fields of the tuple. */
static __always_inline void pkt_read_ip4(struct packet *p,
					 const struct iphdr *ip, __be32 *src,
					 __be32 *dst)
{
	addr_set_ip4(src, ip->saddr);
	addr_set_ip4(dst, ip->daddr);
	p->ip6 = false;
	p->ip_len = bpf_ntohs(ip->tot_len);
	p->tos = ip->tos;
	p->l4_off = p->l3_off + ip->ihl * 4;
}

static __always_inline bool pkt_parse_ip4(const struct frame *fr,
					  struct packet *p, __be32 *src,
					  __be32 *dst)
{
	struct iphdr *ip = fr->data + p->l3_off;

	p->reason = HF_CNT_PASS_SHORT;
	if ((void *)(ip + 1) > fr->data_end)
		return false;
	p->reason = HF_CNT_PASS_NOT_IP;
	if (ip->version != 4 || ip->ihl < 5)
		return false;
	p->reason = HF_CNT_PASS_NOT_TCP;
	if (ip->protocol != IPPROTO_TCP)
		return false;
	p->reason = HF_CNT_PASS_FRAGMENT;
	if (ip->frag_off & bpf_htons(IP_OFFSET))
		return false;
	p->fragment = ip->frag_off & bpf_htons(IP_MF_OFFSET);
	pkt_read_ip4(p, ip, src, dst);
	p->odd = ip->ihl > 5;
	return true;
}

/* Length of an extension header, or 0. A whole datagram may have a fragment header
 * (RFC 6946), and the first fragment has all headers (RFC 7112). */
static __always_inline __u32 pkt_ext_len(struct packet *p, void *ext,
					 void *data_end, __u8 type)
{
	const struct ipv6_opt_hdr *opt = ext;
	const struct frag_hdr *frag = ext;

	if (type != IP6_FRAGMENT)
		return (opt->hdrlen + 1) * 8;
	p->reason = HF_CNT_PASS_FRAGMENT;
	if ((void *)(frag + 1) > data_end ||
	    frag->frag_off & bpf_htons(IP6_OFFSET))
		return 0;
	p->fragment = frag->frag_off;
	return sizeof(*frag);
}

/*
 * Walk to the TCP header over hop-by-hop options, routing header, destination
 * options and the header of a fragment (RFC 8200 4.1).
 */
static __always_inline bool pkt_walk_ip6(const struct frame *fr,
					 struct packet *p, __u8 next)
{
	struct ipv6_opt_hdr *ext;
	__u32 len;

	for (int i = 0; i <= PKT_EXT_HEADERS_MAX; i++) {
		if (next == IPPROTO_TCP)
			return true;
		p->reason = HF_CNT_PASS_NOT_TCP;
		if (next != IP6_HOPOPTS && next != IP6_ROUTING &&
		    next != IP6_DSTOPTS && next != IP6_FRAGMENT)
			return false;
		p->reason = HF_CNT_PASS_SHORT;
		ext = fr->data + p->l4_off;
		if ((void *)(ext + 1) > fr->data_end)
			return false;
		len = pkt_ext_len(p, ext, fr->data_end, next);
		if (!len)
			return false;
		next = ext->nexthdr;
		p->odd = true;
		p->l4_off += len;
	}
	p->reason = HF_CNT_PASS_EXT_HEADER;
	return false;
}

/* False: ::ffff:0:0/96, which never crosses a wire, would pass for IPv4 here. */
static __always_inline bool pkt_read_ip6(struct packet *p,
					 const struct ipv6hdr *ip, __be32 *src,
					 __be32 *dst)
{
	__builtin_memcpy(src, &ip->saddr, sizeof(ip->saddr));
	__builtin_memcpy(dst, &ip->daddr, sizeof(ip->daddr));
	if (addr_is_ip4(src) || addr_is_ip4(dst))
		return false;
	p->ip6 = true;
	p->ip_len = bpf_ntohs(ip->payload_len);
	if (p->ip_len)
		p->ip_len += sizeof(*ip);
	p->tos = ip->priority << 4 | ip->flow_lbl[0] >> 4;
	p->l4_off = p->l3_off + sizeof(*ip);
	return true;
}

static __always_inline bool pkt_parse_ip6(const struct frame *fr,
					  struct packet *p, __be32 *src,
					  __be32 *dst)
{
	struct ipv6hdr *ip = fr->data + p->l3_off;

	p->reason = HF_CNT_PASS_SHORT;
	if ((void *)(ip + 1) > fr->data_end)
		return false;
	p->reason = HF_CNT_PASS_NOT_IP;
	if (ip->version != 6)
		return false;
	if (!pkt_read_ip6(p, ip, src, dst))
		return false;
	return pkt_walk_ip6(fr, p, ip->nexthdr);
}

/* They are all that the first fragment surely has. */
static __always_inline void pkt_read_ports(struct packet *p,
					   const struct tcphdr *tcp,
					   bool from_server)
{
	p->tuple.client_port = from_server ? tcp->dest : tcp->source;
	p->tuple.server_port = from_server ? tcp->source : tcp->dest;
}

static __always_inline void pkt_read_tcp(struct packet *p,
					 const struct tcphdr *tcp,
					 bool from_server)
{
	pkt_read_ports(p, tcp, from_server);
	p->seq = bpf_ntohl(tcp->seq);
	p->ack = bpf_ntohl(tcp->ack_seq);
	p->doff = tcp->doff;
	p->flags = ((__u8 *)tcp)[13];
	p->window = bpf_ntohs(tcp->window);
}

/*
 * From the IP header at l3_off on: everything up to the fixed part of the TCP
 * header. `from_server`: the source is the tuple's server. False: p->reason
 * says why.
 */
static __always_inline bool pkt_parse_ip(const struct frame *fr,
					 struct packet *p, __be16 proto,
					 bool from_server)
{
	__be32 *src = from_server ? p->tuple.server : p->tuple.client;
	__be32 *dst = from_server ? p->tuple.client : p->tuple.server;
	struct tcphdr *tcp;

	if (proto == bpf_htons(ETH_P_IP)) {
		if (!pkt_parse_ip4(fr, p, src, dst))
			return false;
	} else if (proto == bpf_htons(ETH_P_IPV6)) {
		if (!pkt_parse_ip6(fr, p, src, dst))
			return false;
	} else {
		p->reason = HF_CNT_PASS_NOT_IP;
		return false;
	}
	p->reason = HF_CNT_PASS_EXT_HEADER;
	if (p->l4_off > PKT_L4_OFF_MAX)
		return false;
	tcp = fr->data + p->l4_off;
	p->reason = HF_CNT_PASS_SHORT;
	if ((void *)(&tcp->dest + 1) > fr->data_end)
		return false;
	if (p->fragment) {
		pkt_read_ports(p, tcp, from_server);
		p->reason = HF_CNT_PASS_FRAGMENT;
		return false;
	}
	if ((void *)(tcp + 1) > fr->data_end)
		return false;
	pkt_read_tcp(p, tcp, from_server);
	return true;
}

/* The same from the Ethernet header on. The caller has set the zone of tags that
 * are not in the frame. */
static __always_inline bool pkt_parse(const struct frame *fr, struct packet *p,
				      bool from_server)
{
	__be16 proto = pkt_parse_eth(fr, p);

	return pkt_parse_ip(fr, p, proto, from_server);
}

/*
 * What nearly every frame is, without a loop: no IP options, no extension headers, whole.
 * The TCP header, or NULL: pkt_parse_ip() has to look.
 */
static __always_inline struct tcphdr *pkt_plain4(struct iphdr *ip, void *end)
{
	struct tcphdr *tcp = (void *)(ip + 1);

	if ((void *)(tcp + 1) > end || *(__u8 *)ip != 0x45 ||
	    ip->protocol != IPPROTO_TCP ||
	    ip->frag_off & bpf_htons(IP_MF_OFFSET))
		return NULL;
	return tcp;
}

static __always_inline struct tcphdr *pkt_plain6(struct ipv6hdr *ip, void *end)
{
	struct tcphdr *tcp = (void *)(ip + 1);

	if ((void *)(tcp + 1) > end || ip->version != 6 ||
	    ip->nexthdr != IPPROTO_TCP)
		return NULL;
	return tcp;
}

/* By the EtherType. */
static __always_inline struct tcphdr *pkt_plain(void *ip, void *end,
						__be16 proto)
{
	if (proto == bpf_htons(ETH_P_IP))
		return pkt_plain4(ip, end);
	return proto == bpf_htons(ETH_P_IPV6) ? pkt_plain6(ip, end) : NULL;
}

/* Such a frame of a client's, without tags, read. */
static __always_inline bool pkt_parse_plain4(const struct frame *fr,
					     struct packet *p)
{
	struct ethhdr *eth = fr->data;
	struct iphdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp = pkt_plain4(ip, fr->data_end);

	if (!tcp || eth->h_proto != bpf_htons(ETH_P_IP))
		return false;
	p->group = eth->h_dest[0] & 1;
	p->l3_off = sizeof(*eth);
	pkt_read_ip4(p, ip, p->tuple.client, p->tuple.server);
	p->l4_off = sizeof(*eth) + sizeof(*ip);
	pkt_read_tcp(p, tcp, false);
	return true;
}

static __always_inline bool pkt_parse_plain6(const struct frame *fr,
					     struct packet *p)
{
	struct ethhdr *eth = fr->data;
	struct ipv6hdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp = pkt_plain6(ip, fr->data_end);

	if (!tcp || eth->h_proto != bpf_htons(ETH_P_IPV6))
		return false;
	p->group = eth->h_dest[0] & 1;
	p->l3_off = sizeof(*eth);
	if (!pkt_read_ip6(p, ip, p->tuple.client, p->tuple.server))
		return false;
	pkt_read_tcp(p, tcp, false);
	return true;
}

static __always_inline bool pkt_parse_plain(const struct frame *fr,
					    struct packet *p)
{
	return pkt_parse_plain4(fr, p) || pkt_parse_plain6(fr, p);
}

/* TSval of the layout that all stacks send (RFC 7323 appendix A). */
static __always_inline void pkt_note_tsval(const struct run *r)
{
	struct packet *p = r->packet;
	struct frame fr = frame_of(r);
	__be32 *word = frame_words(&fr, p->l4_off + sizeof(struct tcphdr), 2);

	p->has_ts = p->doff >= 8 && word &&
		    word[0] == OPT_WORD(OPT_KIND_NOP, OPT_KIND_NOP, OPT_KIND_TS,
					OPT_LEN_TS);
	if (p->has_ts)
		p->tsval = bpf_ntohl(word[1]);
}

/* The option bytes, to be parsed. False: the header is cut off. */
static __always_inline bool pkt_load_options(const struct run *r,
					     struct options_raw *raw)
{
	const struct packet *p = r->packet;
	__u32 at = p->l4_off + sizeof(struct tcphdr);
	__u32 words = p->doff - 5, len = words * 4;
	struct frame fr = frame_of(r);
	__be32 *word;

	__builtin_memset(raw, 0, sizeof(*raw));
	raw->len = len;
	if (!words)
		return true;
	if (words == 5 && (word = frame_words(&fr, at, 5))) {
		for (int i = 0; i < 5; i++)
			raw->word[i] = word[i];
		return true;
	}
	if (words == 3 && (word = frame_words(&fr, at, 3))) {
		for (int i = 0; i < 3; i++)
			raw->word[i] = word[i];
		return true;
	}
	return frame_load(r, at, raw->byte, len);
}

/* Too large for the stack of tc egress: all its calls have 512 bytes together. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct options_raw);
} options_scratch SEC(".maps");

/* The same for tc, parsed. */
static __always_inline bool pkt_options_tc(const struct run *r,
					   struct options *o)
{
	struct options_raw *raw = MAP_AT(options_scratch, 0);

	if (!raw || !pkt_load_options(r, raw))
		return false;
	opt_parse(o, raw);
	return true;
}

/*
 * The same for XDP, parsed; 0 or -1. Global, so that what follows is checked
 * once and not for every layout.
 */
__noinline int pkt_options_any(struct xdp_md *ctx, struct packet *p,
			       struct options *o)
{
	struct run r = { .xdp = ctx, .packet = p };
	struct options_raw raw;

	if (!p || !o || !pkt_load_options(&r, &raw))
		return -1;
	opt_parse(o, &raw);
	return 0;
}

/* The same without a call for the layouts that nearly everyone sends. */
static __always_inline int pkt_options(const struct run *r, struct options *o)
{
	struct packet *p = r->packet;
	__u32 at = p->l4_off + sizeof(struct tcphdr);
	struct frame fr = frame_of(r);
	__be32 *word = NULL;

	if (p->doff == 10)
		word = frame_words(&fr, at, 5);
	else if (p->doff == 8)
		word = frame_words(&fr, at, 3);
	if (!(word && opt_parse_plain(o, word, p->doff - 5)) &&
	    pkt_options_any(r->xdp, p, o))
		return -1;
	p->has_ts = o->seen & HF_OPT_TS;
	p->tsval = o->tsval;
	return 0;
}

#endif
