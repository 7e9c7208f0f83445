/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Calm or flood, by how many there are in a window. */
#ifndef HANDFAST_PHASE_BPF_H
#define HANDFAST_PHASE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/control.h"
#include "handfast/service.h"
#include "state/clock.bpf.h"
#include "state/maps.bpf.h"
#include "state/run.bpf.h"

/*
 * Does it go on, or is it less than `after_ms` ago? Forgets one that is longer ago
 * than `keep_ms`, so that the clock's wrap (49 days) does not bring it back.
 */
static __always_inline bool phase_is_on(struct hf_flood *f, __u32 now_ms,
					__u32 after_ms, __u32 keep_ms)
{
	if (!f->on)
		return false;
	if (clock_before(now_ms, f->until_ms + after_ms))
		return true;
	if (!clock_before(now_ms, f->until_ms + keep_ms))
		f->on = 0;
	return false;
}

/* Flood, or one cookie lifetime after it, when ACKs of its cookies may still
 * come. */
static __always_inline bool phase_flood(__u32 now_ms, __u32 after_ms)
{
	return phase_is_on(&phase.flood, now_ms, after_ms,
			   HF_COOKIE_LIFETIME_MS);
}

/* A flood of what proves nothing. */
static __always_inline bool phase_ack_flood(__u32 now_ms)
{
	return phase_is_on(&phase.ack_flood, now_ms, 0, 0);
}

/* Either of them. */
static __always_inline bool phase_any_flood(__u32 now_ms)
{
	return phase_flood(now_ms, 0) || phase_ack_flood(now_ms);
}

/* Is the mode auto, and calm, so that the kernel answers SYNs itself? */
static __always_inline bool phase_is_calm(__u8 mode, __u32 now_ms)
{
	return mode == HF_MODE_AUTO && !phase_flood(now_ms, 0);
}

/* Are handshakes the kernel's by the mode, so that nothing is followed? */
static __always_inline bool phase_is_kernels(__u8 mode, __u32 now_ms)
{
	return mode == HF_MODE_MONITOR || phase_is_calm(mode, now_ms);
}

/* Did the flood begin less than `ms` ago, so that what began while calm is under
 * way? */
static __always_inline bool phase_is_new(__u32 now_ms, __u32 ms)
{
	return phase.flood.on && clock_age(now_ms, phase.flood.since_ms) < ms;
}

/* The counts of this CPU's current window, or NULL. */
static __always_inline struct hf_rate *phase_rate(__u32 now_ms)
{
	struct hf_rate *rates = MAP_AT(rate, 0);
	__u32 window = now_ms / HF_WINDOW_MS;

	if (rates && rates->window != window) {
		rates->window = window;
		rates->syns = rates->acks = rates->bare = (struct hf_tally){};
		rates->odd = rates->guesses = (struct hf_purse){};
	}
	return rates;
}

/* Is it the window that counts now, or one that another CPU has left just before?
 * Their numbers wrap with the clock. */
static __always_inline bool phase_has_begun(__u32 begun, __u32 window)
{
	return (begun - window) * HF_WINDOW_MS < CLOCK_AHEAD_MS;
}

/*
 * `nr` more in a window, by any CPU: how many all counted. One that is a jiffy
 * behind adds to the window that has begun.
 */
static __always_inline __u32 phase_add(__u64 *sum, __u32 window, __u32 nr)
{
	__u64 old = *sum, next = (__u64)window << 32 | nr;

	if (!phase_has_begun(old >> 32, window) &&
	    __sync_val_compare_and_swap(sum, old, next) == old)
		return nr;
	return (__u32)__sync_fetch_and_add(sum, nr) + nr;
}

/* What is counted in a window: by all CPUs, by this one, and how many are many. */
struct phase_count {
	__u64 *all;
	struct hf_tally *own;
	const struct hf_limit *limit;
	__u32 window;
};

/*
 * `nr` more. What each CPU counts it adds to those of all now and then: no line
 * is fought for under flood, and nobody has to know how many CPUs receive. Are
 * they at the limit now?
 */
static __always_inline bool phase_tally(const struct phase_count *c, __u32 nr)
{
	struct hf_tally *t = c->own;

	if (t->all >= c->limit->nr)
		return false;
	t->own += nr;
	if (t->own < c->limit->batch)
		return false;
	t->all = phase_add(c->all, c->window, t->own);
	t->own = 0;
	return t->all >= c->limit->nr;
}

/* It begins, or goes on for a while. */
static __always_inline void phase_prolong(struct hf_flood *f, __u32 now_ms,
					  __u32 hold_ms)
{
	if (!phase_is_on(f, now_ms, 0, HF_COOKIE_LIFETIME_MS))
		f->since_ms = now_ms;
	f->until_ms = now_ms + hold_ms;
	f->on = 1;
}

/* How many a second; nothing is decided by it. */
static __always_inline void phase_note_rate(struct hf_per_second *s,
					    __u32 now_ms, __u32 nr)
{
	__u32 second = now_ms / HF_RATE_MS;

	if (s->second != second) {
		s->before = second - s->second == 1 ? s->nr : 0;
		s->second = second;
		s->nr = 0;
	}
	s->nr += nr;
}

/* Count SYNs; the first ones at the limit in a window prolong the flood. */
static __always_inline void phase_syns(const struct run *r, __u32 nr)
{
	__u32 now_ms = r->packet->now_ms;
	struct hf_rate *rates = phase_rate(now_ms);

	if (!rates)
		return;
	phase_note_rate(&rates->syns_s, now_ms, nr);
	if (phase_tally(&(struct phase_count){ .all = &phase.syns,
					       .own = &rates->syns,
					       .limit = &control.flood_syns,
					       .window = rates->window },
			nr))
		phase_prolong(&phase.flood, now_ms, control.flood_hold_ms);
}

/*
 * The same of segments that belong to no connection and prove none: their
 * flood is one of its own. The kernel answers SYNs through it, and no cookie is
 * given because of it.
 */
static __always_inline void phase_acks(__u32 now_ms, __u32 nr)
{
	struct hf_rate *rates = phase_rate(now_ms);

	if (!rates)
		return;
	if (phase_tally(&(struct phase_count){ .all = &phase.acks,
					       .own = &rates->acks,
					       .limit = &control.flood_acks,
					       .window = rates->window },
			nr))
		phase_prolong(&phase.ack_flood, now_ms, control.flood_hold_ms);
}

#endif
