/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Spliced connections of a version with another layout. What translates them is
 * the same map in every version, `splice_v1`; their records are not, so each gets
 * another one here, of what translation and the state machine need: the numbers
 * of the handshake. What was sent since is not known: the first segment of each
 * direction says where it is (splice_track), and until then only a RST with the
 * numbers of the handshake is believed.
 */
#ifndef HANDFAST_CARRY_BPF_H
#define HANDFAST_CARRY_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "flow/adopt.bpf.h"
#include "flow/flow.bpf.h"
#include "handfast/splice.h"
#include "state/clock.bpf.h"
#include "state/count.bpf.h"
#include "state/service.bpf.h"

static __always_inline void carry_fill_dirs(struct hf_flow *f,
					    const struct hf_splice *s)
{
	struct hf_flow_dir *out = &f->dir[HF_DIR_OUT];
	struct hf_flow_dir *in = &f->dir[HF_DIR_IN];

	in->seq_hi = out->ack_hi = s->irs + 1;
	in->ack_hi = out->seq_hi = s->iss + 1;
	in->window = s->window;
	in->tsval = s->tsval;
	in->last_ms = out->last_ms = f->created_ms;
	if (s->state & HF_SPLICE_LIVE) {
		in->flags = out->flags = HF_DIR_SYN;
	} else {		/* as its third ACK left it */
		in->flags = HF_DIR_SEEN | HF_DIR_SYN | HF_DIR_ACK;
		out->flags = HF_DIR_ACK;
	}
}

static __always_inline void carry_fill(struct hf_flow *f,
				       const struct hf_splice *s, __u32 now_ms)
{
	__u32 life = s->state & HF_SPLICE_LIVE ? HF_LIFE_LIVE : HF_LIFE_PENDING;

	__builtin_memset(f, 0, sizeof(*f));
	f->life = (__u64)s->generation << 32 | life;
	f->irs = s->irs;
	f->iss = s->iss;
	f->mint_ms = f->created_ms = now_ms;
	f->mss = s->mss;
	f->snd_wscale = s->client_wscale;
	f->rcv_wscale = s->our_wscale;
	f->options = s->options;
	f->handoff = HF_HANDOFF_SPLICE;
	carry_fill_dirs(f, s);
}

/* True: `t` had what translates a connection but no record, and has one now. */
static __always_inline bool carry_one(const struct hf_tuple *t)
{
	struct adopt_entry *e = MAP_AT(adopt_scratch, 0);
	struct hf_splice *s = bpf_map_lookup_elem(&splice_v1, t);
	struct hf_service *svc;

	if (!e || !s)
		return false;
	e->tuple = *t;
	carry_fill(&e->flow, s, clock_ms());
	svc = service_of(&e->tuple);
	if (svc)
		e->flow.service = svc->id;
	if (flow_put(&e->tuple, &e->flow, NULL))
		return false;
	count_atomic(e->flow.service, HF_CNT_FLOW_CREATED);
	return true;
}

#endif
