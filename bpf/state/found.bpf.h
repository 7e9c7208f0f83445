/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What lies behind a gateway is found by its own SYN-ACKs: one that leaves from
 * a port that some SPEC names, and from an address that is no service, is noted
 * in `found`. The daemon makes a service of it if a SPEC covers the address
 * (user/daemon/service/found.h). So the way of a SYN stays what it was, a port's
 * bit and a hash, however many prefixes there are.
 *
 * Only the answer to a SYN that came in by an attached interface is noted: a
 * host behind may send SYN-ACKs from as many addresses as it likes, but it does
 * not know the numbers of SYNs that it was not sent. Each SYN that tc ingress
 * passes leaves a mark of its tuple and number; the last one in a slot stays:
 *
 *      63                              32 31                               0
 *     |  low half of the tuple's hash    |  sequence number of the SYN      |
 *
 * The upper bits of the hash chose the slot. Its seed is secret. A mark that
 * another SYN overwrote before the answer came costs nothing but that answer:
 * the next client's finds the service. A flood that passes at 100000 SYN/s
 * leaves a mark some 160 ms.
 *
 * SYNs that XDP answers never come here, so it costs a flood nothing.
 */
#ifndef HANDFAST_FOUND_BPF_H
#define HANDFAST_FOUND_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/found.h"
#include "state/clock.bpf.h"
#include "state/config.bpf.h"
#include "state/maps.bpf.h"
#include "state/presence.bpf.h"
#include "state/service.bpf.h"
#include "wire/packet.bpf.h"

/* All addresses count: presence_hash() leaves out half of an IPv6 server's. */
static __always_inline __u64 asked_hash(const struct hf_control *c,
					const struct hf_tuple *t)
{
	return presence_mix(presence_hash(c, t) ^
			    ((__u64)t->server[1] << 32 | t->server[0]) ^
			    (__u64)t->zone << 16);
}

static __always_inline __u64 *asked_slot(__u64 hash)
{
	struct asked_set *set = MAP_AT(asked, 0);

	return set ? &set->slot[hash >> (64 - HF_ASKED_BITS)] : NULL;
}

/* A SYN without a record passes to whoever it is for. */
static __always_inline void asked_note(const struct hf_control *c,
				       const struct packet *p)
{
	__u64 hash = asked_hash(c, &p->tuple), *slot = asked_slot(hash);

	if (slot)
		*slot = hash << 32 | p->seq;
}

/* Does the SYN-ACK answer one that passed? */
static __always_inline bool asked_was(const struct hf_control *c,
				      const struct packet *p)
{
	__u64 hash = asked_hash(c, &p->tuple), *slot = asked_slot(hash);

	return slot && *slot == (hash << 32 | (__u32)(p->ack - 1));
}

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
