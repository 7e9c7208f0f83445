/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Verdicts of tc, counted where they are given. */
#ifndef HANDFAST_VERDICT_BPF_H
#define HANDFAST_VERDICT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "state/count.bpf.h"
#include "state/run.bpf.h"

#define TC_PASS	(-1)		/* TC_ACT_UNSPEC: the next program decides */
#define TC_DROP	2		/* TC_ACT_SHOT */

static __always_inline void verdict_note(const struct run *r,
					 enum hf_counter why)
{
	r->packet->reason = why;
	count(r->packet->service, why);
}

static __always_inline int verdict_pass(const struct run *r,
					enum hf_counter why)
{
	verdict_note(r, why);
	return TC_PASS;
}

static __always_inline int verdict_drop(const struct run *r,
					enum hf_counter why)
{
	verdict_note(r, why);
	return TC_DROP;
}

#endif
