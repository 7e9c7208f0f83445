/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The commonest SYN while calm, passed: counted, since many of them are a flood. See
 * fast.bpf.h.
 */
#ifndef HANDFAST_FAST_CALM_BPF_H
#define HANDFAST_FAST_CALM_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "open/fast.bpf.h"
#include "state/count.bpf.h"
#include "state/phase.bpf.h"

static __always_inline int fast_calm(struct xdp_md *ctx, struct fast_kind k)
{
	struct packet p = {};
	struct run r = {
		.xdp = ctx,
		.packet = &p,
	};

	if (!fast_parse(&r, &k) || !fast_find(&r) ||
	    !fast_holds(&r, fast_calm_of(&r)))
		return FAST_NOT;
	phase_syns(&r, 1);
	count_both(p.service, HF_CNT_SYN_SEEN, HF_CNT_SYN_PASS_CALM);
	return XDP_PASS;
}

/* XDP_PASS, or FAST_NOT; `opt_len` as struct fast_kind has it. */
__noinline int fast_calm4(struct xdp_md *ctx, __u32 opt_len)
{
	return fast_calm(ctx, (struct fast_kind){ false, TCP_SYN, opt_len });
}

__noinline int fast_calm6(struct xdp_md *ctx, __u32 opt_len)
{
	return fast_calm(ctx, (struct fast_kind){ true, TCP_SYN, opt_len });
}

#endif
