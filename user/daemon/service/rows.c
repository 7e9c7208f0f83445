// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Rows of services: see rows.h. */
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "rows.h"

void rows_take_over(struct service_rows *r, const struct maps *m)
{
	r->round = 1;
	for (r->nr = 1; r->nr < HF_SERVICES_MAX; r->nr++) {
		if (map_read(m, HF_MAP_SERVICE_INFO, r->nr, &r->info[r->nr]) ||
		    !r->info[r->nr].used)
			break;
		r->wanted[r->nr] = r->round;
	}
}

void rows_begin(struct service_rows *r)
{
	r->round++;
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

static int find_name(const struct service_rows *r, const char *name)
{
	for (int row = 1; row < r->nr; row++)
		if (!strcmp(r->info[row].spec, name))
			return row;
	return 0;
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

int rows_want(struct service_rows *r, const struct maps *m, const char *name)
{
	int row = find_name(r, name);

	if (!row) {
		row = free_row(r, m);
		if (!row) {
			if (!r->full_said)
				log_error("services: no row for %s, it is not "
					  "protected (at most %d)",
					  name, HF_SERVICES_MAX - 1);
			r->full_said = true;
			return 0;
		}
		memset(&r->info[row], 0, sizeof(r->info[row]));
		snprintf(r->info[row].spec, HF_SPEC_MAX, "%s", name);
		r->info[row].used = HF_ROW_USED;
		r->given[row] = r->round;
		r->nr += row == r->nr;
		r->full_said = false;
	}
	r->wanted[row] = r->round;
	return row;
}
