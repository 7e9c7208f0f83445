// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The table of connections, their records, and the one writer of a state.
 *
 * The table is a hash of chains. Clients choose ports, and with IPv6 addresses
 * as well, so its hash has a secret: nobody can make long chains.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "conn.h"
#include "lib/flow_state.h"
#include "lib/log.h"

#define BUCKETS_MIN 4096U

static __u64 rotate(__u64 x, int by)
{
	return x << by | x >> (64 - by);
}

static void sip_round(__u64 v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32) + v[3];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

/* SipHash-1-3 (Aumasson, Bernstein 2012) of the tuple's five words. */
static __u32 tuple_hash(const __u64 secret[2], const struct hf_tuple *t)
{
	__u64 word[sizeof(*t) / 8 + 1] = {};
	__u64 v[4] = {
		secret[0] ^ 0x736f6d6570736575ULL,
		secret[1] ^ 0x646f72616e646f6dULL,
		secret[0] ^ 0x6c7967656e657261ULL,
		secret[1] ^ 0x7465646279746573ULL,
	};

	memcpy(word, t, sizeof(*t));
	word[sizeof(*t) / 8] = (__u64)sizeof(*t) << 56;
	for (size_t i = 0; i < sizeof(word) / 8; i++) {
		v[3] ^= word[i];
		sip_round(v);
		v[0] ^= word[i];
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* Where the tuple's connection hangs, or would: *place is NULL without one. */
static struct conn **place_of(const struct conns *cs, const struct hf_tuple *t)
{
	struct conn **at =
		&cs->bucket[tuple_hash(cs->secret, t) & (cs->buckets - 1)];

	while (*at && memcmp(&(*at)->tuple, t, sizeof(*t)))
		at = &(*at)->next;
	return at;
}

static void grow(struct conns *cs)
{
	unsigned int buckets = cs->buckets * 2;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): of pointers */
	struct conn **fresh = calloc(buckets, sizeof(*fresh)), **at, *c, *next;

	if (!fresh)
		return;
	for (unsigned int i = 0; i < cs->buckets; i++) {
		for (c = cs->bucket[i]; c; c = next) {
			next = c->next;
			at = &fresh[tuple_hash(cs->secret, &c->tuple) &
				    (buckets - 1)];
			c->next = *at;
			*at = c;
		}
	}
	free(cs->bucket);
	cs->bucket = fresh;
	cs->buckets = buckets;
}

int conn_table_open(struct conns *cs)
{
	if (getrandom(cs->secret, sizeof(cs->secret), 0) < 0)
		return -errno;
	cs->buckets = BUCKETS_MIN;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): of pointers */
	cs->bucket = calloc(cs->buckets, sizeof(*cs->bucket));
	return cs->bucket ? 0 : -ENOMEM;
}

void conn_table_close(struct conns *cs)
{
	struct conn *c, *next;

	for (unsigned int i = 0; cs->bucket && i < cs->buckets; i++) {
		for (c = cs->bucket[i]; c; c = next) {
			next = c->next;
			free(c);
		}
	}
	free(cs->bucket);
	cs->bucket = NULL;
}

struct conn *conn_find(const struct conns *cs, const struct hf_tuple *t)
{
	return *place_of(cs, t);
}

struct conn *conn_new(struct conns *cs, const struct hf_tuple *t,
		      enum hf_state state)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	if (cs->nr >= cs->buckets)
		grow(cs);
	c->tuple = *t;
	c->epoch = cs->epoch;
	for (int i = 0; i < HF_LEG_NR; i++)
		c->leg[i].which = i;
	c->leg[HF_LEG_CLIENT].state = state;
	c->leg[HF_LEG_CLIENT].role = state == HF_LISTEN ? FSM_PASSIVE
							: FSM_ACTIVE;
	*place_of(cs, t) = c;
	cs->nr++;
	return c;
}

void conn_renew(struct conn *c, __u32 id)
{
	c->id = id;
	for (int i = 0; i < HF_LEG_NR; i++) {
		timer_stop(&c->leg[i].timer);
		c->leg[i].tries = 0;
	}
}

/* CLOSED and LISTEN are counted elsewhere: most have no connection here. */
static bool is_counted(enum hf_state state)
{
	return state != HF_CLOSED && state != HF_LISTEN;
}

void conn_free(struct conns *cs, struct conn *c)
{
	struct conn **at = place_of(cs, &c->tuple);

	for (int i = 0; i < HF_LEG_NR; i++) {
		timer_stop(&c->leg[i].timer);
		if (is_counted(c->leg[i].state))
			cs->states->leg[i].now[c->leg[i].state]--;
	}
	if (c->half_over)
		cs->states->leg[HF_LEG_CLIENT].now[HF_CLOSED]--;
	*at = c->next;
	cs->nr--;
	free(c);
}

struct conn *leg_conn(struct leg *leg)
{
	struct leg *first = leg - leg->which;

	return (struct conn *)((char *)first - offsetof(struct conn, leg));
}

/* The record of a splice stays until both legs are in CLOSED. */
static void count_half_over(struct conns *cs, struct conn *c)
{
	bool over = conn_is_spliced(c) && conn_is_open(c) &&
		    c->leg[HF_LEG_CLIENT].state == HF_CLOSED;

	if (over == c->half_over)
		return;
	c->half_over = over;
	cs->states->leg[HF_LEG_CLIENT].now[HF_CLOSED] += over ? 1 : -1;
}

void leg_enter(struct conns *cs, struct leg *leg, enum hf_state to, int event)
{
	struct hf_leg_states *s = &cs->states->leg[leg->which];
	enum hf_state from = leg->state;

	if (event >= 0)
		s->taken[from][event]++;
	else if (from != to && is_counted(from))
		cs->states->resynced++;
	if (from == to)
		return;
	log_debug("%s -> %s, %s", state_names[from], state_names[to],
		  event < 0 ? "the record says so" : event_names[event]);
	leg->state = to;
	leg->tries = 0;
	if (is_counted(from))
		s->now[from]--;
	if (is_counted(to))
		s->now[to]++;
	if (to != HF_CLOSED && !cs->quiet) /* CLOSED is counted in BPF */
		s->entered[to]++;
	count_half_over(cs, leg_conn(leg));
}

bool conn_is_half_open(const struct conn *c)
{
	const struct leg *leg = &c->leg[HF_LEG_CLIENT];

	return leg->state == HF_SYN_RECEIVED && leg->role == FSM_PASSIVE;
}

bool conn_is_spliced(const struct conn *c)
{
	return c->leg[HF_LEG_SERVER].role != FSM_NO_ROLE;
}

bool conn_is_open(const struct conn *c)
{
	for (int i = 0; i < HF_LEG_NR; i++)
		if (c->leg[i].state != HF_CLOSED)
			return true;
	return false;
}

const struct config_timers *conn_timers(const struct conns *cs,
					const struct conn *c)
{
	struct in6_addr server;

	memcpy(&server, c->tuple.server, sizeof(server));
	return &config_service_of(cs->config, &server,
				  ntohs(c->tuple.server_port))
			->timers;
}

bool conns_read_flow(const struct conns *cs, const struct hf_tuple *t,
		     struct hf_flow *f)
{
	return cs->ops->read_flow(cs->world, t, f) &&
	       !(f->life & HF_LIFE_DYING);
}

bool conns_read_half_open(const struct conns *cs, const struct hf_tuple *t,
			  struct hf_half_open *h)
{
	return cs->ops->read_half_open(cs->world, t, h) &&
	       h->kind == HF_HALF_COOKIE;
}

bool conn_read_flow(const struct conns *cs, const struct conn *c,
		    struct hf_flow *f)
{
	return conns_read_flow(cs, &c->tuple, f) && flow_id(f) == c->id;
}

bool conn_read_half_open(const struct conns *cs, const struct conn *c,
			 struct hf_half_open *h)
{
	return conns_read_half_open(cs, &c->tuple, h) && h->irs == c->id;
}
