/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Half-open records: while calm, an answered SYN is remembered with its SYN-ACK,
 * frame and all.
 *
 * What that gains over bare cookies: the daemon repeats the same SYN-ACK, so a
 * client whose third ACK was lost need not speak first; a repeated SYN gets the
 * same sequence number again (RFC 9293 3.8.1); an ACK of a remembered SYN-ACK is
 * proved for twice a cookie's lifetime; and when both the third ACK and the first
 * data were lost, what follows them is met by silence and not by a RST.
 *
 * What it costs: one LRU update a SYN, so it stops at half_open_syns in a window:
 * under flood nothing is remembered and no map is written, but for what would be
 * forged else (open/forgery.bpf.h). Losing a record costs a
 * repetition of the SYN, nothing else. A record goes with its ACK, with an exact
 * RST, or on the daemon's word.
 */
#ifndef HANDFAST_HALF_BPF_H
#define HANDFAST_HALF_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/half_open.h"
#include "flow/facts.bpf.h"
#include "open/cookie.bpf.h"
#include "open/reply.bpf.h"
#include "state/clock.bpf.h"
#include "state/count.bpf.h"
#include "state/event.bpf.h"
#include "state/maps.bpf.h"
#include "state/phase.bpf.h"
#include "state/run.bpf.h"
#include "wire/frame.bpf.h"
#include "wire/options.bpf.h"
#include "wire/packet.bpf.h"

/* No flood, and few enough SYNs in this window? The caller counted its own. */
static __always_inline bool half_is_calm(const struct run *r)
{
	struct hf_rate *rates;

	if (phase_flood(r->packet->now_ms, 0))
		return false;
	rates = MAP_AT(rate, 0);
	return rates &&
	       rates->syns.all + rates->syns.own <= control.half_open_syns;
}

/* May one more SYN without timestamps be remembered in this window, whatever else
 * there is? It is counted. */
static __always_inline bool half_has_room(const struct run *r)
{
	struct hf_limit over = { control.half_open_syns + 1,
				 control.flood_syns.batch };
	struct hf_rate *rates = phase_rate(r->packet->now_ms);

	if (!rates)
		return false;
	phase_tally(&(struct phase_count){ .all = &phase.bare,
					   .own = &rates->bare,
					   .limit = &over,
					   .window = rates->window },
		    1);
	return rates->bare.all + rates->bare.own < over.nr;
}

/*
 * The record of the packet's tuple, `t` (of which a global function needs a copy
 * on Linux 6.1). NULL without a look-up where none can be left, or where one
 * look-up found none already.
 */
static __always_inline struct hf_half_open *half_find(const struct run *r,
						      const struct hf_tuple *t)
{
	struct packet *p = r->packet;
	struct hf_half_open *h;

	if (!phase.half_open || p->no_half)
		return NULL;
	if (!clock_before(p->now_ms, phase.half_open_ms + HF_HALF_OPEN_MS)) {
		phase.half_open = 0;
		return NULL;
	}
	h = bpf_map_lookup_elem(&half_open, t);
	p->no_half = !h;
	return h;
}

/* The same where the packet is the caller's own. */
static __always_inline struct hf_half_open *half_of(const struct run *r)
{
	return half_find(r, &r->packet->tuple);
}

/*
 * The same SYN again, granted the same? Then it gets the same cookie: a
 * connection that is opened once has one initial sequence number.
 */
static __always_inline bool half_recall(const struct hf_half_open *h,
					const struct packet *p,
					struct cookie *cookie)
{
	if (h->kind != HF_HALF_COOKIE || h->irs != p->seq ||
	    h->options != cookie->options || h->wscale != cookie->wscale ||
	    h->mss_class != cookie->mss_class ||
	    h->profile != cookie->profile ||
	    p->now_ms - h->made_ms > HF_COOKIE_LIFETIME_MS)
		return false;
	cookie->iss = h->iss;
	cookie->tsval = h->tsval;
	cookie->mint_ms = h->mint_ms;
	return true;
}

/* Does the record prove the ACK? Then r->reply's cookie is what it says. */
static __always_inline bool half_proves(const struct run *r,
					const struct hf_half_open *h)
{
	const struct options *o = &r->reply->offer;
	struct cookie *cookie = &r->reply->cookie;
	const struct packet *p = r->packet;

	if (h->kind != HF_HALF_COOKIE || p->seq - 1 != h->irs ||
	    p->ack - 1 != h->iss ||
	    clock_age(p->now_ms, h->mint_ms) >= HF_HALF_PROVES_MS)
		return false;
	/* An echo must be the right one. A client may leave it out: the number
	 * alone has more of the MAC than one without timestamps has. */
	if (o->seen & HF_OPT_TS &&
	    (!(h->options & HF_OPT_TS) || o->tsecr != h->tsval))
		return false;
	cookie->iss = h->iss;
	cookie->tsval = h->tsval;
	cookie->mint_ms = h->mint_ms;
	cookie->mss_class = h->mss_class;
	cookie->wscale = h->wscale;
	cookie->options = h->options;
	cookie->profile = h->profile;
	return true;
}

/*
 * It acknowledges our SYN-ACK and lies behind the segment that would prove it:
 * that one was lost, and the client's retransmission repairs it. A RST would
 * kill a real connection.
 */
static __always_inline bool half_lost_proof(const struct hf_half_open *h,
					    const struct packet *p)
{
	return h->kind == HF_HALF_COOKIE && p->ack - 1 == h->iss &&
	       (__s32)(p->seq - 1 - h->irs) > 0;
}

static __always_inline void half_fill(struct hf_half_open *h,
				      const struct packet *p,
				      const struct cookie *cookie)
{
	h->irs = p->seq;
	h->iss = cookie->iss;
	h->tsval = cookie->tsval;
	h->mint_ms = cookie->mint_ms;
	h->service = p->service;
	h->kind = HF_HALF_COOKIE;
	h->mss_class = cookie->mss_class;
	h->wscale = cookie->wscale;
	h->options = cookie->options;
	h->profile = cookie->profile;
}

/* Remember the SYN-ACK that is in the frame now. Global: checked once. */
__noinline int half_remember(struct xdp_md *ctx, struct packet *p,
			     struct cookie *cookie)
{
	struct half_entry *entry = MAP_AT(half_scratch, 0);
	struct run r = { .xdp = ctx, .packet = p };
	struct hf_half_open *before, *h;
	__u32 len, made_ms;

	if (!entry || !p || !cookie)
		return 0;
	h = &entry->value;
	entry->tuple = p->tuple;
	before = half_find(&r, &entry->tuple);
	if (before && before->irs == p->seq && before->iss == cookie->iss)
		return 0;	/* its frame says the same */
	made_ms = p->now_ms;
	if (before && before->irs == p->seq)
		made_ms = before->made_ms;
	len = bpf_xdp_get_buff_len(ctx);
	if (!len_is_within(&len, HF_HALF_FRAME_MAX))
		return 0;
	__builtin_memset(h, 0, sizeof(*h));
	h->frame_len = len;
	if (bpf_xdp_load_bytes(ctx, 0, h->frame, len))
		return 0;
	half_fill(h, p, cookie);
	h->made_ms = made_ms;
	h->ifindex = ctx->ingress_ifindex;
	/* Before the record: half_find() must not overlook it. */
	phase.half_open_ms = p->now_ms;
	phase.half_open = 1;
	if (bpf_map_update_elem(&half_open, &entry->tuple, h, BPF_ANY))
		return 0;
	count(p->service, HF_CNT_HALF_MADE);
	event_send(p, p->seq, EVENT(RCV_SYN));
	return 0;
}

/* The connection is established: what it began with is not needed. */
static __always_inline void half_done(const struct run *r)
{
	if (phase.half_open)
		bpf_map_delete_elem(&half_open, &r->packet->tuple);
}

/*
 * The client's RST while half open: believed only with the one sequence number
 * that is next (RFC 5961 3.2), so that the answer to an older SYN-ACK harms no
 * younger handshake (RFC 9293 3.5.1).
 */
static __always_inline void half_reset(const struct run *r)
{
	struct hf_half_open *h = half_of(r);
	struct packet *p = r->packet;

	if (!h || h->kind != HF_HALF_COOKIE || p->seq != h->irs + 1)
		return;
	event_send(p, h->irs, EVENT(RCV_RST));
	bpf_map_delete_elem(&half_open, &p->tuple);
	count(p->service, HF_CNT_HALF_RST);
}

/* Which half-open record of its tuple it is. */
static __always_inline __u64 half_id(const struct hf_half_open *h)
{
	return (__u64)h->irs << 32 | h->iss;
}

/* On the daemon's word: a younger record than `id` stays. */
static __always_inline bool half_forget(const struct hf_tuple *t, __u64 id)
{
	struct hf_half_open *h = bpf_map_lookup_elem(&half_open, t);

	return h && half_id(h) == id && !bpf_map_delete_elem(&half_open, t);
}

#endif
