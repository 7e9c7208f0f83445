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

#include "handfast/found.h"
#include "state/answer.bpf.h"
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

/* Of these few SYNs pass in a flood: its own are answered. */
static __always_inline bool asked_is_answered(const struct run *r)
{
	const struct hf_service *svc = r->service;

	return svc &&
	       (svc->mode == HF_MODE_ALWAYS || svc->mode == HF_MODE_AUTO) &&
	       !(svc->flags & (HF_SVC_MPTCP | HF_SVC_MD5)) &&
	       (svc->flags & HF_SVC_LISTENING || answer_is_known(r));
}

static __always_inline bool asked_by(const struct hf_asked *slot,
				     const struct packet *p, __u64 hash)
{
	return slot->mark == (hash << 32 | (__u32)(p->ack - 1));
}

/*
 * A SYN without a record passes to whoever it is for. Of one that comes again
 * with other options both must have offered what is refused: the answer may be to
 * either.
 *
 * Those that pass in a flood, of ports and addresses that are nobody's, or of services
 * that answer none, displace each other's marks alone: who chose it would keep a server
 * behind this host from being seen.
 */
static __always_inline void asked_note(const struct run *r, __u8 offered)
{
	const struct packet *p = r->packet;
	__u64 hash = asked_hash(&p->tuple), mark = hash << 32 | p->seq;
	struct hf_asked_set *set = MAP_AT(asked, 0);
	__u32 at = hash >> (64 - HF_ASKED_BITS);
	struct hf_asked *slot;

	if (!set)
		return;
	slot = asked_is_answered(r) ? &set->service[at] : &set->other[at];
	if (slot->mark == mark)
		offered &= slot->offered;
	slot->mark = 0;
	slot->tos = p->tos;
	slot->offered = offered;
	slot->mark = mark;
}

/* The SYN that the SYN-ACK answers, if it passed; else NULL. */
static __always_inline const struct hf_asked *asked_find(const struct packet *p)
{
	__u64 hash = asked_hash(&p->tuple);
	struct hf_asked_set *set = MAP_AT(asked, 0);
	__u32 at = hash >> (64 - HF_ASKED_BITS);

	if (!set)
		return NULL;
	if (asked_by(&set->service[at], p, hash))
		return &set->service[at];
	return asked_by(&set->other[at], p, hash) ? &set->other[at] : NULL;
}

#endif
