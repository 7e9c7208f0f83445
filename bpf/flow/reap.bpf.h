/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ending records on the daemon's word. It read a record and decided; here the
 * decision is carried out only if the record's `life` still is what was read,
 * so a connection that was reborn on the tuple meanwhile is left alone. Two
 * calls at least 100 ms apart: see flow.bpf.h.
 */
#ifndef HANDFAST_REAP_BPF_H
#define HANDFAST_REAP_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "flow/closed.bpf.h"
#include "flow/flow.bpf.h"
#include "open/half.bpf.h"
#include "state/answer.bpf.h"
#include "state/clock.bpf.h"
#include "state/maps.bpf.h"
#include "state/presence.bpf.h"

/* First call: count it as closed. */
static __always_inline bool reap_mark(const struct hf_tuple *t,
				      struct hf_flow *f, __u64 life)
{
	return !(life & HF_LIFE_DYING) && flow_end(t, f, life);
}

/* Second call: take the element out; its cookie stays used up. */
static __always_inline bool reap_remove(const struct hf_tuple *t,
					struct hf_flow *f, __u64 life)
{
	if (!(life & HF_LIFE_DYING) || !flow_claim(t, f))
		return false;
	/* First: as long as it is claimed nobody else has the tuple. */
	closed_put(t, f);
	if (flow_is_spliced(f))
		bpf_map_delete_elem(&splice_v1, t);
	if (bpf_map_delete_elem(&flows, t))
		return false;
	__sync_fetch_and_add(&phase.flows, -1);
	presence_remove(t, PRESENCE_FLOW);
	return true;
}

static __always_inline void reap_one(struct hf_reap_arg *arg)
{
	struct hf_tuple tuple = arg->tuple;
	__u64 life = arg->life;
	struct hf_flow *f;

	arg->done = 0;
	if (arg->op == HF_REAP_FORGET) {
		arg->done = half_forget(&tuple, life);
		return;
	}
	f = bpf_map_lookup_elem(&flows, &tuple);
	if (!f || f->life != life)
		return;
	switch (arg->op) {
	case HF_REAP_CONFIRM: arg->done = flow_not_pending(&tuple, f); break;
	case HF_REAP_UNANSWERED:
		prefix_set_unanswered(&tuple);
		answer_fails(f->service);
		arg->done = 1;
		break;
	case HF_REAP_REMOVE: arg->done = reap_remove(&tuple, f, life); break;
	case HF_REAP_MARK:
		arg->done = reap_mark(&tuple, f, life);
		arg->life = f->life;
	}
}

#endif
