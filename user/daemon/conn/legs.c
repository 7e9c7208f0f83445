// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* All legs: taken over from the records, run, summed up. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "legs.h"
#include "machine.h"

#define BUCKETS_MIN 4096U
#define SWEEP_PAUSE_MS 250
#define SWEEP_LEGS_A_MS 3000 /* 0.3 s for a million, measured */
#define SWEEP_SHARE 10	     /* of the time may go into sweeps: 1/n */

/* What a walk carries. */
struct sweep {
	struct legs *legs;
	uint64_t now_ms;
};

/* What lay in the ring before the first sweep is in the records already. */
static void on_event(const struct hf_event_rec *rec, void *arg)
{
	const struct sweep *s = arg;

	if (s->legs->swept_ms)
		machine_take(s->legs, rec, s->now_ms);
}

static void take_events(struct legs *l, uint64_t now_ms)
{
	struct sweep s = { .legs = l, .now_ms = now_ms };

	l->ops->walk_events(l->world, on_event, &s);
}

static int sweep_flow(const struct hf_tuple *t, const struct hf_flow *f,
		      void *arg)
{
	struct sweep *s = arg;
	struct leg *leg = *leg_place(s->legs, t);

	if (f->life & HF_LIFE_DYING) {
		if (!(f->life & HF_LIFE_TAKEN))
			reaper_take(&s->legs->reaper, t, f->life, s->now_ms);
		return 0;
	}
	if (!leg) {
		leg = leg_new(s->legs, t, HF_CLOSED);
		s->legs->states->created++;
	}
	if (leg)
		machine_follow(s->legs, leg, f, s->now_ms);
	return 0;
}

static int sweep_half(const struct hf_tuple *t, const struct hf_half_open *h,
		      void *arg)
{
	struct sweep *s = arg;
	struct leg *leg = *leg_place(s->legs, t);

	if (h->kind != HF_HALF_COOKIE || (leg && !leg_is_half_open(leg)))
		return 0;
	if (leg_age_ms(h->made_ms, s->now_ms) > HF_HALF_OPEN_MS) {
		reaper_forget(&s->legs->reaper, t, h);
		return 0;
	}
	if (!leg)
		leg = leg_new(s->legs, t, HF_LISTEN);
	if (leg)
		machine_follow_half(s->legs, leg, h, s->now_ms);
	return 0;
}

/* Legs that the sweep did not meet: a walk may miss one, a look does not. */
static void sweep_rest(struct legs *l, uint64_t now_ms)
{
	struct leg *leg, *next;

	for (unsigned int i = 0; i < l->buckets; i++) {
		for (leg = l->bucket[i]; leg; leg = next) {
			next = leg->next;
			if (leg->epoch != l->epoch)
				machine_look(l, leg, now_ms);
		}
	}
}

static void sweep(struct legs *l, uint64_t now_ms)
{
	struct sweep s = { .legs = l, .now_ms = now_ms };
	struct hf_phase ph;

	if (l->ops->read_phase(l->world, &ph))
		l->lost = ph.events_lost;
	l->epoch++;
	l->ops->walk_flows(l->world, sweep_flow, &s);
	l->ops->walk_half_open(l->world, sweep_half, &s);
	sweep_rest(l, now_ms);
	l->swept_ms = now_ms;
	l->sweep_took_ms = l->nr / SWEEP_LEGS_A_MS;
}

static bool sweep_is_due(const struct legs *l, uint64_t now_ms)
{
	uint64_t pause_ms = l->sweep_took_ms * SWEEP_SHARE;
	struct hf_phase ph;

	if (now_ms - l->swept_ms >= LEGS_SWEEP_MS)
		return true;
	if (pause_ms < SWEEP_PAUSE_MS)
		pause_ms = SWEEP_PAUSE_MS;
	return now_ms - l->swept_ms >= pause_ms &&
	       l->ops->read_phase(l->world, &ph) && ph.events_lost != l->lost;
}

/*
 * What the daemon before left, if there was one. Meanwhile states were entered
 * that nobody counted: at least the difference, and every flow began.
 */
static void take_over(struct legs *l, uint64_t now_ms)
{
	struct hf_leg_states *s = &l->states->leg[HF_LEG_CLIENT];
	struct hf_counters sum;
	__u64 before[HF_STATE_NR];

	memcpy(before, s->now, sizeof(before));
	memset(s->now, 0, sizeof(s->now));
	s->now[HF_LISTEN] = before[HF_LISTEN];
	l->quiet = true;
	sweep(l, now_ms);
	l->quiet = false;
	for (int i = 0; i < HF_STATE_NR; i++)
		if (i != HF_ESTABLISHED && s->now[i] > before[i])
			s->entered[i] += s->now[i] - before[i];
	if (!l->ops->read_counters(l->world, &sum))
		return;
	s->entered[HF_ESTABLISHED] += sum.n[HF_CNT_FLOW_CREATED] -
				      l->states->created;
	l->states->created = sum.n[HF_CNT_FLOW_CREATED];
}

int legs_open(struct legs *l, const struct conn_ops *ops, void *world,
	      const struct config *c, uint64_t now_ms)
{
	l->ops = l->reaper.ops = ops;
	l->world = l->reaper.world = world;
	l->config = c;
	l->states = ops->states(world);
	l->buckets = BUCKETS_MIN;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): of pointers */
	l->bucket = calloc(l->buckets, sizeof(*l->bucket));
	if (!l->bucket)
		return -ENOMEM;
	l->second_ms = now_ms;
	take_events(l, now_ms);
	take_over(l, now_ms);
	return 0;
}

void legs_close(struct legs *l)
{
	struct leg *leg, *next;

	for (unsigned int i = 0; l->bucket && i < l->buckets; i++) {
		for (leg = l->bucket[i]; leg; leg = next) {
			next = leg->next;
			free(leg);
		}
	}
	free(l->bucket);
	l->bucket = NULL;
	reaper_free(&l->reaper);
}

void legs_run(struct legs *l, uint64_t now_ms)
{
	if (now_ms - l->second_ms >= 1000) {
		l->second_ms = now_ms;
		l->repeats = l->checks = 0;
	}
	take_events(l, now_ms);
	due_run(l, now_ms);
	if (sweep_is_due(l, now_ms))
		sweep(l, now_ms);
	reaper_run(&l->reaper, now_ms);
}

void legs_look(struct legs *l, uint64_t now_ms)
{
	take_events(l, now_ms);
	sweep(l, now_ms);
}

void legs_listening(struct legs *l, unsigned int sockets)
{
	struct hf_leg_states *s = &l->states->leg[HF_LEG_CLIENT];

	if (sockets > s->now[HF_LISTEN])
		s->entered[HF_LISTEN] += sockets - s->now[HF_LISTEN];
	s->now[HF_LISTEN] = sockets;
}

void legs_summary(const struct legs *l, char *text, size_t size)
{
	size_t at = snprintf(text, size, "%u connections", l->nr);

	for (int s = HF_SYN_SENT; s < HF_STATE_NR && at < size; s++)
		if (l->states->leg[HF_LEG_CLIENT].now[s])
			at += snprintf(text + at, size - at, ", %llu %s",
				       l->states->leg[HF_LEG_CLIENT].now[s],
				       state_names[s]);
}
