// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * All connections: taken over from the records, run, summed up.
 *
 * An event of the ring names its record by tuple and id (the generation of a
 * flow, irs while half open). Which connection that is gets decided here, before
 * the event goes through the door: a record that begins (RCV_SYN half open;
 * RCV_ACK, SND_SYN and ADOPTED a flow) takes the place of whatever its tuple had.
 */
#include <stdio.h>

#include "conns.h"
#include "due.h"
#include "machine.h"
#include "sweep.h"

struct receiver {
	struct conns *cs;
	uint64_t now_ms;
};

static struct conn *name_conn(struct conn *c, const struct hf_event_rec *rec)
{
	if (!c)
		return NULL;
	conn_renew(c, rec->generation);
	c->service = rec->service;
	return c;
}

/* A SYN was remembered; the tuple's connection, if any, has another id. */
static struct conn *begin_half_open(struct conns *cs, struct conn *c,
				    const struct hf_event_rec *rec,
				    uint64_t now_ms)
{
	if (c && !conn_is_half_open(c)) {
		conn_follow(cs, c, now_ms); /* is over, or the SYN is old */
		if (conn_find(cs, &rec->tuple))
			return NULL;
		c = NULL;
	}
	return name_conn(c ?: conn_new(cs, &rec->tuple, HF_LISTEN), rec);
}

/* A flow was made; a half-open connection goes on as that flow. */
static struct conn *begin_flow(struct conns *cs, struct conn *c,
			       const struct hf_event_rec *rec)
{
	bool passive = rec->event == HF_EV_RCV_ACK;

	if (c && !conn_is_half_open(c)) {
		conn_free(cs, c);
		c = NULL;
	}
	if (!c)
		c = conn_new(cs, &rec->tuple, passive ? HF_LISTEN : HF_CLOSED);
	if (c)
		cs->states->created++;
	return name_conn(c, rec);
}

/* The begin of this record was lost. In CLOSED any event follows the record. */
static struct conn *find_begun(struct conns *cs, struct conn *c,
			       const struct hf_event_rec *rec, uint64_t now_ms)
{
	struct hf_flow f;

	if (c && conn_is_half_open(c))
		conn_follow(cs, c, now_ms);
	if (c || !conns_read_flow(cs, &rec->tuple, &f))
		return NULL;
	c = conn_new(cs, &rec->tuple, HF_CLOSED);
	if (c)
		cs->states->created++;
	return c;
}

/* Whose event is it? NULL: of no connection, or the record has decided. */
static struct conn *conn_for(struct conns *cs, const struct hf_event_rec *rec,
			     uint64_t now_ms)
{
	struct conn *c = conn_find(cs, &rec->tuple);

	if (c && c->id == rec->generation)
		return c;
	if (rec->leg == HF_LEG_CLIENT && rec->event == HF_EV_RCV_SYN)
		return begin_half_open(cs, c, rec, now_ms);
	if (rec->leg == HF_LEG_CLIENT &&
	    (rec->event == HF_EV_RCV_ACK || rec->event == HF_EV_SND_SYN ||
	     rec->event == HF_EV_ADOPTED))
		return begin_flow(cs, c, rec);
	return find_begun(cs, c, rec, now_ms);
}

/* What lay in the ring before the first sweep is in the records already. */
static void on_event(const struct hf_event_rec *rec, void *arg)
{
	const struct receiver *r = arg;
	struct conn *c;

	if (!r->cs->swept_ms || rec->event >= HF_EVENT_NR ||
	    rec->leg >= HF_LEG_NR)
		return;
	c = conn_for(r->cs, rec, r->now_ms);
	if (c)
		conn_event(r->cs, c, rec->leg, rec->event, r->now_ms);
}

static void receive_events(struct conns *cs, uint64_t now_ms)
{
	struct receiver r = { .cs = cs, .now_ms = now_ms };

	cs->ops->walk_events(cs->world, on_event, &r);
}

int conns_open(struct conns *cs, const struct config *config, uint64_t now_ms)
{
	int err = conn_table_open(cs);

	if (err)
		return err;
	cs->reaper.ops = cs->ops;
	cs->reaper.world = cs->world;
	cs->config = config;
	cs->states = cs->ops->states(cs->world);
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
		cs->checks = cs->asks = 0;
		budget_renew(&cs->repeats);
	}
	receive_events(cs, now_ms);
	due_run(cs, now_ms);
	sweep_slice(cs, now_ms);
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

static bool is_over(const struct leg *leg)
{
	return leg->state == HF_CLOSED || leg->state == HF_TIME_WAIT;
}

/* By this interface; 0: by any. */
static bool is_by(const struct conns *cs, const struct conn *c,
		  unsigned int ifindex)
{
	struct hf_flow f;

	return !ifindex ||
	       (conn_read_flow(cs, c, &f) &&
		cs->ops->splice_ifindex(cs->world, &c->tuple, &f) == ifindex);
}

static bool needs_splice(const struct conns *cs, const struct conn *c,
			 unsigned int ifindex)
{
	return conn_is_spliced(c) &&
	       !(is_over(&c->leg[HF_LEG_CLIENT]) &&
		 is_over(&c->leg[HF_LEG_SERVER])) &&
	       is_by(cs, c, ifindex);
}

bool conns_any_spliced(const struct conns *cs, unsigned int ifindex)
{
	for (unsigned int i = 0; i < cs->buckets; i++)
		for (const struct conn *c = cs->bucket[i]; c; c = c->next)
			if (needs_splice(cs, c, ifindex))
				return true;
	return false;
}

unsigned int conns_spliced(const struct conns *cs, unsigned int ifindex)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < cs->buckets; i++)
		for (const struct conn *c = cs->bucket[i]; c; c = c->next)
			nr += needs_splice(cs, c, ifindex);
	return nr;
}

unsigned int conns_reset_spliced(struct conns *cs, unsigned int ifindex,
				 bool end, uint64_t now_ms)
{
	struct conn *c, *next;
	unsigned int nr = 0;

	for (unsigned int i = 0; i < cs->buckets; i++) {
		for (c = cs->bucket[i]; c; c = next) {
			next = c->next;
			if (!needs_splice(cs, c, ifindex))
				continue;
			conn_reset(cs, c, end, now_ms);
			nr++;
		}
	}
	return nr;
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
