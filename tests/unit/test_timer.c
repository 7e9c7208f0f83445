// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Timer queues: order, restart, stop, a changed timeout, clocks that wrap. */
#include "run.h"

#include <stdbool.h>

#include "daemon/conn/timer.h"

#define TIMERS	1000
#define WRAP	(1ULL << 32)	/* ms, 49.7 days */

static struct timer_queue q;

/* Not due one ms earlier, and then alone. */
static void due_at(const struct timer *t, uint64_t at_ms)
{
	ck_assert_ptr_null(timer_due(&q, at_ms - 1));
	ck_assert_ptr_eq(timer_due(&q, at_ms), t);
	ck_assert_ptr_null(t->next);
	ck_assert_ptr_null(t->prev);
}

START_TEST(an_empty_queue_has_nothing_due)
{
	timer_queue_init(&q);
	ck_assert_ptr_null(timer_due(&q, 0));
	ck_assert_ptr_null(timer_due(&q, UINT64_MAX));
}
END_TEST

START_TEST(timers_are_due_in_the_order_of_their_start)
{
	struct timer t[3] = {};

	timer_queue_init(&q);
	for (int i = 0; i < 3; i++)
		timer_set(&t[i], &q, 10 * i, 1000);
	due_at(&t[0], 1000);
	due_at(&t[1], 1010);
	due_at(&t[2], 1020);
	ck_assert_ptr_null(timer_due(&q, UINT64_MAX));
}
END_TEST

START_TEST(timers_of_one_moment_keep_their_order)
{
	struct timer t[3] = {};

	timer_queue_init(&q);
	for (int i = 0; i < 3; i++)
		timer_set(&t[i], &q, 5, 1000);
	for (int i = 0; i < 3; i++)
		ck_assert_ptr_eq(timer_due(&q, 1005), &t[i]);
	ck_assert_ptr_null(timer_due(&q, 1005));
}
END_TEST

START_TEST(a_late_look_finds_all_of_them)
{
	struct timer t[3] = {};

	timer_queue_init(&q);
	for (int i = 0; i < 3; i++)
		timer_set(&t[i], &q, i, 1000);
	for (int i = 0; i < 3; i++)
		ck_assert_ptr_eq(timer_due(&q, 1000000), &t[i]);
	ck_assert_ptr_null(timer_due(&q, 1000000));
}
END_TEST

START_TEST(a_restart_puts_it_at_the_end)
{
	struct timer t[2] = {};

	timer_queue_init(&q);
	timer_set(&t[0], &q, 0, 1000);
	timer_set(&t[1], &q, 1, 1000);
	timer_set(&t[0], &q, 2, 1000);
	due_at(&t[1], 1001);
	due_at(&t[0], 1002);
	ck_assert_ptr_null(timer_due(&q, UINT64_MAX));
}
END_TEST

START_TEST(a_restart_may_change_the_queue)
{
	struct timer_queue other;
	struct timer t = {};

	timer_queue_init(&q);
	timer_queue_init(&other);
	timer_set(&t, &q, 0, 1000);
	timer_set(&t, &other, 0, 2000);
	ck_assert_ptr_null(timer_due(&q, UINT64_MAX));
	ck_assert_ptr_null(timer_due(&other, 1999));
	ck_assert_ptr_eq(timer_due(&other, 2000), &t);
}
END_TEST

START_TEST(stopped_anywhere_it_is_never_due)
{
	for (int stopped = 0; stopped < 3; stopped++) {
		struct timer t[3] = {};

		timer_queue_init(&q);
		for (int i = 0; i < 3; i++)
			timer_set(&t[i], &q, i, 1000);
		timer_stop(&t[stopped]);
		timer_stop(&t[stopped]);	/* twice does no harm */
		for (int i = 0; i < 3; i++)
			if (i != stopped)
				due_at(&t[i], 1000 + i);
		ck_assert_ptr_null(timer_due(&q, UINT64_MAX));
	}
}
END_TEST

START_TEST(one_that_never_waited_may_be_stopped)
{
	struct timer t = {};

	timer_stop(&t);
	ck_assert_ptr_null(t.next);
}
END_TEST

/* A reload: whoever began with the longer timeout holds nobody up. */
START_TEST(a_shorter_timeout_is_not_held_up)
{
	struct timer t[4] = {};

	timer_queue_init(&q);
	timer_set(&t[0], &q, 0, 60000);
	timer_set(&t[1], &q, 1, 60000);
	timer_set(&t[2], &q, 2, 10000);
	timer_set(&t[3], &q, 3, 10000);
	due_at(&t[2], 10002);
	due_at(&t[3], 10003);
	due_at(&t[0], 60000);
	due_at(&t[1], 60001);
}
END_TEST

START_TEST(a_longer_timeout_waits_its_time)
{
	struct timer t[3] = {};

	timer_queue_init(&q);
	timer_set(&t[0], &q, 0, 10000);
	timer_set(&t[1], &q, 1, 60000);
	timer_set(&t[2], &q, 2, 10000);
	due_at(&t[0], 10000);
	due_at(&t[2], 10002);
	due_at(&t[1], 60001);
}
END_TEST

/* Timers count in 64 bits: the 32 bits of a record's clock are nothing. */
START_TEST(the_wrap_of_32_bits_is_no_event)
{
	struct timer t[3] = {};

	timer_queue_init(&q);
	timer_set(&t[0], &q, WRAP - 2000, 1000);
	timer_set(&t[1], &q, WRAP - 500, 1000);
	timer_set(&t[2], &q, WRAP + 500, 1000);
	due_at(&t[0], WRAP - 1000);
	due_at(&t[1], WRAP + 500);
	due_at(&t[2], WRAP + 1500);
	timer_set(&t[0], &q, 5, 30 * WRAP);
	due_at(&t[0], 30 * WRAP + 5);
}
END_TEST

/* Starts, restarts, stops and changed timeouts: always the earliest, once. */
START_TEST(any_history_ends_in_order)
{
	static struct timer t[TIMERS];
	uint64_t last_ms = 0;
	int waiting = 0, ended = 0;
	struct timer *due;

	rnd_seed(6298);
	timer_queue_init(&q);
	for (uint64_t now = WRAP - TIMERS; now < WRAP + TIMERS; now++) {
		struct timer *any = &t[rnd_below(TIMERS)];

		if (rnd_below(4))
			timer_set(any, &q, now, rnd_below(3) * 1000);
		else
			timer_stop(any);
	}
	for (int i = 0; i < TIMERS; i++)
		waiting += !!t[i].next;
	while ((due = timer_due(&q, UINT64_MAX))) {
		ck_assert_uint_ge(due->due_ms, last_ms);
		last_ms = due->due_ms;
		ended++;
	}
	ck_assert_int_gt(ended, TIMERS / 4);
	ck_assert_int_eq(ended, waiting);
}
END_TEST

TEST_MAIN("timer", an_empty_queue_has_nothing_due,
	  timers_are_due_in_the_order_of_their_start,
	  timers_of_one_moment_keep_their_order, a_late_look_finds_all_of_them,
	  a_restart_puts_it_at_the_end, a_restart_may_change_the_queue,
	  stopped_anywhere_it_is_never_due,
	  one_that_never_waited_may_be_stopped,
	  a_shorter_timeout_is_not_held_up, a_longer_timeout_waits_its_time,
	  the_wrap_of_32_bits_is_no_event, any_history_ends_in_order)
