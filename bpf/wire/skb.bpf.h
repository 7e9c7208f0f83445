/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From an skb to a TCP segment: parse.bpf.h for what tc is given. */
#ifndef HANDFAST_SKB_BPF_H
#define HANDFAST_SKB_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "state/config.bpf.h"
#include "state/service.bpf.h"
#include "wire/parse.bpf.h"

/*
 * Does the skb begin with its IP header? Generic XDP copies an skb that was
 * cloned or has little headroom, and skb_pp_cow_data() forgets mac_len, so that
 * tc ingress finds data after the Ethernet header (seen on Linux 6.18).
 */
static __always_inline bool skb_begins_with_ip(struct __sk_buff *skb,
					       const struct frame *fr)
{
	__be32 *word = frame_words(fr, 0, 5), ip[5];

	if (!word || bpf_skb_load_bytes_relative(skb, 0, ip, sizeof(ip),
						 BPF_HDR_START_NET))
		return false;
	for (int i = 0; i < 5; i++)
		if (word[i] != ip[i])
			return false;
	return true;
}

/* Does it come from a socket of that port? What is redirected has a socket, too, of
 * another port. Test runs have one that is closed. */
static __always_inline bool skb_is_sockets(const struct run *r)
{
	struct bpf_sock *sk = r->skb->sk;

	return sk && sk->state != BPF_TCP_CLOSE &&
	       sk->src_port == bpf_ntohs(r->packet->tuple.server_port);
}

/*
 * A port that no service has may get one: its SYNs and their answers are looked at,
 * too, but for those of sockets, which are found without: a port that is open for a
 * moment would have a service for ten minutes. clang 14 would read the flags from the
 * packet once more, by a pointer of which the verifier says "offset is outside of the
 * packet".
 */
static __always_inline bool skb_may_find(const struct run *r, bool from_server)
{
	__u8 flags = *(const volatile __u8 *)&r->packet->flags;

	flags &= TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN;
	if (!control.find_ports)
		return false;
	if (!from_server)
		return flags == TCP_SYN;
	return flags == (TCP_SYN | TCP_ACK) && !skb_is_sockets(r);
}

/* The skb's segment, if its port is a service's, or may become one's. */
static __always_inline bool skb_parse(const struct run *r, bool from_server)
{
	struct __sk_buff *skb = r->skb;
	struct packet *p = r->packet;
	struct frame fr = frame_of(r);
	bool parsed;

	p->frame_len = skb->len;
	if (skb->vlan_present)
		p->tuple.zone = skb->vlan_tci & VLAN_VID;
	if (iface_generic && !from_server && skb_begins_with_ip(skb, &fr)) {
		p->l3_off = 0;
		parsed = pkt_parse_ip(&fr, p, skb->protocol, from_server);
	} else {
		parsed = pkt_parse(&fr, p, from_server);
	}
	return parsed && (service_has_port(p->tuple.server_port) ||
			  skb_may_find(r, from_server));
}

#endif
