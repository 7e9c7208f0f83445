/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Would the answer to a client leave by the interface that its SYN came by? With
 * two uplinks, policy routes or several next hops it may not: nobody would see
 * what the server says, and a splice could not translate it. On a host with one
 * way out nothing is asked.
 */
#ifndef HANDFAST_EXIT_BPF_H
#define HANDFAST_EXIT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/exit.h"
#include "state/config.bpf.h"
#include "state/maps.bpf.h"
#include "state/run.bpf.h"

static __always_inline bool exit_is_here(const struct run *r)
{
	struct hf_exit_key key = {
		.prefixlen = HF_EXIT_BITS,
		.from = r->service->exits,
	};
	const __u64 *slots;

	if (!r->control->exits)
		return true;
	__builtin_memcpy(key.addr, r->packet->tuple.client, sizeof(key.addr));
	slots = bpf_map_lookup_elem(&exits, &key);
	return !slots || *slots & 1ULL << iface_slot;
}

#endif
