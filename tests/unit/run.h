/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What every unit test has: libcheck's main, and numbers from a fixed seed. */
#ifndef TESTS_RUN_H
#define TESTS_RUN_H

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

/* splitmix64 (Steele, Lea, Flood 2014): same numbers in every run. */
static uint64_t rnd_state;

static inline void rnd_seed(uint64_t seed)
{
	rnd_state = seed;
}

static inline uint64_t rnd64(void)
{
	uint64_t z = rnd_state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static inline uint32_t rnd32(void)
{
	return rnd64() >> 32;
}

static inline uint32_t rnd_below(uint32_t limit)
{
	return rnd64() % limit;
}

static inline void rnd_fill(void *to, size_t len)
{
	uint8_t *byte = to;

	while (len--)
		*byte++ = rnd64();
}

/* Seconds that a test may take; HF_SLOW is of emulated machines, see lib.sh. */
static inline int test_timeout(void)
{
	const char *slow = getenv("HF_SLOW");

	return 60 * (slow ? atoi(slow) : 1);
}

/* The suite of one case, by its name. What main() returns. */
static inline int test_run(const char *name, TCase *tcase)
{
	Suite *suite = suite_create(name);
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* A test file ends with TEST_MAIN("name", test, test, ...), ... */
#define TEST_MAIN(name, ...) TEST_MAIN_WITH(name, NULL, NULL, __VA_ARGS__)

/* ... or with a fixture. */
#define TEST_MAIN_WITH(name, set_up, tear_down, ...) \
	int main(void) \
	{ \
		const TTest *const tests[] = { __VA_ARGS__ }; \
		TCase *tcase = tcase_create(name); \
		tcase_set_timeout(tcase, test_timeout()); \
		tcase_add_checked_fixture(tcase, set_up, tear_down); \
		for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++) \
			tcase_add_test(tcase, tests[i]); \
		return test_run(name, tcase); \
	}

#endif
