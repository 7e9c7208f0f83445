// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The table of legs, their records, and the one writer of their state. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "leg.h"
#include "lib/log.h"

#define LEG_AHEAD_MS 60000 /* longer than a sweep takes */

static __u32 tuple_hash(const struct hf_tuple *t)
{
	const __u32 *word = (const __u32 *)t;
	__u64 hash = 0x9e3779b97f4a7c15ULL;

	for (size_t i = 0; i < sizeof(*t) / 4; i++) {
		hash = (hash ^ word[i]) * 0xff51afd7ed558ccdULL;
		hash ^= hash >> 32;
	}
	return hash;
}

struct leg **leg_place(const struct legs *l, const struct hf_tuple *t)
{
	struct leg **at = &l->bucket[tuple_hash(t) & (l->buckets - 1)];

	while (*at && memcmp(&(*at)->tuple, t, sizeof(*t)))
		at = &(*at)->next;
	return at;
}

static void legs_grow(struct legs *l)
{
	unsigned int buckets = l->buckets * 2;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): of pointers */
	struct leg **fresh = calloc(buckets, sizeof(*fresh)), *leg, *next;

	if (!fresh)
		return;
	for (unsigned int i = 0; i < l->buckets; i++) {
		for (leg = l->bucket[i]; leg; leg = next) {
			struct leg **at =
				&fresh[tuple_hash(&leg->tuple) & (buckets - 1)];

			next = leg->next;
			leg->next = *at;
			*at = leg;
		}
	}
	free(l->bucket);
	l->bucket = fresh;
	l->buckets = buckets;
}

struct leg *leg_new(struct legs *l, const struct hf_tuple *t,
		    enum hf_state state)
{
	struct leg *leg = calloc(1, sizeof(*leg)), **at;

	if (!leg)
		return NULL; /* the next sweep tries again */
	if (l->nr >= l->buckets)
		legs_grow(l);
	leg->tuple = *t;
	leg->state = state;
	leg->epoch = l->epoch;
	at = leg_place(l, t);
	*at = leg;
	l->nr++;
	return leg;
}

static bool is_counted(enum hf_state state)
{
	return state != HF_CLOSED && state != HF_LISTEN;
}

/* The leg's record is gone or another one's. */
void leg_free(struct legs *l, struct leg *leg)
{
	struct leg **at = leg_place(l, &leg->tuple);

	timer_stop(&leg->timer);
	if (is_counted(leg->state))
		l->states->leg[HF_LEG_CLIENT].now[leg->state]--;
	*at = leg->next;
	l->nr--;
	free(leg);
}

/* The one writer of a leg's state. `event`: the arrow, or -1 for a sweep. */
void leg_enter(struct legs *l, struct leg *leg, enum hf_state to, int event)
{
	enum hf_state from = leg->state;

	if (event >= 0)
		l->states->leg[HF_LEG_CLIENT].taken[from][event]++;
	else if (from != to && from != HF_CLOSED && from != HF_LISTEN)
		l->states->resynced++;
	if (from == to)
		return;
	log_debug("%s -> %s, %s", state_names[from], state_names[to],
		  event < 0 ? "the record says so" : event_names[event]);
	leg->state = to;
	leg->tries = 0;
	if (is_counted(from))
		l->states->leg[HF_LEG_CLIENT].now[from]--;
	if (is_counted(to))
		l->states->leg[HF_LEG_CLIENT].now[to]++;
	if (to != HF_CLOSED && !l->quiet) /* CLOSED is counted in BPF */
		l->states->leg[HF_LEG_CLIENT].entered[to]++;
}

bool leg_read_flow(const struct legs *l, const struct hf_tuple *t,
		   struct hf_flow *f)
{
	return l->ops->read_flow(l->world, t, f) && !(f->life & HF_LIFE_DYING);
}

bool leg_read_half(const struct legs *l, const struct hf_tuple *t,
		   struct hf_half_open *h)
{
	return l->ops->read_half_open(l->world, t, h) &&
	       h->kind == HF_HALF_COOKIE;
}

bool leg_is_half_open(const struct leg *leg)
{
	return leg->state == HF_SYN_RECEIVED && leg->wait == LEG_WAIT_SYN_ACK;
}

__u32 leg_age_ms(__u32 then_ms, __u32 now_ms)
{
	__u32 age = now_ms - then_ms;

	return age < (__u32)-LEG_AHEAD_MS ? age : 0;
}

const struct config_timers *leg_timers(const struct legs *l,
				       const struct leg *leg)
{
	struct in6_addr server;

	memcpy(&server, leg->tuple.server, sizeof(server));
	return &config_service_of(l->config, &server,
				  ntohs(leg->tuple.server_port))
			->timers;
}
