/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which handoff takes a connection. The kernel can be handed one that has had its
 * handshake (admit.bpf.h) where a socket of this host listens and nothing wants
 * to see the SYN; everywhere else it is shown an ordinary handshake
 * (handover.bpf.h).
 *
 * The third ACK decides, by a look at the namespace. What it sees is noted, and
 * the answers to SYNs go by that note: a spliced client is given no window. A note
 * that is old costs a client that sends at once one repetition.
 */
#ifndef HANDFAST_CHOICE_BPF_H
#define HANDFAST_CHOICE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "state/config.bpf.h"
#include "state/maps.bpf.h"
#include "state/netns.bpf.h"
#include "state/run.bpf.h"
#include "state/sock.bpf.h"

/* The handoff that needs no look, or NONE. */
static __always_inline __u32 choice_is_made(const struct run *r)
{
	__u8 flags = r->service->flags;

	if (handoff)
		return handoff;
	if (flags & HF_SVC_SPLICE || !(flags & HF_SVC_LISTENING))
		return HF_HANDOFF_SPLICE;
	return flags & HF_SVC_REQSK ? HF_HANDOFF_REQSK : HF_HANDOFF_NONE;
}

static __always_inline __u32 choice_bit(const struct run *r)
{
	return r->packet->ip6 ? HF_HOOKS_IP6 : HF_HOOKS_IP4;
}

/* Must what comes with the packet's IP version be spliced? It is noted. */
static __always_inline bool choice_look(const struct run *r)
{
	bool splice = !netns_takes_cookies(r) || netns_has_hooks(r);
	__u32 bit = choice_bit(r), *noted = &phase.splices;

	if (splice == !(*noted & bit)) {
		if (splice)
			__sync_fetch_and_or(noted, bit);
		else
			__sync_fetch_and_and(noted, ~bit);
	}
	return splice;
}

/* The same of what the program behind the packet's listener asked for. */
static __always_inline bool choice_look_at_socket(const struct run *r)
{
	struct hf_answer *a = MAP_AT(answers, r->packet->service);
	bool asks = sock_asks_for_syn(r);

	if (a && a->asks != asks)
		a->asks = asks;
	return asks;
}

/* Of a SYN, and of an ACK that is not proved yet. */
static __always_inline __u32 choice_guess(const struct run *r)
{
	const struct hf_answer *a = MAP_AT(answers, r->packet->service);
	bool splice = phase.splices & choice_bit(r) || (a && a->asks);

	return choice_is_made(r)
		       ?: (splice ? HF_HANDOFF_SPLICE : HF_HANDOFF_REQSK);
}

/* Of an ACK that proves its connection. */
static __always_inline __u32 choice_of(const struct run *r)
{
	__u32 made = choice_is_made(r);

	if (made)
		return made;
	return choice_look(r) || choice_look_at_socket(r) ? HF_HANDOFF_SPLICE
							  : HF_HANDOFF_REQSK;
}

#endif
