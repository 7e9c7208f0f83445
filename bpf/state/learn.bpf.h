/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a SYN-ACK teaches about its service, at tc egress: all that made it what it
 * is (socket options, routes, rules that clamp, a server behind this host) has
 * done so by then.
 *
 * One in answer to a SYN that came in by an attached interface teaches all; an
 * option is refused only if that SYN offered it. The MSS is what most client
 * prefixes were told (votes.bpf.h), a lower one holds for its prefix. The rest is
 * the latest.
 */
#ifndef HANDFAST_LEARN_BPF_H
#define HANDFAST_LEARN_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "state/answer.bpf.h"
#include "state/asked.bpf.h"
#include "state/prefix.bpf.h"
#include "state/votes.bpf.h"
#include "wire/options.bpf.h"

#define LEARN_MSS_MIN	88	/* TCP_MIN_MSS of the kernel */

/* What the SYN-ACK grants, HF_OPT_*. ECN: RFC 3168 6.1.1. */
static __always_inline __u8 learn_grants(const struct packet *p,
					 const struct options *o)
{
	bool ecn = (p->flags & (TCP_ECE | TCP_CWR)) == TCP_ECE;

	return o->seen | (ecn ? HF_OPT_ECN : 0);
}

static __always_inline void learn_mss(const struct run *r, __u16 mss)
{
	struct hf_said *said = answer_said(r);
	const struct packet *p = r->packet;

	if (!said || mss < LEARN_MSS_MIN)
		return;
	votes_cast(said, mss, prefix_hash(&p->tuple), p->now_ms);
	prefix_set_mss(r, mss, said->manner.mss);
}

/* The IP header's words 0 to 2, host byte order. */
static __always_inline bool learn_load_ip(const struct run *r, __u32 word[3])
{
	if (bpf_skb_load_bytes(r->skb, r->packet->l3_off, word, 12))
		return false;
	for (int i = 0; i < 3; i++)
		word[i] = bpf_ntohl(word[i]);
	return true;
}

/*
 * A socket may send back the TOS of its SYN (tcp_reflect_tos) or have its own.
 * What is both says nothing.
 */
static __always_inline void learn_tos(struct hf_said *said, __u8 asked,
				      __u8 tos)
{
	if (tos != asked) {
		said->manner.flags &= ~HF_SAID_REFLECTS;
		said->manner.tos = tos;
	} else if (tos != said->manner.tos) {
		said->manner.flags |= HF_SAID_REFLECTS;
	}
}

static __always_inline void learn_ip(const struct run *r, struct hf_said *said,
				     const struct hf_asked *asked)
{
	__u32 word[3];

	if (!learn_load_ip(r, word))
		return;
	learn_tos(said, asked->tos & ~IP_ECN_MASK,
		  r->packet->tos & ~IP_ECN_MASK);
	if (!r->packet->ip6) {
		said->manner.ttl = word[2] >> 24;
		return;
	}
	said->manner.ttl = word[1];
	if (word[0] & IP6_LABEL_MASK)
		said->manner.flags |= HF_SAID_LABEL;
	else
		said->manner.flags &= ~HF_SAID_LABEL;
}

/* A SYN-ACK of the packet's service answers a SYN that passed. */
static __always_inline void learn_answer(const struct run *r,
					 const struct hf_asked *asked,
					 const struct options *o)
{
	__u8 granted = learn_grants(r->packet, o);
	__u8 refused = asked->offered & ~granted;
	struct hf_said *said = answer_said(r);

	if (!said)
		return;
	answer_seen(r, granted);
	if (refused & HF_OPT_TS)
		answer_refuses_ts(r);
	if (asked->offered & HF_OPT_WSCALE)
		said->manner.wscale = granted & HF_OPT_WSCALE ? o->wscale
							      : HF_WSCALE_NONE;
	said->manner.window = r->packet->window;
	learn_ip(r, said, asked);
	learn_mss(r, o->mss);
	said->learned_ms = r->packet->now_ms ?: 1;
}

#endif
