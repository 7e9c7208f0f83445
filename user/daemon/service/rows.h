/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rows of services: a name has one, which counters, brake and records know it
 * by (service id). When all are taken, a name that no socket and no SPEC has
 * wanted for longest, and that has no connection left, gives its row to the
 * next one.
 */
#ifndef HANDFAST_ROWS_H
#define HANDFAST_ROWS_H

#include "daemon/attach/dataplane.h"

struct service_rows {
	struct hf_service_info info[HF_SERVICES_MAX];
	__u32 wanted[HF_SERVICES_MAX];	/* round in which it was, the last one */
	__u32 given[HF_SERVICES_MAX];	/* round in which it got its name */
	__u32 round;			/* looks at the sockets so far */
	__u32 written;			/* the last one that is in the map */
	__u32 exhausted;		/* the last one with no row to give */
	__u16 first[HF_SERVICES_MAX];	/* row of a hash of names, and ... */
	__u16 next[HF_SERVICES_MAX];	/* ... the next one of it; 0: no more */
	int nr;				/* rows that were ever used, and row 0 */
	uint64_t *refused;		/* in this look: a hash of each name */
	int refusals, refusals_room;
	bool full_said;
};

/* Read back what an earlier daemon left. */
void rows_take_over(struct service_rows *r, const struct maps *m);

/* The next look at the sockets begins. */
void rows_begin(struct service_rows *r);

/* The row of a name that is wanted now, made if it is new; 0: all are taken. */
int rows_want(struct service_rows *r, const struct maps *m, const char *name);

/* How many names got none in this look? */
int rows_refused(struct service_rows *r);

/* This look is in the map: what it gave to others is theirs. */
void rows_done(struct service_rows *r);

/* Did the row get another name since the last look that is in the map? */
bool rows_changed_hands(const struct service_rows *r, int row);

/* Did nobody want it in the last look that is in the map? */
bool rows_is_left(const struct service_rows *r, int row);

void rows_free(struct service_rows *r);

#endif
