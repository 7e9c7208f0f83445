/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a service was seen to answer (learn.bpf.h), for who answers in its name.
 *
 * Services that lie behind this host (a published container port, a machine on
 * a bridge, a server that is routed to) have no socket here. They are known by
 * their own SYN-ACKs: one that leaves from a protected (address, port) shows that
 * somebody answers there. One SYN each HF_ANSWER_AGAIN_MS passes to see the next;
 * to sockets of this host, too, where SYNs are answered (learn_s).
 *
 * Of options only timestamps must be known: what else a server refuses,
 * translation repairs, and a socket's own follow from sysctls. A refusal counts for
 * an hour, for there may be several servers behind one address.
 */
#ifndef HANDFAST_ANSWER_BPF_H
#define HANDFAST_ANSWER_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "state/clock.bpf.h"
#include "state/config.bpf.h"
#include "state/maps.bpf.h"
#include "state/odd.bpf.h"
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

/* What its SYN-ACKs of the packet's IP version say. */
static __always_inline struct hf_said *answer_said(const struct run *r)
{
	const struct packet *p = r->packet;
	struct hf_answer *a = MAP_AT(answers, p->service);

	if (!a)
		return NULL;
	return p->ip6 ? &a->ip6 : &a->ip4;
}

/* How often may a SYN pass for that? 0: never. */
static __always_inline __u32 answer_again_ms(const struct run *r)
{
	__u32 learn_ms = control.learn_ms;

	if (r->service->flags & HF_SVC_LISTENING || learn_ms)
		return learn_ms;
	return HF_ANSWER_AGAIN_MS;
}

/* Since an answer was seen, or a SYN passed to see one. */
static __always_inline __u32 answer_age_ms(const struct hf_said *said,
					   __u32 now_ms)
{
	__u32 passed_ms = clock_age(now_ms, said->passed_ms);
	__u32 learned_ms = clock_age(now_ms, said->learned_ms);

	return said->learned_ms && learned_ms < passed_ms ? learned_ms
							  : passed_ms;
}

#define ANSWER_REPEATED_MS	64000	/* the kernel's half-open ones live 63 s */

/*
 * May this SYN pass, so that the service is seen to answer again? Not two of one
 * client's prefix. One that passed passes when it is repeated: who answered
 * it has it half open.
 */
static __always_inline bool answer_is_due(const struct run *r)
{
	__u32 again_ms = answer_again_ms(r), age_ms, prefix;
	const struct packet *p = r->packet;
	struct hf_said *said = answer_said(r);

	if (!said || !again_ms)
		return false;
	if (said->passed_seq == p->seq &&
	    clock_age(p->now_ms, said->passed_ms) < ANSWER_REPEATED_MS)
		return said->passed_prefix == (__u32)prefix_hash(&p->tuple) &&
		       odd_may_pass(r);
	age_ms = answer_age_ms(said, p->now_ms);
	if (age_ms < again_ms)
		return false;
	prefix = prefix_hash(&p->tuple);
	if (prefix == said->passed_prefix && said->learned_ms &&
	    age_ms < HF_ANSWER_SAME_MS)
		return false;
	said->passed_ms = p->now_ms;
	said->passed_seq = p->seq;
	said->passed_prefix = prefix;
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

/* Did it, the last time that it was asked? */
static __always_inline bool answer_refused(const struct run *r)
{
	const struct hf_answer *a = MAP_AT(answers, r->packet->service);

	return a && a->refuses;
}

/* A SYN that it was given is not answered. */
static __always_inline void answer_fails(__u32 service)
{
	struct hf_answer *a = MAP_AT(answers, service);

	if (a)
		a->silent = 1;
}

/* A SYN-ACK of the packet's service, whoever began the handshake. */
static __always_inline void answer_comes(const struct run *r)
{
	struct hf_answer *a = MAP_AT(answers, r->packet->service);

	if (a && a->refuses)
		a->refuses = 0;
	if (a && a->silent)
		a->silent = 0;
	prefix_set_answered(&r->packet->tuple);
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
	if (!phase_flood(now_ms, 0) ||
	    clock_age(now_ms, a->tried_ms) < HF_ANSWER_TRY_MS)
		return true;
	a->tried_ms = now_ms;
	return false;
}

/*
 * Is it silent? It may be dead, or its answers leave by another way (of a router
 * pair the servers' side has moved): who answers in its name would hang each
 * client. While calm its SYNs pass until an answer is seen. A client whom it bans
 * can bring that about, so not more pass than odd ones may.
 */
static __always_inline bool answer_is_silence(const struct run *r)
{
	const struct hf_answer *a = MAP_AT(answers, r->packet->service);

	return a && a->silent && !phase_flood(r->packet->now_ms, 0) &&
	       odd_may_pass(r);
}

/* A SYN-ACK that answers a SYN which passed; it grants these HF_OPT_*. */
static __always_inline void answer_seen(const struct run *r, __u8 granted)
{
	struct hf_answer *a = MAP_AT(answers, r->packet->service);

	if (!a)
		return;
	a->seen_ms = r->packet->now_ms ?: 1;
	if (granted & ~a->options)
		a->options |= granted;
}

/* It refused timestamps that were offered. */
static __always_inline void answer_refuses_ts(const struct run *r)
{
	struct hf_answer *a = MAP_AT(answers, r->packet->service);

	if (a)
		a->no_ts_ms = r->packet->now_ms ?: 1;
}

#endif
