// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* On which CPU heavy work is done. Where the thread may run is made up. */
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sys/cpu.h"

#define CPUS	4

static const char *softirqs;	/* NULL: there is no such file */
static cpu_set_t allowed;
static int refused;		/* errno of a move */

/* The linker puts it in the place of fopen(). */
FILE *__wrap_fopen(const char *path, const char *mode);

FILE *__wrap_fopen(const char *path, const char *mode)
{
	ck_assert_str_eq(path, "/proc/softirqs");
	return softirqs ? fmemopen((void *)softirqs, strlen(softirqs), mode)
			: NULL;
}

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

static void goes_to(int cpu, const uint64_t *load)
{
	cpu_set_t was = allowed, before;

	ck_assert_int_eq(cpu_go_to_least(load, CPUS, &before), 0);
	ck_assert_int_eq(CPU_COUNT(&allowed), 1);
	ck_assert(CPU_ISSET(cpu, &allowed));
	ck_assert(CPU_EQUAL(&before, &was));
	cpu_go_back(&before);
	ck_assert(CPU_EQUAL(&allowed, &was));
}

START_TEST(it_goes_where_least_is)
{
	goes_to(2, (uint64_t[]){ 5, 4, 3, 4 });
	goes_to(0, (uint64_t[]){ 0, 4, 3, 4 });
}
END_TEST

START_TEST(of_several_it_takes_the_one_that_received_least)
{
	softirqs =
		"                    CPU0       CPU1       CPU2       CPU3\n"
		"      NET_TX:          0          0          9          0\n"
		"      NET_RX:       1000        500          7        600\n"
		"       BLOCK:          0          0          9          0\n";
	goes_to(2, (uint64_t[CPUS]){});
	goes_to(1, (uint64_t[]){ 0, 0, 1, 0 });
}
END_TEST

/* A CPU that is off has no column. */
START_TEST(columns_have_names)
{
	softirqs = "                    CPU0       CPU3\n"
		   "      NET_RX:       1000        500\n";
	goes_to(3, (uint64_t[]){ 0, 1, 1, 0 });
}
END_TEST

START_TEST(it_stays_where_it_may_run)
{
	allow(1, 2);
	goes_to(1, (uint64_t[]){ 0, 4, 5, 0 });
	allow(0, -1);
	ck_assert_int_eq(cpu_go_to_least((uint64_t[CPUS]){}, CPUS,
					 &(cpu_set_t){}),
			 -ENOENT);
}
END_TEST

START_TEST(a_move_that_is_refused_is_an_error)
{
	refused = EPERM;
	ck_assert_int_eq(cpu_go_to_least((uint64_t[CPUS]){}, CPUS,
					 &(cpu_set_t){}),
			 -EPERM);
	ck_assert_int_eq(CPU_COUNT(&allowed), CPUS);
}
END_TEST

static void set_up(void)
{
	softirqs = NULL;
	refused = 0;
	allow(0, CPUS - 1);
}

int main(void)
{
	Suite *suite = suite_create("cpu");
	TCase *tc = tcase_create("cpu");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, it_goes_where_least_is);
	tcase_add_test(tc, of_several_it_takes_the_one_that_received_least);
	tcase_add_test(tc, columns_have_names);
	tcase_add_test(tc, it_stays_where_it_may_run);
	tcase_add_test(tc, a_move_that_is_refused_is_an_error);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
