/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The short way of what floods are made of: untagged, no IP options or extension
 * headers, TCP options as nearly all stacks send them. SYNs: fast_syn.bpf.h, while calm
 * fast_calm.bpf.h; ACKs that prove nothing: fast_ack.bpf.h.
 *
 * Most of what the general way (syn.bpf.h, ack.bpf.h) asks does not depend on the
 * client: is it armed, is there room, does the server answer, is it time to see that
 * again? What it found for one segment of a service holds for those that come after it
 * on this CPU until the clock ticks, a jiffy at most (struct fast_answer). They are
 * judged here by the same steps, with all that is read of them in registers and on the
 * stack.
 *
 * Whatever is not usual goes the general way, from the beginning: nothing is written,
 * and nothing counted, before all is sure.
 */
#ifndef HANDFAST_FAST_BPF_H
#define HANDFAST_FAST_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "state/clock.bpf.h"
#include "state/config.bpf.h"
#include "state/maps.bpf.h"
#include "state/run.bpf.h"
#include "state/service.bpf.h"
#include "state/station.bpf.h"
#include "wire/frame.bpf.h"
#include "wire/parse.bpf.h"

/* What is known for packets of this IP version. */
static __always_inline struct fast_answer *fast_answer_of(const struct run *r)
{
	return r->packet->ip6 ? &r->copy->answer6 : &r->copy->answer4;
}

static __always_inline struct fast_at *fast_calm_of(const struct run *r)
{
	return r->packet->ip6 ? &r->copy->calm6 : &r->copy->calm4;
}

static __always_inline struct fast_refusal *fast_refusal_of(const struct run *r)
{
	return r->packet->ip6 ? &r->copy->refusal6 : &r->copy->refusal4;
}

/* Does it hold here and now? */
static __always_inline bool fast_is_on(const struct run *r,
				       const struct fast_at *at)
{
	return at->on && at->now_ms == r->packet->now_ms &&
	       at->iface == iface_slot;
}

/* It holds from now on, if `on`. */
static __always_inline void fast_note(const struct run *r, struct fast_at *at,
				      bool on)
{
	const struct hf_stations *own = MAP_AT(stations, iface_slot);

	at->now_ms = r->packet->now_ms;
	at->iface = iface_slot;
	at->on = on && own;
	at->any_station = own && !own->nr;
	at->station = own ? own->mac[0] : 0;
}

/* How many were since, if it was not long ago: they are counted from now on. */
static __always_inline __u32 fast_take(struct fast_at *at, __u32 now_ms)
{
	__u32 nr = at->nr;

	at->nr = 0;
	return clock_age(now_ms, at->now_ms) < HF_WINDOW_MS ? nr : 0;
}

/* Which of them: what differs between them is a constant to each. */
struct fast_kind {
	bool ip6;
	__u8 flags;		/* TCP_* */
	__u8 opt_len;		/* bytes of TCP options */
};

#define FAST_OPT_TS	20	/* of a SYN: MSS, SACK, timestamps, scale */
#define FAST_OPT_NO_TS	12	/* ... without timestamps; of an ACK: with them */

/* Has it these flags alone, and the length of such a one? */
static __always_inline bool fast_parse(const struct run *r,
				       const struct fast_kind *k)
{
	__u32 ip_len = (k->ip6 ? sizeof(struct ipv6hdr)
			       : sizeof(struct iphdr)) +
		       sizeof(struct tcphdr) + k->opt_len;
	struct packet *p = r->packet;
	struct frame fr = frame_of(r);

	p->frame_len = fr.data_end - fr.data;
	if (!(k->ip6 ? pkt_parse_plain6(&fr, p) : pkt_parse_plain4(&fr, p)) ||
	    p->flags != k->flags || p->ip_len != ip_len ||
	    p->frame_len != p->l3_off + ip_len)
		return false;
	p->doff = 5 + k->opt_len / 4;	/* a constant from here on */
	return true;
}

/* Its options; NULL: never. */
static __always_inline __be32 *fast_options(const struct run *r,
					    const struct fast_kind *k)
{
	struct frame fr = frame_of(r);

	return frame_words(&fr, r->packet->l4_off + sizeof(struct tcphdr),
			   k->opt_len / 4);
}

/* Is a copy of its service here, as that is now? */
static __always_inline bool fast_find(struct run *r)
{
	struct packet *p = r->packet;

	r->copy = service_copy_of(&p->tuple);
	if (!r->copy || !service_copy_is_good(r, r->copy))
		return false;
	r->service = &r->copy->value;
	p->service = r->service->id;
	p->now_ms = clock_ms();
	return true;
}

/* Is the frame for the interface itself? */
static __always_inline bool fast_is_ours(const struct run *r,
					 const struct fast_at *at)
{
	struct frame fr = frame_of(r);
	struct ethhdr *eth = fr.data;

	return at->any_station || ((void *)(eth + 1) <= fr.data_end &&
				   at->station == station_mac(eth->h_dest));
}

/* Does what was found hold for the packet? */
static __always_inline bool fast_holds(const struct run *r,
				       const struct fast_at *at)
{
	return fast_is_on(r, at) && fast_is_ours(r, at);
}

#endif
