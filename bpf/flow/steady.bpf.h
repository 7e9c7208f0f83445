/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The short way of what nearly all segments of connections are: an acknowledgment, with
 * or without data, untagged and without IP options or extension headers. The daemon need
 * not hear of it: the server has sent no FIN, and nothing waits for a third ACK.
 *
 * The steps are those of the general way (ingress_flow() in ingress.bpf.h), with what
 * is read of the segment in registers, and without asking the presence filter first.
 * What is not as usual goes the general way, from the beginning: nothing is written
 * before all is sure.
 */
#ifndef HANDFAST_STEADY_BPF_H
#define HANDFAST_STEADY_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "flow/facts.bpf.h"
#include "state/clock.bpf.h"
#include "state/count.bpf.h"
#include "state/maps.bpf.h"
#include "state/run.bpf.h"
#include "state/station.bpf.h"
#include "wire/parse.bpf.h"

/* The flags that decide, and how they must stand. Urgent data, PSH and those of ECN say
 * nothing about a connection. */
#define STEADY_MASK	(TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK)
#define STEADY_FLAGS	TCP_ACK

/* Have most segments a record, is trace off, and is there no flood of ACKs? Where the
 * kernel may open connections by itself most have none, but in a flood. */
static __always_inline bool steady_is_on(void)
{
	return phase.flows && !phase.ack_flood.on && !control.trace &&
	       (phase.flood.on || control.modes == HF_MODE_BIT(HF_MODE_ALWAYS));
}

/*
 * Is it open, as far as a segment with these flags can tell? Its client may have sent a
 * FIN, which changes nothing before the server's. Of an active open the other side's
 * SYN came, and its own was acknowledged.
 */
static __always_inline bool steady_is_open(const struct hf_flow *f)
{
	const struct hf_flow_dir *in = &f->dir[HF_DIR_IN];
	const struct hf_flow_dir *out = &f->dir[HF_DIR_OUT];

	if ((__u32)f->life & (HF_LIFE_DYING | HF_LIFE_PENDING) ||
	    (in->flags | out->flags) & HF_DIR_RST || out->flags & HF_DIR_FIN)
		return false;
	return in->flags & HF_DIR_SYN &&
	       (!(out->flags & HF_DIR_ACTIVE) || in->ack_hi != f->iss);
}

/* Read a segment that ingress_fast() has seen to have these flags, to a service's port.
 * False: it is not of this kind, or for another station. */
static __always_inline bool steady_parse(const struct run *r, bool ip6)
{
	struct packet *p = r->packet;
	struct frame fr = frame_of(r);

	if (!(ip6 ? pkt_parse_plain6(&fr, p) : pkt_parse_plain4(&fr, p)) ||
	    !station_is_ours(r))
		return false;
	p->flags = STEADY_FLAGS; /* a constant from here on */
	frame_measure(r);
	return true;
}

/* What the segment adds to its record. False: it does not fit, and nothing was
 * taken. */
static __always_inline bool steady_note(const struct run *r)
{
	struct packet *p = r->packet;

	p->now_ms = clock_ms();
	pkt_note_tsval(r);
	if (!pkt_lengths(p) || !flow_fits(r->flow, p, HF_DIR_IN))
		return false;
	flow_note(&r->flow->dir[HF_DIR_IN], p);
	return true;
}

static __always_inline int steady(struct xdp_md *ctx, bool ip6)
{
	struct packet p = {};
	struct run r = { .xdp = ctx, .packet = &p };
	struct hf_tuple key;

	if (!steady_parse(&r, ip6))
		return FAST_NOT;
	key = p.tuple;	/* a helper takes the address of this, not of p */
	r.flow = bpf_map_lookup_elem(&flows, &key);
	if (!r.flow || !steady_is_open(r.flow))
		return FAST_NOT;
	/* of a splice tc takes the facts */
	if (!flow_is_spliced(r.flow) && !steady_note(&r))
		return FAST_NOT;
	count(r.flow->service, HF_CNT_FLOW_IN);
	return XDP_PASS;
}

/* XDP_PASS, or FAST_NOT. Global: their stack and the general way's take turns. */
__noinline int steady4(struct xdp_md *ctx)
{
	return steady(ctx, false);
}

__noinline int steady6(struct xdp_md *ctx)
{
	return steady(ctx, true);
}

#endif
