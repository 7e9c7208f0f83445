// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* All connections: taken over from the records, run, summed up. */
#include <stdio.h>

#include "conns.h"
#include "due.h"
#include "machine.h"
#include "sweep.h"

struct receiver {
	struct conns *cs;
	uint64_t now_ms;
};

/* What lay in the ring before the first sweep is in the records already. */
static void on_event(const struct hf_event_rec *rec, void *arg)
{
	const struct receiver *r = arg;

	if (r->cs->swept_ms)
		machine_receive(r->cs, rec, r->now_ms);
}

static void receive_events(struct conns *cs, uint64_t now_ms)
{
	struct receiver r = { .cs = cs, .now_ms = now_ms };

	cs->ops->walk_events(cs->world, on_event, &r);
}

int conns_open(struct conns *cs, const struct conn_ops *ops, void *world,
	       const struct config *config, uint64_t now_ms)
{
	int err = conn_table_open(cs);

	if (err)
		return err;
	cs->ops = cs->reaper.ops = ops;
	cs->world = cs->reaper.world = world;
	cs->config = config;
	cs->states = ops->states(world);
	cs->second_ms = now_ms;
	receive_events(cs, now_ms);
	sweep_take_over(cs, now_ms);
	return 0;
}

void conns_close(struct conns *cs)
{
	conn_table_close(cs);
	reaper_free(&cs->reaper);
}

void conns_run(struct conns *cs, uint64_t now_ms)
{
	if (now_ms - cs->second_ms >= 1000) {
		cs->second_ms = now_ms;
		cs->repeats = cs->checks = 0;
	}
	receive_events(cs, now_ms);
	due_run(cs, now_ms);
	if (sweep_is_due(cs, now_ms))
		sweep_run(cs, now_ms);
	reaper_run(&cs->reaper, now_ms);
}

void conns_follow(struct conns *cs, uint64_t now_ms)
{
	receive_events(cs, now_ms);
	sweep_run(cs, now_ms);
}

void conns_listening(struct conns *cs, unsigned int sockets)
{
	struct hf_leg_states *s = &cs->states->leg[HF_LEG_CLIENT];

	if (sockets > s->now[HF_LISTEN])
		s->entered[HF_LISTEN] += sockets - s->now[HF_LISTEN];
	s->now[HF_LISTEN] = sockets;
}

void conns_summary(const struct conns *cs, char *text, size_t size)
{
	const struct hf_leg_states *s = &cs->states->leg[HF_LEG_CLIENT];
	size_t at = snprintf(text, size, "%u connections", cs->nr);

	for (int i = HF_SYN_SENT; i < HF_STATE_NR && at < size; i++)
		if (s->now[i])
			at += snprintf(text + at, size - at, ", %llu %s",
				       s->now[i], state_names[i]);
}
