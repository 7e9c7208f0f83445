/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What lies behind a gateway, or is published at an address of this host, is found by
 * its own SYN-ACKs: one that leaves from a port that some SPEC names, or from any where
 * one covers them all (wire/skb.bpf.h), and from an address that is no service, is
 * noted in `found`. The daemon makes a service of it if a SPEC covers the address
 * (user/daemon/service/found.h). So the way of a SYN stays what it was, a port's bit
 * and a hash, however many prefixes there are. Only answers to SYNs that came in by an
 * attached interface are noted: asked.bpf.h.
 */
#ifndef HANDFAST_FOUND_BPF_H
#define HANDFAST_FOUND_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/found.h"
#include "state/clock.bpf.h"
#include "state/maps.bpf.h"
#include "state/service.bpf.h"
#include "wire/packet.bpf.h"

/* Somebody answers there, and grants these HF_OPT_*. */
static __always_inline void found_note(const struct packet *p, __u8 granted)
{
	struct hf_found new = { .seen_ms = p->now_ms, .options = granted };
	struct hf_service_key key;
	struct hf_found *f;

	service_key_set(&key, &p->tuple);
	f = bpf_map_lookup_elem(&found, &key);
	if (!f) {
		bpf_map_update_elem(&found, &key, &new, BPF_NOEXIST);
		return;
	}
	if (granted & ~f->options)
		f->options |= granted;
	if (clock_age(p->now_ms, f->seen_ms) >= HF_FOUND_AGAIN_MS)
		f->seen_ms = p->now_ms;
}

#endif
