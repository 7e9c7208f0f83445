/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What `handfast trace` shows: one verdict, in the ring buffer `trace`. */
#ifndef HANDFAST_TRACE_H
#define HANDFAST_TRACE_H

#include "handfast/flow.h"

enum hf_hook {
	HF_HOOK_XDP,
	HF_HOOK_TC_IN,
	HF_HOOK_TC_OUT,
	HF_HOOK_NR,
};

struct hf_trace {
	struct hf_tuple tuple;
	__u32 at_ms;
	__u32 ifindex;
	__u32 seq, ack;
	__u32 payload;		/* bytes; 0 where lengths were not looked at */
	__u16 reason;		/* enum hf_counter */
	__u16 service;		/* service id, 0 none */
	__u8 hook;		/* enum hf_hook */
	__u8 verdict;		/* XDP_* or, from tc, TC_ACT_* + 1 */
	__u8 flags;		/* TCP flags, thirteenth byte of the header */
	__u8 pad;
};

#define HF_TRACE_FRAME_MAX	128	/* bytes of a frame: its headers */

struct hf_trace_frame {
	__u32 len;		/* bytes that are here; 0: no frame ... */
	__u32 wire_len;		/* ... of so many */
	__u8 byte[HF_TRACE_FRAME_MAX];
};

/* The same with the frames, where they were asked for. */
struct hf_trace_frames {
	struct hf_trace verdict;
	__u64 at_ns;		/* CLOCK_MONOTONIC */
	struct hf_trace_frame came;	/* to XDP */
	struct hf_trace_frame left;	/* answered by XDP; what tc let go */
};

#endif
