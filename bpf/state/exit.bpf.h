/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Would the answer to a client leave by an attached interface? With two uplinks,
 * policy routes or several next hops it may not: nobody would see what the server
 * says, and a splice could not translate it. Where all do nothing is asked.
 *
 * Under flood such SYNs of a narrow prefix pass at the rate of what cookies cannot
 * serve: its addresses, those of a network behind this host perhaps, can be chosen
 * for a flood. Of a wide one all pass: there the kernel is what protects.
 */
#ifndef HANDFAST_EXIT_BPF_H
#define HANDFAST_EXIT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/exit.h"
#include "state/maps.bpf.h"
#include "state/run.bpf.h"

static __always_inline const struct hf_exit *
exit_of(const struct hf_service *svc, const struct hf_tuple *t)
{
	struct hf_exit_key key = {
		.prefixlen = HF_EXIT_BITS,
		.from = svc->exits,
	};

	if (!control.exits)
		return NULL;
	__builtin_memcpy(key.addr, t->client, sizeof(key.addr));
	return bpf_map_lookup_elem(&exits, &key);
}

static __always_inline bool exit_is_here(const struct hf_service *svc,
					 const struct hf_tuple *t)
{
	const struct hf_exit *e = exit_of(svc, t);

	return !e || e->here;
}

static __always_inline bool exit_is_wide(const struct run *r)
{
	const struct hf_exit *e = exit_of(r->service, &r->packet->tuple);

	return !e || e->wide;
}

#endif
