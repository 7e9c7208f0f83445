/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Timers: one queue a timeout.
 *
 * Timers of one queue wait equally long, so each is put at the end and only the
 * head is ever looked at. A timer is a member of what it wakes; it waits in one
 * queue at most. `now_ms` is an argument everywhere: no clock is read here.
 */
#ifndef HANDFAST_TIMER_H
#define HANDFAST_TIMER_H

#include <stdint.h>

struct timer {
	struct timer *next, *prev;	/* NULL: not waiting */
	uint64_t due_ms;
};

struct timer_queue {
	struct timer head;		/* of a ring */
};

void timer_queue_init(struct timer_queue *q);

/* (Re)start `t`: due after `after_ms`, the same for all timers of `q`. */
void timer_set(struct timer *t, struct timer_queue *q, uint64_t now_ms,
	       uint64_t after_ms);
void timer_stop(struct timer *t);

/* The head if it is due, taken out; NULL if none is. */
struct timer *timer_due(struct timer_queue *q, uint64_t now_ms);

#endif
