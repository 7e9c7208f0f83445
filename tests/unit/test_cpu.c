// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* On which CPU heavy work is done. Where the thread may run is made up. */
#include "run.h"

#include <errno.h>

#include "sys/cpu.h"

#define CPUS	4

static cpu_set_t allowed;
static int refused;		/* errno of a move */

int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
	ck_assert_int_eq(pid, 0);
	ck_assert_uint_eq(size, sizeof(*set));
	*set = allowed;
	return 0;
}

int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set)
{
	ck_assert_int_eq(pid, 0);
	ck_assert_uint_eq(size, sizeof(*set));
	errno = refused;
	if (refused)
		return -1;
	allowed = *set;
	return 0;
}

/* The test. */

static void allow(int first, int last)
{
	CPU_ZERO(&allowed);
	for (int cpu = first; cpu <= last; cpu++)
		CPU_SET(cpu, &allowed);
}

/* `cpus`: a bit for each that it keeps to. */
static void keeps_to(unsigned int cpus, const uint64_t *load)
{
	cpu_set_t was = allowed, before;

	ck_assert_int_eq(cpu_keep_to_least(load, CPUS, &before), 0);
	for (int cpu = 0; cpu < CPUS; cpu++)
		ck_assert_int_eq(!!CPU_ISSET(cpu, &allowed), cpus >> cpu & 1);
	ck_assert(CPU_EQUAL(&before, &was));
	cpu_allow(&before);
	ck_assert(CPU_EQUAL(&allowed, &was));
}

START_TEST(it_keeps_to_those_with_little)
{
	keeps_to(0x4, (uint64_t[]){ 500, 400, 3, 400 });
	keeps_to(0x5, (uint64_t[]){ 0, 100, 25, 26 });
	keeps_to(0x3, (uint64_t[]){ 0, 0, 1, 1 });
	keeps_to(0xf, (uint64_t[]){ 7, 7, 7, 7 });
}
END_TEST

START_TEST(it_stays_where_it_may_run)
{
	allow(1, 2);
	keeps_to(0x2, (uint64_t[]){ 0, 4, 5, 0 });
	keeps_to(0x6, (uint64_t[]){ 0, 4, 4, 9 });
}
END_TEST

START_TEST(a_move_that_is_refused_is_an_error)
{
	refused = EPERM;
	ck_assert_int_eq(cpu_keep_to_least((uint64_t[CPUS]){}, CPUS,
					   &(cpu_set_t){}),
			 -EPERM);
	ck_assert_int_eq(CPU_COUNT(&allowed), CPUS);
}
END_TEST

static void set_up(void)
{
	refused = 0;
	allow(0, CPUS - 1);
}

TEST_MAIN_WITH("cpu", set_up, NULL, it_keeps_to_those_with_little,
	       it_stays_where_it_may_run, a_move_that_is_refused_is_an_error)
