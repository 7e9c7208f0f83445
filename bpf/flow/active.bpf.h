/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Connections that this host opens from a protected port: a record from the SYN
 * on, if that was asked for. They are watched, never altered, never dropped.
 */
#ifndef HANDFAST_ACTIVE_BPF_H
#define HANDFAST_ACTIVE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "flow/flow.bpf.h"
#include "state/event.bpf.h"
#include "state/service.bpf.h"

static __always_inline void active_open(struct run *r)
{
	struct hf_flow *f = MAP_AT(scratch, 0);
	struct packet *p = r->packet;
	struct flow_events events;
	__u32 generation;

	if (!f || !service_find(p) || phase.flows >= control.flows_limit)
		return;
	r->flow = flow_find(&p->tuple);
	if (r->flow && !flow_over(r->flow) && !flow_closed_both(r->flow))
		return;
	__builtin_memset(f, 0, sizeof(*f));
	f->life = flow_new_life(0);
	f->iss = p->seq;
	f->mint_ms = f->created_ms = p->now_ms;
	f->snd_wscale = f->rcv_wscale = HF_WSCALE_NONE;
	f->handoff = HF_HANDOFF_KERNEL;
	f->service = p->service;
	f->dir[HF_DIR_OUT].flags = HF_DIR_SYN | HF_DIR_ACTIVE;
	f->dir[HF_DIR_OUT].seq_hi = p->seq;
	flow_add_facts(f, p, HF_DIR_OUT, &events);
	generation = flow_generation(f);
	if (!flow_insert(r, f))
		event_send(p, generation, EVENT(SND_SYN));
}

#endif
