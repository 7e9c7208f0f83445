/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The commonest ACK of a flood, dropped: of the length that ends a handshake with
 * timestamps, it echoes what no cookie had lately, and no socket waits for it. See
 * fast.bpf.h.
 */
#ifndef HANDFAST_FAST_ACK_BPF_H
#define HANDFAST_FAST_ACK_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "open/cookie.bpf.h"
#include "open/fast.bpf.h"
#include "state/count.bpf.h"
#include "state/presence.bpf.h"
#include "state/seen.bpf.h"
#include "state/sock.bpf.h"

/* Not asked where a remembered SYN may prove it, or an older key. */
static __always_inline bool fast_ack_proves_nothing(const struct run *r,
						    const struct fast_kind *k)
{
	struct hf_keys *key = MAP_AT(keys,
				     control.key_generation % HF_KEYS_MAX);
	struct cookie c = { .options = HF_OPT_TS };
	const struct packet *p = r->packet;
	__be32 *word = fast_options(r, k);
	struct cookie_id id = {};
	struct options o;
	struct siphash s;

	if (!word || !key || phase.half_open || control.key_prev_valid ||
	    !opt_parse_ts_only(&o, word))
		return false;
	c.tsval = o.tsecr;
	cookie_id_set(&id, &p->tuple, p->ip6, p->seq - 1);
	s = cookie_begin(&id, key);
	cookie_read(&c, &s, key, p->now_ms);
	return !cookie_is_recent(&c, key, p->now_ms);
}

/* What the kernel has for it is asked last. */
static __always_inline bool fast_ack_is_nobodys(const struct run *r,
						const struct fast_kind *k)
{
	const struct fast_refusal *fast = fast_refusal_of(r);
	const struct hf_tuple *t = &r->packet->tuple;

	return fast_holds(r, &fast->at) && !presence_has(t) &&
	       fast_ack_proves_nothing(r, k) &&
	       !(fast->behind && seen_has(t)) && !sock_is_begun(r);
}

static __always_inline int fast_ack(struct xdp_md *ctx, struct fast_kind k)
{
	struct packet p = {};
	struct run r = {
		.xdp = ctx,
		.packet = &p,
	};

	if (!fast_parse(&r, &k) || !fast_find(&r) ||
	    !fast_ack_is_nobodys(&r, &k))
		return FAST_NOT;
	fast_refusal_of(&r)->at.nr++;
	count_both(p.service, HF_CNT_ACK_BAD_MAC, HF_CNT_REJECT_DROPPED);
	return XDP_DROP;
}

/* XDP_DROP, or FAST_NOT. Not called but in a flood of them. */
__noinline int fast_ack4(struct xdp_md *ctx)
{
	return fast_ack(ctx,
			(struct fast_kind){ false, TCP_ACK, FAST_OPT_NO_TS });
}

__noinline int fast_ack6(struct xdp_md *ctx)
{
	return fast_ack(ctx,
			(struct fast_kind){ true, TCP_ACK, FAST_OPT_NO_TS });
}

#endif
