// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Rows of services: see rows.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "lib/hash.h"
#include "lib/log.h"
#include "rows.h"

static uint64_t hash(const char *name)
{
	return hash_add(HASH_BEGIN, name, strlen(name));
}

static __u16 *chain_of(struct service_rows *r, const char *name)
{
	return &r->first[hash(name) % HF_SERVICES_MAX];
}

static void put_row(struct service_rows *r, int row)
{
	__u16 *chain = chain_of(r, r->info[row].spec);

	r->next[row] = *chain;
	*chain = row;
}

/* The name is found no more, if it had one. */
static void take_row(struct service_rows *r, int row)
{
	__u16 *at = chain_of(r, r->info[row].spec);

	while (*at && *at != row)
		at = &r->next[*at];
	if (*at)
		*at = r->next[row];
	memset(&r->info[row], 0, sizeof(r->info[row]));
}

void rows_take_over(struct service_rows *r, const struct maps *m)
{
	r->round = 1;
	for (r->nr = 1; r->nr < HF_SERVICES_MAX; r->nr++) {
		if (map_read(m, HF_MAP_SERVICE_INFO, r->nr, &r->info[r->nr]) ||
		    !r->info[r->nr].used)
			break;
		r->wanted[r->nr] = r->round;
		put_row(r, r->nr);
	}
}

void rows_begin(struct service_rows *r)
{
	r->round++;
	r->refusals = 0;
	if (!r->nr)
		r->nr = 1;
}

bool rows_changed_hands(const struct service_rows *r, int row)
{
	return r->given[row] > r->written;
}

bool rows_is_left(const struct service_rows *r, int row)
{
	return r->wanted[row] < r->written;
}

void rows_done(struct service_rows *r)
{
	r->written = r->round;
}

static bool has_flows(const struct maps *m, int row)
{
	struct hf_counters c;

	return map_read_counters(m, HF_MAP_COUNTERS, row, &c) ||
	       c.n[HF_CNT_FLOW_CREATED] != c.n[HF_CNT_FLOW_CLOSED];
}

/* Was row `a` not wanted for longer than `b`? A row before all others is 0. */
static bool is_older(const struct service_rows *r, int a, int b)
{
	if (r->wanted[a] != r->wanted[b])
		return r->wanted[a] < r->wanted[b];
	return a < b;
}

/*
 * The row that was not wanted for longest, after row `after`; 0: no more. One
 * that was wanted in the last look may be wanted again: this one is half done.
 */
static int next_idle(const struct service_rows *r, int after)
{
	int best = 0;

	for (int row = 1; row < r->nr; row++)
		if (r->wanted[row] + 1 < r->round && is_older(r, after, row) &&
		    (!best || is_older(r, row, best)))
			best = row;
	return best;
}

/* A row without connections that nobody wants, or 0. */
static int reclaim(const struct service_rows *r, const struct maps *m)
{
	int row = 0;

	do
		row = next_idle(r, row);
	while (row && has_flows(m, row));
	return row;
}

/* The next owner's counts begin at zero, its brake is off, its answer unknown. */
static int clear(const struct maps *m, int row)
{
	static const struct hf_answer none;
	static const struct hf_brake off;

	return map_rebase_counters(m, HF_MAP_COUNTERS, row)
		       ?: map_write(m, HF_MAP_BRAKE, row, &off)
		       ?: map_write(m, HF_MAP_ANSWERS, row, &none);
}

static int find_name(struct service_rows *r, const char *name)
{
	int row = *chain_of(r, name);

	while (row && strcmp(r->info[row].spec, name))
		row = r->next[row];
	return row;
}

/* A row for a new name: an unused one, or one that is given back; or 0. */
static int free_row(struct service_rows *r, const struct maps *m)
{
	int row;

	if (r->exhausted == r->round)
		return 0;
	row = r->nr < HF_SERVICES_MAX ? r->nr : reclaim(r, m);
	if (row && !clear(m, row))
		return row;
	r->exhausted = r->round;
	return 0;
}

static void refuse(struct service_rows *r, const char *name)
{
	if (!r->full_said)
		log_error("services: no row for %s, it is not protected (at "
			  "most %d)",
			  name, HF_SERVICES_MAX - 1);
	r->full_said = true;
	r->refused = array_grow(r->refused, r->refusals, &r->refusals_room,
				sizeof(*r->refused));
	if (r->refused)
		r->refused[r->refusals++] = hash(name);
	else
		r->refusals = r->refusals_room = 0;
}

int rows_want(struct service_rows *r, const struct maps *m, const char *name)
{
	int row = find_name(r, name);

	if (!row) {
		row = free_row(r, m);
		if (!row) {
			refuse(r, name);
			return 0;
		}
		take_row(r, row);
		snprintf(r->info[row].spec, HF_SPEC_MAX, "%s", name);
		put_row(r, row);
		r->info[row].used = HF_ROW_USED;
		r->given[row] = r->round;
		r->nr += row == r->nr;
		r->full_said = false;
	}
	r->wanted[row] = r->round;
	return row;
}

static int hash_cmp(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

int rows_refused(struct service_rows *r)
{
	int nr = 0;

	if (r->refusals)
		qsort(r->refused, r->refusals, sizeof(*r->refused), hash_cmp);
	for (int i = 0; i < r->refusals; i++)
		if (!nr || r->refused[nr - 1] != r->refused[i])
			r->refused[nr++] = r->refused[i];
	r->refusals = nr;
	return nr;
}

void rows_free(struct service_rows *r)
{
	free(r->refused);
	r->refused = NULL;
}
