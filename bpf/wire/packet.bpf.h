/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What was read of a segment, and the verdict about it. It holds offsets but no
 * pointer into the frame: it is handed to global functions, which the verifier
 * checks once each, and those find the frame again (`struct frame`) from their
 * context.
 *
 * No helper is called here: the unit tests compile this file natively.
 */
#ifndef HANDFAST_PACKET_BPF_H
#define HANDFAST_PACKET_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/counter.h"
#include "handfast/flow.h"

#define PKT_BIG_TCP	65535	/* longer frames may have no IP length */
#define IP_ECN_MASK	0x03	/* of TOS and traffic class */
#define IP6_LABEL_MASK	0xfffff
#define IP6_MSS_MIN	1220	/* IPv6 minimum MTU 1280 - 60, RFC 8200 5 */

/* TCP flags, as the header's thirteenth byte has them. */
#define TCP_FIN	0x01
#define TCP_SYN	0x02
#define TCP_RST	0x04
#define TCP_PSH	0x08
#define TCP_ACK	0x10
#define TCP_ECE	0x40
#define TCP_CWR	0x80

struct packet {
	struct hf_tuple tuple;
	__u32 frame_len;	/* bytes of the whole frame, fragments too */
	__u32 l3_off;		/* of the IP header */
	__u32 ip_len;		/* bytes of the datagram by its header, or 0 */
	__u32 l4_off;		/* of the TCP header */
	__u32 seq, ack;		/* host byte order */
	__u32 payload;		/* bytes; 0 before pkt_lengths() */
	__u32 doff;		/* TCP header in 32-bit words */
	__u32 now_ms;
	__u32 tsval;		/* host byte order, valid with has_ts */
	bool has_ts;
	bool ip6;
	bool group;		/* frame for a group, not for one station */
	bool odd;		/* what becomes of it says nothing about the
				 * handoff: IP options, a full accept queue */
	bool fragment;		/* the first of some: its ports are known */
	bool no_half;		/* its tuple has no half-open record ... */
	bool no_flow;		/* ... and had no flow when the packet came */
	__u8 flags;		/* TCP_* */
	__u8 tos;		/* IPv4 TOS or IPv6 traffic class */
	bool traced;		/* its frame was kept for `handfast trace' */
	__u16 window;
	__u16 service;		/* service id, 0 before it is known */
	enum hf_counter reason;	/* why the verdict is what it is */
};

/*
 * Payload by the IP length, never by the frame's (padding). False: the lengths
 * contradict each other. A zero IP length is a GSO frame above 64 kB (BIG TCP)
 * on its way out or put together by GRO, whose length is the frame's.
 */
static __always_inline bool pkt_lengths(struct packet *p)
{
	__u32 headers = p->l4_off + p->doff * 4, end = p->frame_len;

	if (p->ip_len || p->frame_len <= PKT_BIG_TCP)
		end = p->l3_off + p->ip_len;
	if (p->doff < 5 || end < headers || end > p->frame_len)
		return false;
	p->payload = end - headers;
	return true;
}

#endif
