/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * SYNs that tc ingress passed last: only the answer to one of them teaches. A
 * host behind this one may send SYN-ACKs from as many addresses as it likes, but
 * it does not know the numbers of SYNs that it was not sent. Each leaves a mark
 * of its tuple and number, and what it offered; the last one in a slot stays:
 *
 *      63                              32 31                               0
 *     |  low half of the tuple's hash    |  sequence number of the SYN      |
 *
 * The upper bits of the hash chose the slot. Its seed is secret. A mark that
 * another SYN overwrote before the answer came costs nothing but that answer: the
 * next client's teaches. A flood that passes at 100000 SYN/s leaves a mark some
 * 160 ms. SYNs that XDP answers never come here, so it costs a flood nothing.
 */
#ifndef HANDFAST_ASKED_BPF_H
#define HANDFAST_ASKED_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/answer.h"
#include "handfast/found.h"
#include "state/maps.bpf.h"
#include "state/presence.bpf.h"
#include "wire/packet.bpf.h"

/* All addresses count: presence_hash() leaves out half of an IPv6 server's. */
static __always_inline __u64 asked_hash(const struct hf_tuple *t)
{
	return presence_mix(presence_hash(t) ^
			    ((__u64)t->server[1] << 32 | t->server[0]) ^
			    (__u64)t->zone << 16);
}

/*
 * Where a SYN to that service, or to none, has its mark. A flood of SYNs that pass,
 * of ports and addresses that are nobody's or in modes that answer none, displaces
 * each other's: who chose it would keep a server behind this host from being seen.
 */
static __always_inline struct hf_asked *asked_slot(const struct hf_service *svc,
						   __u64 hash)
{
	struct hf_asked_set *set = MAP_AT(asked, 0);
	__u32 at = hash >> (64 - HF_ASKED_BITS);

	if (!set)
		return NULL;
	if (svc && (svc->mode == HF_MODE_ALWAYS || svc->mode == HF_MODE_AUTO))
		return &set->service[at];
	return &set->other[at];
}

/*
 * A SYN without a record passes to whoever it is for. Of one that comes again
 * with other options both must have offered what is refused: the answer may be to
 * either.
 */
static __always_inline void asked_note(const struct packet *p,
				       const struct hf_service *svc,
				       __u8 offered)
{
	__u64 hash = asked_hash(&p->tuple), mark = hash << 32 | p->seq;
	struct hf_asked *slot = asked_slot(svc, hash);

	if (!slot)
		return;
	if (slot->mark == mark)
		offered &= slot->offered;
	slot->mark = 0;
	slot->tos = p->tos;
	slot->offered = offered;
	slot->mark = mark;
}

/* The SYN that the SYN-ACK answers, if it passed; else NULL. */
static __always_inline const struct hf_asked *
asked_find(const struct packet *p, const struct hf_service *svc)
{
	__u64 hash = asked_hash(&p->tuple);
	const struct hf_asked *slot = asked_slot(svc, hash);

	if (slot && slot->mark == (hash << 32 | (__u32)(p->ack - 1)))
		return slot;
	return NULL;
}

#endif
