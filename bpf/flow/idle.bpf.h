/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The short way of what nobody has to look at, as nearly all segments are while calm: of
 * a port that is not protected, or, where there is no record, of a connection that the
 * kernel opened itself. A few loads at fixed places decide, at each hook: a live program
 * pays for its memory and code, which others use in between, more than for its
 * instructions.
 *
 * What begins or ends a connection otherwise than by FIN, and what is tagged or has IP
 * options or extension headers, goes the general way, from the beginning.
 */
#ifndef HANDFAST_IDLE_BPF_H
#define HANDFAST_IDLE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "state/clock.bpf.h"
#include "state/config.bpf.h"
#include "state/maps.bpf.h"
#include "state/service.bpf.h"
#include "wire/packet.bpf.h"
#include "wire/parse.bpf.h"

/* Of a connection, as nearly all segments are? `flags` are TCP_*; others may stand
 * above them. */
static __always_inline bool idle_is_usual(__u32 flags)
{
	return (flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_ACK;
}

/* Is all calm, is no cookie under way, and is there no record? Trace wants to see the
 * rest. */
static __always_inline bool idle_is_on(void)
{
	return control.modes == HF_MODE_BIT(HF_MODE_AUTO) && !control.cookies &&
	       !control.trace && !phase.flood.on && !phase.ack_flood.on &&
	       !phase.flows;
}

/* How much this CPU has learned of a port, and those that share its place, since the
 * clock ticked last. */
struct idle_lessons {
	__u32 now_ms;
	__u16 asked, answered;
};

#define IDLE_PLACES	16

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, IDLE_PLACES);
	__type(key, __u32);
	__type(value, struct idle_lessons);
} idle_lessons SEC(".maps");

#define IDLE_LESSONS	8	/* a tick, of either kind: 2000 a second at 250 Hz */

/* Do a SYN for this port, or its answer, teach no more than others did just now? */
static __always_inline bool idle_is_known(__be16 port, bool answer)
{
	struct idle_lessons *l = MAP_AT(idle_lessons,
					bpf_ntohs(port) % IDLE_PLACES);
	__u32 now_ms = clock_ms();
	__u16 *nr;

	if (!l || !idle_is_on())
		return false;
	if (l->now_ms != now_ms) {
		l->now_ms = now_ms;
		l->asked = l->answered = 0;
	}
	nr = answer ? &l->answered : &l->asked;
	if (*nr >= IDLE_LESSONS)
		return true;
	++*nr;
	return false;
}

/* The TCP header that follows an IP header at an offset, if both are usual, or NULL. */
static __always_inline const struct tcphdr *idle_tcp(struct __sk_buff *skb,
						     __u32 l3_off)
{
	return pkt_plain((void *)(long)skb->data + l3_off,
			 (void *)(long)skb->data_end, skb->protocol);
}

static __always_inline __u8 idle_flags(const struct tcphdr *tcp)
{
	return ((const __u8 *)tcp)[13];
}

/*
 * tc ingress wants SYNs, for what their answers teach, and what has a record. What
 * generic XDP copied may begin with its IP header (wire/skb.bpf.h), but not surely:
 * where it matters which, it goes the general way.
 */
static __always_inline bool idle_tc_in(struct __sk_buff *skb)
{
	const struct tcphdr *tcp = idle_tcp(skb, sizeof(struct ethhdr));
	__u8 flags;

	if (!tcp && iface_generic)
		tcp = idle_tcp(skb, 0);
	if (!tcp)
		return false;
	flags = idle_flags(tcp);
	if (idle_is_usual(flags))
		return !phase.flows ||
		       (!iface_generic && !service_has_port(tcp->dest));
	return (flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN &&
	       service_has_port(tcp->dest) && idle_is_known(tcp->dest, false);
}

/* tc egress wants SYN-ACKs, and hears servers behind this host: they have no socket. */
static __always_inline bool idle_tc_out(struct __sk_buff *skb)
{
	const struct tcphdr *tcp = idle_tcp(skb, sizeof(struct ethhdr));
	__u8 flags;

	if (!tcp)
		return false;
	flags = idle_flags(tcp);
	if (idle_is_usual(flags))
		return !service_has_port(tcp->source) ||
		       (!phase.flows && skb->sk);
	return (flags & (TCP_SYN | TCP_ACK | TCP_RST)) == (TCP_SYN | TCP_ACK) &&
	       service_has_port(tcp->source) && skb->sk && !skb->vlan_present &&
	       idle_is_known(tcp->source, true);
}

#endif
