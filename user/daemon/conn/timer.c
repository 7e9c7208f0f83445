// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Timer queues: see timer.h. */
#include <stddef.h>

#include "timer.h"

void timer_queue_init(struct timer_queue *q)
{
	q->head.next = q->head.prev = &q->head;
}

void timer_stop(struct timer *t)
{
	if (!t->next)
		return;
	t->prev->next = t->next;
	t->next->prev = t->prev;
	t->next = t->prev = NULL;
}

/*
 * A timeout may be changed by a reload: what waits longer than its successor
 * would hold it up, so a timer is put before those that are due later. Nearly
 * always that is the end.
 */
void timer_set(struct timer *t, struct timer_queue *q, uint64_t now_ms,
	       uint64_t after_ms)
{
	struct timer *before = &q->head;

	timer_stop(t);
	t->due_ms = now_ms + after_ms;
	while (before->prev != &q->head && before->prev->due_ms > t->due_ms)
		before = before->prev;
	t->next = before;
	t->prev = before->prev;
	t->prev->next = t;
	before->prev = t;
}

struct timer *timer_due(struct timer_queue *q, uint64_t now_ms)
{
	struct timer *t = q->head.next;

	if (t == &q->head || t->due_ms > now_ms)
		return NULL;
	timer_stop(t);
	return t;
}
