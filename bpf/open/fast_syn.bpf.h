/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The commonest SYN of a flood, answered: fast.bpf.h. */
#ifndef HANDFAST_FAST_SYN_BPF_H
#define HANDFAST_FAST_SYN_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "open/fast.bpf.h"
#include "open/reply.bpf.h"
#include "open/syn.bpf.h"
#include "state/count.bpf.h"
#include "state/exit.bpf.h"
#include "state/presence.bpf.h"
#include "wire/segment.bpf.h"

static __always_inline bool fast_syn_has_ts(const struct fast_kind *k)
{
	return k->opt_len == FAST_OPT_TS;
}

/* Are SYNs answered, and with all that it offers? */
static __always_inline bool fast_syn_is_on(struct run *r,
					   const struct fast_kind *k)
{
	__u8 offer = HF_OPT_WSCALE | HF_OPT_SACK |
		     (fast_syn_has_ts(k) ? HF_OPT_TS : 0);
	const struct fast_answer *fast = fast_answer_of(r);

	r->handoff = fast->handoff;
	r->reply->cookie.options = offer;
	return fast_holds(r, &fast->at) && !(offer & ~fast->grants);
}

/* Has it the usual options, and an MSS with a class? */
static __always_inline bool fast_syn_choose(const struct run *r,
					    const struct fast_kind *k)
{
	struct cookie *cookie = &r->reply->cookie;
	struct options *o = &r->reply->offer;
	__be32 *word = fast_options(r, k);
	int class;

	if (!word || !(fast_syn_has_ts(k) ? opt_parse_linux(o, word)
					  : opt_parse_no_ts(o, word)))
		return false;
	cookie->wscale = o->wscale;
	cookie->strong = 0;
	class = cookie_mss_class(o->mss, fast_syn_has_ts(k));
	cookie->mss_class = class;
	return class >= 0 && (!k->ip6 || cookie_mss(cookie) >= IP6_MSS_MIN);
}

/* Is there nothing about this client that has to be looked at? */
static __always_inline bool fast_syn_is_usual(const struct run *r,
					      const struct fast_kind *k)
{
	const struct packet *p = r->packet;

	return syn_is_unicast(p) && (fast_syn_has_ts(k) || !phase.forgery.on) &&
	       sums_ok(r, &r->reply->offer) && !presence_has(&p->tuple) &&
	       exit_is_here(r->service, &p->tuple) &&
	       !(r->handoff == HF_HANDOFF_SPLICE &&
		 prefix_is_unanswered(&p->tuple, p->now_ms));
}

/* The SYN-ACK in the place of the SYN: it has its length. */
static __always_inline bool fast_syn_answer(const struct run *r)
{
	const struct fast_answer *fast = fast_answer_of(r);
	struct hf_keys *key = MAP_AT(keys,
				     control.key_generation % HF_KEYS_MAX);

	if (!key)
		return false;
	syn_mint(r, key, &fast->profile);
	syn_fill(r, &fast->profile, &fast->manner);
	return segment_put(r, &r->reply->syn_ack);
}

static __always_inline int fast_syn(struct xdp_md *ctx, struct fast_kind k)
{
	struct packet p = {};
	struct reply reply;
	struct run r = {
		.xdp = ctx,
		.packet = &p,
		.reply = &reply,
	};

	if (!fast_parse(&r, &k) || !fast_find(&r) || !fast_syn_is_on(&r, &k) ||
	    !fast_syn_choose(&r, &k) || !fast_syn_is_usual(&r, &k) ||
	    !fast_syn_answer(&r))
		return FAST_NOT;
	fast_answer_of(&r)->at.nr++;
	count_both(p.service, HF_CNT_SYN_SEEN,
		   fast_syn_has_ts(&k) ? HF_CNT_SYN_ANSWER_TS
				       : HF_CNT_SYN_ANSWER_NO_TS);
	return XDP_TX;
}

/* XDP_TX, or FAST_NOT. Global: checked once each, and their stacks are their own. */
__noinline int fast_syn4_ts(struct xdp_md *ctx)
{
	return fast_syn(ctx, (struct fast_kind){ false, TCP_SYN, FAST_OPT_TS });
}

__noinline int fast_syn4_no_ts(struct xdp_md *ctx)
{
	return fast_syn(ctx,
			(struct fast_kind){ false, TCP_SYN, FAST_OPT_NO_TS });
}

__noinline int fast_syn6_ts(struct xdp_md *ctx)
{
	return fast_syn(ctx, (struct fast_kind){ true, TCP_SYN, FAST_OPT_TS });
}

__noinline int fast_syn6_no_ts(struct xdp_md *ctx)
{
	return fast_syn(ctx,
			(struct fast_kind){ true, TCP_SYN, FAST_OPT_NO_TS });
}

#endif
