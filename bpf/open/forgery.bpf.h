/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How many forged cookies an hour may let in: the budget, forgery_budget.
 *
 * A cookie without timestamps is guessed once in 2^23, one of the strong layout
 * once in 2^27: who sends a million ACKs a second hits within seconds. So guesses
 * are a share that is measured out, in units of 2^-27, to all CPUs and fairly to
 * client prefixes. An ACK is charged before it is checked, for each cookie that it
 * could be of: layout, key, what the service grants. What proves something gets it
 * back.
 *
 *   - Who finds the share used up switches to the strong layout, which goes on
 *     until it was not used up for one lifetime. Cookies of the other layout are
 *     good for one lifetime after each switch.
 *   - What cannot be paid for is not checked, and dropped unless somebody has a
 *     connection that it could be of. The client's retransmission is the next try.
 *   - An exact sequence number is 32 bits: SYNs without timestamps are remembered
 *     even under flood then, up to the rate at which all are while calm, and the
 *     ACK of a half-open record is never charged.
 *
 * What remains possible: somebody who floods with both, SYNs without timestamps
 * and such ACKs, from everywhere, keeps clients without timestamps waiting, not
 * those with. An ACK with timestamps is guessed once in 2^44, and not charged.
 */
#ifndef HANDFAST_FORGERY_BPF_H
#define HANDFAST_FORGERY_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "open/cookie.bpf.h"
#include "state/clock.bpf.h"
#include "state/phase.bpf.h"
#include "state/prefix.bpf.h"
#include "state/run.bpf.h"
#include "state/share.bpf.h"

/* Are cookies of the strong layout made now? */
static __always_inline bool forgery_is_on(__u32 now_ms)
{
	return phase_is_on(&phase.forgery, now_ms, 0, COOKIE_BARE_LIFETIME_MS);
}

/* May such a cookie be under way? */
static __always_inline bool forgery_has_strong(__u32 now_ms)
{
	return phase_is_on(&phase.forgery, now_ms, COOKIE_BARE_LIFETIME_MS,
			   COOKIE_BARE_LIFETIME_MS);
}

/* ... and one of the other layout? */
static __always_inline bool forgery_has_weak(__u32 now_ms)
{
	return !forgery_is_on(now_ms) ||
	       clock_age(now_ms, phase.forgery.since_ms) <
		       COOKIE_BARE_LIFETIME_MS;
}

/* How many guesses at a strong cookie is a check as good as? */
static __always_inline __u32 forgery_price(const struct run *r)
{
	const struct hf_service *svc = r->service;
	__u32 now_ms = r->packet->now_ms, price = 0;

	if (forgery_has_weak(now_ms))
		price += 1 << (COOKIE_MAC_BITS_STRONG - COOKIE_MAC_BITS_NO_TS);
	if (forgery_has_strong(now_ms))
		price++;
	if (control.key_prev_valid &&
	    clock_before(now_ms, control.key_prev_until_ms))
		price *= 2;
	if (svc->profile != svc->profile_prev &&
	    clock_before(now_ms, svc->profile_prev_until_ms))
		price *= 2;
	return price;
}

/* The share that checks of the packet's prefix are paid from, and the counts of
 * this CPU; or NULL. */
static __always_inline struct hf_rate *forgery_share(const struct run *r,
						     struct share *s)
{
	struct prefix_cell *cell = prefix_of(&r->packet->tuple);
	struct hf_rate *rates = phase_rate(r->packet->now_ms);

	if (!rates || !cell)
		return NULL;
	s->most = &control.guesses;
	s->taken = &phase.guesses;
	s->own = &rates->guesses;
	s->prefix = &cell->guesses;
	s->window = rates->window;
	return rates;
}

/* May the ACK be checked? It is charged. */
static __always_inline bool forgery_charge(const struct run *r, __u32 price)
{
	__u32 now_ms = r->packet->now_ms;
	struct share s;
	struct hf_rate *rates = forgery_share(r, &s);

	if (!rates)
		return false;
	if (share_take(&s, price)) {
		phase_note_rate(&rates->guesses_s, now_ms, price);
		return true;
	}
	if (rates->guesses.over)
		phase_prolong(&phase.forgery, now_ms, COOKIE_BARE_LIFETIME_MS);
	return false;
}

/* It was no guess. */
static __always_inline void forgery_refund(const struct run *r, __u32 price)
{
	struct share s;
	struct hf_rate *rates = forgery_share(r, &s);

	if (!rates)
		return;
	share_give_back(&s, price);
	rates->guesses_s.nr -= price;
}

#endif
