/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How many records are PENDING: their server was not seen yet. A client can make
 * the kernel drop the segment that proved it, so such a record proves no server,
 * and must not take the room of connections that exist (rule 2 of the design).
 * They are counted by client prefix (/24, /64), of which none may have many, and
 * together: the last tenth of `flows` is for few of them.
 *
 * Prefixes share cells by a secret hash. Whoever makes PENDING of a record, or
 * ends that, counts: flow/flow.bpf.h.
 */
#ifndef HANDFAST_PENDING_BPF_H
#define HANDFAST_PENDING_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "state/maps.bpf.h"
#include "state/presence.bpf.h"
#include "wire/tuple.bpf.h"

static __always_inline __s32 *pending_cell(const struct hf_control *c,
					   const struct hf_tuple *t)
{
	__u64 prefix = (__u64)t->client[0] << 32 | t->client[1];

	if (tuple_is_ip4(t))
		prefix = t->client[3] & bpf_htonl(0xffffff00);
	return MAP_AT(pending, presence_mix(c->presence_seed ^ prefix) >>
				       (64 - HF_PENDING_BITS));
}

/* One more, or less. */
static __always_inline void pending_add(const struct hf_control *c,
					const struct hf_tuple *t, __s32 nr)
{
	struct hf_phase *ph = MAP_AT(phase, 0);
	__s32 *cell = pending_cell(c, t);

	if (!ph || !cell)
		return;
	__sync_fetch_and_add(cell, nr);
	__sync_fetch_and_add(&ph->pending, nr);
}

/* May there be one more of the tuple's prefix? */
static __always_inline bool pending_has_room(const struct hf_control *c,
					     const struct hf_phase *ph,
					     const struct hf_tuple *t)
{
	const __s32 *cell = pending_cell(c, t);

	return cell && *cell < c->pending_prefix &&
	       (ph->flows < c->flows_pending || ph->pending < c->pending_few);
}

#endif
