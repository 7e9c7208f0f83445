/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Programs that the daemon runs: a socket iterator, system calls, a look at hooks. */
#ifndef HANDFAST_CORE_BPF_H
#define HANDFAST_CORE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/control.h"
#include "flow/adopt.bpf.h"
#include "flow/carry.bpf.h"
#include "flow/reap.bpf.h"
#include "open/choice.bpf.h"
#include "state/count.bpf.h"
#include "state/maps.bpf.h"
#include "state/netns.bpf.h"

/* Who reads it gets a byte for each connection that was adopted. */
SEC("iter/tcp")
int hf_adopt(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;

	if (!skc)	/* no socket: the walk is over */
		return 0;
	if (adopt_socket(skc))
		bpf_seq_write(ctx->meta->seq, "+", 1);
	return 0;
}

/* The clock's two sides, read together. */
SEC("syscall")
int hf_clock(struct hf_clock_arg *arg)
{
	arg->jiffies = bpf_jiffies64();
	arg->mono_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("syscall")
int hf_reap(struct hf_reap_arg *arg)
{
	reap_one(arg);
	return 0;
}

/* A record for a spliced connection of another layout. */
SEC("syscall")
int hf_carry(struct hf_carry_arg *arg)
{
	struct hf_tuple tuple = arg->tuple;

	arg->done = carry_one(&tuple);
	return 0;
}

/* Which hooks are there for what comes by the interface that it is run for,
 * HF_HOOKS_*; and the look of choice.bpf.h. */
SEC("xdp")
int hf_hooks(struct xdp_md *ctx)
{
	struct packet p = {};
	struct run r = {
		.xdp = ctx,
		.packet = &p,
	};
	int found = 0;

	if (netns_has_hooks(&r))
		found |= HF_HOOKS_IP4;
	choice_look(&r);
	p.ip6 = true;
	if (netns_has_hooks(&r))
		found |= HF_HOOKS_IP6;
	choice_look(&r);
	return found;
}

/* The daemon counts what it did: counters have their writers here alone. */
SEC("syscall")
int hf_note(struct hf_note_arg *arg)
{
	count_atomic(arg->service, arg->counter);
	return 0;
}

#endif
