/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is read of a SYN or ACK beyond its headers, and what answers it. */
#ifndef HANDFAST_REPLY_BPF_H
#define HANDFAST_REPLY_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/answer.h"
#include "open/cookie.bpf.h"
#include "state/run.bpf.h"
#include "wire/options.bpf.h"
#include "wire/segment.bpf.h"

#define REPLY_TTL	64	/* net.ipv4.ip_default_ttl */

struct reply {
	struct options offer;	/* of the segment that is answered */
	struct cookie cookie;	/* made for it, or read from it ... */
	struct cookie_id id;	/* ... of this handshake */
	struct segment syn_ack;
};

/* Where an answer is put together: the stack has no room for it. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct reply);
} reply_scratch SEC(".maps");

/*
 * What stands in the answer's IP header: what the service's own answers were seen
 * to have, or what the kernel does by default. A flow label stays the same
 * for a connection, so it is made of its number.
 */
static __always_inline void reply_like(const struct run *r,
				       const struct hf_manner *m, __u32 iss)
{
	struct segment *s = &r->reply->syn_ack;

	s->ttl = m->ttl ?: REPLY_TTL;
	s->tos = m->flags & HF_SAID_REFLECTS ? r->packet->tos & ~IP_ECN_MASK
					     : m->tos;
	s->label = m->flags & HF_SAID_LABEL ? (iss & IP6_LABEL_MASK) ?: 1 : 0;
}

#endif
