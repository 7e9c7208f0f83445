/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is read of a SYN or ACK beyond its headers, and what answers it. */
#ifndef HANDFAST_REPLY_BPF_H
#define HANDFAST_REPLY_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "open/cookie.bpf.h"
#include "wire/options.bpf.h"
#include "wire/segment.bpf.h"

struct reply {
	struct options offer;	/* of the segment that is answered */
	struct cookie cookie;	/* made for it, or read from it */
	struct segment syn_ack;
};

/* Where an answer is put together: the stack has no room for it. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct reply);
} reply_scratch SEC(".maps");

#endif
