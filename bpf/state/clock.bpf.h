/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Time: milliseconds mod 2^32, from jiffies (inlined by the JIT, 1 ns, where a
 * real clock costs 19 to 33) and two words that the daemon publishes. Compare
 * by difference only.
 */
#ifndef HANDFAST_CLOCK_BPF_H
#define HANDFAST_CLOCK_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "state/maps.bpf.h"

static __always_inline __u32 clock_ms(void)
{
	return (bpf_jiffies64() * control.clock_mult >> 20) + control.clock_off;
}

/* Is `until_ms` still ahead? */
static __always_inline bool clock_before(__u32 now_ms, __u32 until_ms)
{
	return (__s32)(until_ms - now_ms) > 0;
}

#define CLOCK_AHEAD_MS	6000	/* another CPU's jiffies, another machine's
				 * cookie; generous */

/* How long ago was that? 0 where another clock was a little ahead; good for 49
 * days, where clock_before() is for 24. */
static __always_inline __u32 clock_age(__u32 now_ms, __u32 then_ms)
{
	__u32 age_ms = now_ms - then_ms;

	return age_ms > 0U - CLOCK_AHEAD_MS ? 0 : age_ms;
}

#endif
