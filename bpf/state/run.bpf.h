/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet on its way: made by the entry on its stack, taken by every step. A
 * global function is given the context and the packet, and makes its own.
 */
#ifndef HANDFAST_RUN_BPF_H
#define HANDFAST_RUN_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/service.h"
#include "wire/packet.bpf.h"

struct reply;			/* open/reply.bpf.h */
struct service_copy;		/* state/service.bpf.h */

struct run {
	bool tc;		/* a constant of the program: its context is */
	struct __sk_buff *skb;	/* ... this one, ... */
	struct xdp_md *xdp;	/* ... or else this one */
	struct packet *packet;
	struct hf_service *service;	/* XDP: a copy, for this packet ... */
	struct service_copy *copy;	/* ... in this */
	struct hf_flow *flow;	/* the record that the packet meets, or NULL */
	struct hf_splice *splice;	/* tc: its translation, likewise */
	struct reply *reply;	/* XDP: the segment's options, and its answer */
	__u32 handoff;		/* XDP: of a connection that begins with it */
};

/* What a short way returns instead of an action of XDP: the packet has to go the
 * general one. */
#define FAST_NOT	(-1)

/* The context, for helpers that take one of either program. */
static __always_inline void *run_ctx(const struct run *r)
{
	return r->tc ? (void *)r->skb : (void *)r->xdp;
}

/*
 * Without the barrier clang 14 computes the address of `reason` once for all
 * verdicts and keeps that in a register, and the packet itself on the stack: 15
 * ns a segment.
 */
static __always_inline void run_set_reason(const struct run *r,
					   enum hf_counter why)
{
	struct packet *p = r->packet;

	barrier_var(p);
	p->reason = why;
}

/* Verdicts of XDP: the reason is set, the caller returns what these return. */
static __always_inline int run_pass(const struct run *r, enum hf_counter why)
{
	run_set_reason(r, why);
	return XDP_PASS;
}

static __always_inline int run_drop(const struct run *r, enum hf_counter why)
{
	run_set_reason(r, why);
	return XDP_DROP;
}

#endif
