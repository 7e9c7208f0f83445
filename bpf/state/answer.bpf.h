/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Services that lie behind this host (a published container port, a machine on
 * a bridge, a server that is routed to) have no socket here. They are known by
 * their own SYN-ACKs: one that leaves from a protected (address, port) shows that
 * somebody answers there, and what. One SYN each HF_ANSWER_AGAIN_MS passes to see
 * the next.
 *
 * Only timestamps must be known: what else a server refuses, translation
 * repairs. A refusal counts for an hour, for there may be several servers behind
 * one address; a client that did not offer an option teaches nothing about it.
 */
#ifndef HANDFAST_ANSWER_BPF_H
#define HANDFAST_ANSWER_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "state/clock.bpf.h"
#include "state/config.bpf.h"
#include "state/maps.bpf.h"
#include "state/phase.bpf.h"
#include "state/prefix.bpf.h"
#include "state/run.bpf.h"
#include "state/service.bpf.h"

/* Does the packet's service answer from behind this host? */
static __always_inline bool answer_is_known(const struct run *r)
{
	const struct packet *p = r->packet;
	const struct hf_answer *a = MAP_AT(answers, p->service);

	return !(r->service->flags & HF_SVC_REQSK) && a && a->seen_ms &&
	       clock_age(p->now_ms, a->seen_ms) < HF_ANSWER_BELIEVED_MS;
}

/* May this SYN pass, so that the service is seen to answer again? */
static __always_inline bool answer_is_due(const struct run *r)
{
	struct hf_answer *a = MAP_AT(answers, r->packet->service);
	__u32 now_ms = r->packet->now_ms;

	if (!a || clock_age(now_ms, a->passed_ms) < HF_ANSWER_AGAIN_MS)
		return false;
	a->passed_ms = now_ms;
	return true;
}

/*
 * What of HF_OPT_* may be granted in the service's name. A socket that listens
 * here says what it grants, but need not be who answers: the proxy of a published
 * container port is one.
 */
static __always_inline __u8 answer_grants(const struct run *r)
{
	const struct hf_answer *a = MAP_AT(answers, r->packet->service);
	bool listens = r->service->flags & HF_SVC_LISTENING;
	__u8 all = HF_OPT_WSCALE | HF_OPT_SACK | HF_OPT_TS | HF_OPT_ECN;

	if (!a || (!listens && !(a->options & HF_OPT_TS)) ||
	    (a->no_ts_ms &&
	     clock_age(r->packet->now_ms, a->no_ts_ms) < HF_ANSWER_REFUSED_MS))
		return all & ~(HF_OPT_TS | HF_OPT_ECN);
	return all;
}

/* A server of the packet's service refuses a connection. */
static __always_inline void answer_refuses(const struct run *r)
{
	struct hf_answer *a = MAP_AT(answers, r->packet->service);

	if (a)
		a->refuses = 1;
}

/* A SYN-ACK of the packet's service, whoever began the handshake. */
static __always_inline void answer_comes(const struct run *r)
{
	struct hf_answer *a = MAP_AT(answers, r->packet->service);

	if (a && a->refuses)
		a->refuses = 0;
	prefix_set_answered(r->control, &r->packet->tuple);
}

/*
 * Does it refuse, so that clients had better see that at once? Under flood one
 * SYN now and then is answered, to see whether it still does.
 */
static __always_inline bool answer_is_refusal(const struct run *r)
{
	struct hf_answer *a = MAP_AT(answers, r->packet->service);
	__u32 now_ms = r->packet->now_ms;

	if (!a || !a->refuses)
		return false;
	if (!phase_flood(r->phase, now_ms, 0) ||
	    clock_age(now_ms, a->tried_ms) < HF_ANSWER_TRY_MS)
		return true;
	a->tried_ms = now_ms;
	return false;
}

/* A SYN-ACK of the packet's service, by this host's own handshake, leaves. */
static __always_inline void answer_learn(const struct run *r, __u8 granted)
{
	struct hf_answer *a = MAP_AT(answers, r->packet->service);

	if (!a)
		return;
	a->seen_ms = r->packet->now_ms ?: 1;
	if (granted & ~a->options)
		a->options |= granted;
}

/* It refused timestamps that were promised in its name. */
static __always_inline void answer_refuses_ts(const struct run *r)
{
	struct hf_answer *a = MAP_AT(answers, r->packet->service);

	if (a)
		a->no_ts_ms = r->packet->now_ms ?: 1;
}

#endif
