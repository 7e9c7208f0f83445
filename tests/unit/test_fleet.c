// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A fleet of machines at an etcd that is made up here: one value and its revision.
 * Each machine has a file and a clock of its own.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run.h"
#include "fleet/fleet.h"
#include "handfast/limits.h"
#include "lib/log.h"

#define MACHINES	3
#define SECOND		1000ULL
#define ROTATE_S	100
#define SETTLE_S	10

static char dir[] = "/tmp/test_fleet-XXXXXX";
static char path[MACHINES][64];
static struct fleet fleet[MACHINES];
static struct failure f;

/* etcd's */
static char value[4096];
static int64_t revision;
static bool is_down;
static void (*before_swap)(void);

int etcd_open(struct etcd *e, const struct etcd_access *access,
	      struct failure *why)
{
	(void)e;
	(void)access;
	(void)why;
	return 0;
}

void etcd_close(struct etcd *e)
{
	(void)e;
}

int etcd_get(struct etcd *e, struct etcd_value *v, struct failure *why)
{
	(void)e;
	if (is_down)
		return failure_set(why, "etcd: %s: is down", v->key);
	v->revision = value[0] ? revision : 0;
	snprintf(v->text, v->size, "%s", value);
	return 0;
}

int etcd_swap(struct etcd *e, const struct etcd_value *v, bool *done,
	      struct failure *why)
{
	void (*before)(void) = before_swap;

	(void)e;
	before_swap = NULL;
	if (before)
		before();
	if (is_down)
		return failure_set(why, "etcd: %s: is down", v->key);
	*done = v->revision == (value[0] ? revision : 0);
	if (*done) {
		snprintf(value, sizeof(value), "%s", v->text);
		revision++;
	}
	return 0;
}

void log_info(const char *fmt, ...)
{
	(void)fmt;
}

/* --- the world ------------------------------------------------------------- */

static void setup(void)
{
	strcpy(strrchr(dir, '-'), "-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	for (int i = 0; i < MACHINES; i++) {
		snprintf(path[i], sizeof(path[i]), "%s/keys%d", dir, i);
		memset(&fleet[i], 0, sizeof(fleet[i]));
		fleet[i].path = path[i];
		strcpy(fleet[i].key, "/handfast/test/keys");
		fleet[i].rotation.rotate_ms = ROTATE_S * SECOND;
		fleet[i].rotation.settle_ms = SETTLE_S * SECOND;
		ck_assert_int_eq(fleet_open(&fleet[i], NULL, &f), 0);
	}
	value[0] = '\0';
	revision = 7;
	is_down = false;
	before_swap = NULL;
}

static void teardown(void)
{
	for (int i = 0; i < MACHINES; i++) {
		fleet_close(&fleet[i]);
		unlink(path[i]);
	}
	rmdir(dir);
}

static int step(int machine, uint64_t s)
{
	return fleet_step(&fleet[machine], s * SECOND, &f);
}

static void all_step(uint64_t s)
{
	for (int i = 0; i < MACHINES; i++)
		ck_assert_int_eq(step(i, s), 0);
}

/* The first keys ever, everywhere, and seen by all at that second at the latest. */
static uint64_t begin(void)
{
	uint64_t s;

	for (s = 0; s <= SETTLE_S + 1; s++)
		all_step(s);
	return s - 1;
}

/* The machine's file has these keys; the other one 0: none. */
static void has(int machine, __u32 mints, __u32 accepts)
{
	struct key_file *k = fleet[machine].ours;

	ck_assert_int_eq(key_file_read(k, path[machine], &f), 0);
	ck_assert_int_eq(k->nr, accepts ? 2 : 1);
	ck_assert_uint_eq(k->key[0].turn, mints);
	if (accepts)
		ck_assert_uint_eq(k->key[1].turn, accepts);
}

static void all_have(__u32 mints, __u32 accepts)
{
	for (int i = 0; i < MACHINES; i++)
		has(i, mints, accepts);
}

START_TEST(the_first_makes_a_key_and_all_have_it)
{
	all_step(0);
	all_step(SETTLE_S - 1);
	ck_assert_int_eq(revision, 7);
	ck_assert_str_eq(value, "");
	all_step(SETTLE_S);
	all_step(SETTLE_S + 1);
	all_have(1, 0);
	ck_assert_int_eq(revision, 8);
	all_step(SETTLE_S + ROTATE_S - 1);
	ck_assert_int_eq(revision, 8);
}
END_TEST

/* One that has no file must not be faster than those who have. */
START_TEST(who_has_none_waits_for_who_has)
{
	uint64_t s = begin();
	char first[sizeof(value)];

	strcpy(first, value);
	value[0] = '\0';
	ck_assert_int_eq(unlink(path[2]), 0);
	ck_assert_int_eq(step(2, s + 1), 0);
	ck_assert_str_eq(value, "");
	ck_assert_int_eq(step(1, s + 2), 0);
	ck_assert_str_eq(value, first);
	ck_assert_int_eq(step(2, s + 3), 0);
	has(2, 1, 0);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_in_use)
{
	uint64_t s = begin();

	value[0] = '\0';
	ck_assert_int_eq(chmod(path[0], 0404), 0);
	for (int i = 1; i < 3 * SETTLE_S; i++)
		ck_assert_int_eq(step(0, s + i), -1);
	ck_assert_ptr_nonnull(strstr(f.what, "others may read"));
	ck_assert_str_eq(value, "");
}
END_TEST

/* Announced, used, alone: each step made once, and in between all have it. */
START_TEST(a_key_is_announced_before_it_mints)
{
	const uint64_t life_s = HF_COOKIE_LIFETIME_MS / SECOND;
	uint64_t s = begin() + 1 + ROTATE_S;

	all_step(s++);
	all_step(s);
	all_have(1, 2);
	ck_assert_int_eq(revision, 9);
	all_step(s + SETTLE_S - 3);
	all_have(1, 2);
	s += SETTLE_S;
	all_step(s++);
	all_step(s);
	all_have(2, 1);
	ck_assert_int_eq(revision, 10);
	all_step(s + SETTLE_S + life_s - 3);
	all_have(2, 1);
	s += SETTLE_S + life_s;
	all_step(s++);
	all_step(s);
	all_have(2, 0);
	ck_assert_int_eq(revision, 11);
}
END_TEST

static void somebody_is_faster(void)
{
	ck_assert_int_eq(step(1, SETTLE_S + 2 + ROTATE_S), 0);
}

START_TEST(who_comes_second_changes_nothing)
{
	char first[sizeof(value)];

	begin();
	before_swap = somebody_is_faster;
	ck_assert_int_eq(step(0, SETTLE_S + 2 + ROTATE_S), 0);
	ck_assert_int_eq(revision, 9);
	strcpy(first, value);
	all_step(SETTLE_S + 3 + ROTATE_S);
	ck_assert_str_eq(value, first);
	all_have(1, 2);
}
END_TEST

START_TEST(one_that_came_late_counts_from_then)
{
	ck_assert_int_eq(step(0, 0), 0);
	ck_assert_int_eq(step(0, SETTLE_S), 0);
	ck_assert_int_eq(step(0, SETTLE_S + 1), 0);
	ck_assert_int_eq(step(1, SETTLE_S + ROTATE_S), 0);
	ck_assert_int_eq(revision, 8);
	fleet[2].rotation.rotate_ms = 0;	/* only follows */
	ck_assert_int_eq(step(2, 10 * ROTATE_S), 0);
	ck_assert_int_eq(revision, 8);
	ck_assert_int_eq(step(0, SETTLE_S + 1 + ROTATE_S), 0);
	ck_assert_int_eq(revision, 9);
}
END_TEST

START_TEST(without_etcd_the_keys_stay)
{
	char first[sizeof(value)];

	begin();
	strcpy(first, value);
	is_down = true;
	ck_assert_int_eq(step(0, 10 * ROTATE_S), -1);
	ck_assert_ptr_nonnull(strstr(f.what, "is down"));
	all_have(1, 0);
	is_down = false;
	value[0] = '\0';	/* it comes back with nothing */
	revision = 0;
	all_step(10 * ROTATE_S + 1);
	all_step(10 * ROTATE_S + 2);
	ck_assert_str_eq(value, first);
	all_have(1, 0);
	ck_assert_int_eq(revision, 1);
}
END_TEST

START_TEST(a_value_that_is_none_changes_nothing)
{
	uint64_t s = begin();

	strcpy(value, "key 5 abc def\n");
	ck_assert_int_eq(step(0, s + 1), -1);
	ck_assert_ptr_nonnull(strstr(f.what, "/handfast/test/keys:1: not"));
	ck_assert_ptr_null(strstr(f.what, "abc"));
	has(0, 1, 0);
}
END_TEST

START_TEST(a_file_that_cannot_be_written_is_said)
{
	fleet[0].path = "/nowhere/keys";
	ck_assert_int_eq(step(0, 0), 0);
	ck_assert_int_eq(step(0, SETTLE_S), 0);
	ck_assert_int_eq(step(0, SETTLE_S + 1), -1);
	ck_assert_ptr_nonnull(strstr(f.what, "/nowhere/keys: No such file"));
}
END_TEST

TEST_MAIN_WITH("fleet", setup, teardown, the_first_makes_a_key_and_all_have_it,
	       who_has_none_waits_for_who_has,
	       a_file_that_cannot_be_read_is_in_use,
	       a_key_is_announced_before_it_mints,
	       who_comes_second_changes_nothing,
	       one_that_came_late_counts_from_then, without_etcd_the_keys_stay,
	       a_value_that_is_none_changes_nothing,
	       a_file_that_cannot_be_written_is_said)
