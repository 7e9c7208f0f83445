// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sweeps. A record needs no event: what it says is where its legs are. A sweep
 * of a million flows takes 0.3 s: it is done in slices, between which events and
 * timers have their turn. The daemon's loop comes by every 20 ms.
 */
#include <string.h>

#include "lib/clock.h"
#include "machine.h"
#include "sweep.h"

#define PAUSE_MS 250	/* between sweeps after losses */
#define SLICE_US 1500	/* a piece more may follow: 1024 records, 0.4 ms */
#define BUCKETS_A_PIECE 4096

struct visit {
	struct conns *cs;
	uint64_t now_ms;
};

static int on_flow(const struct hf_tuple *t, const struct hf_flow *f, void *arg)
{
	const struct visit *s = arg;
	struct conn *c = conn_find(s->cs, t);

	if (f->life & HF_LIFE_DYING) {
		if (!(f->life & HF_LIFE_CLAIMED))
			reaper_add(&s->cs->reaper, t, f->life, s->now_ms);
		return 0;
	}
	if (!c) {
		c = conn_new(s->cs, t, HF_CLOSED);
		s->cs->states->created += c && !s->cs->quiet;
	}
	if (c)
		conn_follow_flow(s->cs, c, f, s->now_ms);
	return 0;
}

static int on_half_open(const struct hf_tuple *t, const struct hf_half_open *h,
			void *arg)
{
	const struct visit *s = arg;
	struct conn *c = conn_find(s->cs, t);

	if (h->kind != HF_HALF_COOKIE || (c && !conn_is_half_open(c)))
		return 0;
	if (clock_age_ms(h->made_ms, s->now_ms) > HF_HALF_OPEN_MS) {
		reaper_forget(&s->cs->reaper, t, h);
		return 0;
	}
	if (!c)
		c = conn_new(s->cs, t, HF_LISTEN);
	if (c)
		conn_follow_half_open(s->cs, c, h, s->now_ms);
	return 0;
}

/* What the walks did not meet: they may miss a record, a read does not. */
static void follow_unmet(struct conns *cs, uint64_t now_ms)
{
	struct sweep *at = &cs->sweep;
	struct conn *c, *next;

	for (int i = 0; i < BUCKETS_A_PIECE && at->bucket < cs->buckets; i++) {
		for (c = cs->bucket[at->bucket++]; c; c = next) {
			next = c->next;
			if (c->epoch != cs->epoch)
				conn_follow(cs, c, now_ms);
		}
	}
}

static void begin(struct conns *cs)
{
	struct hf_phase ph;

	if (cs->ops->read_phase(cs->world, &ph))
		cs->lost = ph.events_lost;
	cs->epoch++;
	cs->sweep = (struct sweep){ .part = SWEEP_FLOWS };
}

static void go_on(struct sweep *at, enum sweep_part part)
{
	at->part = part;
	at->cursor = (struct map_cursor){};
}

/* One piece. */
static void step(struct conns *cs, uint64_t now_ms)
{
	struct visit s = { .cs = cs, .now_ms = now_ms };
	struct sweep *at = &cs->sweep;

	switch (at->part) {
	case SWEEP_NONE: return;
	case SWEEP_FLOWS:
		cs->ops->walk_flows(cs->world, &at->cursor, on_flow, &s);
		if (at->cursor.end)
			go_on(at, SWEEP_HALF_OPEN);
		return;
	case SWEEP_HALF_OPEN:
		cs->ops->walk_half_open(cs->world, &at->cursor, on_half_open,
					&s);
		if (at->cursor.end)
			go_on(at, SWEEP_UNMET);
		return;
	case SWEEP_UNMET:
		follow_unmet(cs, now_ms);
		if (at->bucket < cs->buckets)
			return;
		at->part = SWEEP_NONE;
		cs->swept_ms = now_ms;
	}
}

void sweep_run(struct conns *cs, uint64_t now_ms)
{
	begin(cs);
	while (cs->sweep.part)
		step(cs, now_ms);
}

static bool is_due(const struct conns *cs, uint64_t now_ms)
{
	uint64_t since_ms = now_ms - cs->swept_ms;
	struct hf_phase ph;

	return since_ms >= SWEEP_EVERY_MS ||
	       (since_ms >= PAUSE_MS && cs->ops->read_phase(cs->world, &ph) &&
		ph.events_lost != cs->lost);
}

void sweep_slice(struct conns *cs, uint64_t now_ms)
{
	uint64_t end_us = clock_mono_us() + SLICE_US;

	if (!cs->sweep.part && is_due(cs, now_ms))
		begin(cs);
	while (cs->sweep.part && clock_mono_us() < end_us)
		step(cs, now_ms);
}

/* LISTEN is what services say: no record tells it. */
static void forget_gauges(struct hf_leg_states *s)
{
	__u64 listen = s->now[HF_LISTEN];

	memset(s->now, 0, sizeof(s->now));
	s->now[HF_LISTEN] = listen;
}

/* States were entered that nobody counted: at least the difference. */
static void count_difference(struct hf_leg_states *s,
			     const struct hf_leg_states *before)
{
	for (int i = 0; i < HF_STATE_NR; i++)
		if (s->now[i] > before->now[i])
			s->entered[i] += s->now[i] - before->now[i];
}

/* Every flow was ESTABLISHED once, and the data plane counts flows: those that
 * are not in `created` began while nobody counted. */
static void count_created(struct conns *cs, __u64 established)
{
	struct hf_leg_states *s = &cs->states->leg[HF_LEG_CLIENT];
	struct hf_counters sum;

	s->entered[HF_ESTABLISHED] = established;
	if (!cs->ops->read_counters(cs->world, &sum))
		return;
	s->entered[HF_ESTABLISHED] += sum.n[HF_CNT_FLOW_CREATED] -
				      cs->states->created;
	cs->states->created = sum.n[HF_CNT_FLOW_CREATED];
}

void sweep_take_over(struct conns *cs, uint64_t now_ms)
{
	struct hf_states before = *cs->states;
	const struct hf_leg_states *client = &before.leg[HF_LEG_CLIENT];

	for (int i = 0; i < HF_LEG_NR; i++)
		forget_gauges(&cs->states->leg[i]);
	cs->quiet = true;
	sweep_run(cs, now_ms);
	cs->quiet = false;
	for (int i = 0; i < HF_LEG_NR; i++)
		count_difference(&cs->states->leg[i], &before.leg[i]);
	count_created(cs, client->entered[HF_ESTABLISHED]);
}
