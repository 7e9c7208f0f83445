// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which MSS most client prefixes were told. */
#include "run.h"
#include "native.h"
#include "state/votes.bpf.h"

#define HALF_HOUR	HF_ANSWER_VOTES_MS

/* `nr` prefixes are told `mss`, from the hash `first` on. */
static void cast(struct hf_said *s, uint16_t mss, int first, int nr,
		 uint32_t now_ms)
{
	for (int i = first; i < first + nr; i++)
		votes_cast(s, mss, i, now_ms);
}

START_TEST(most_prefixes_decide)
{
	struct hf_said s = {};

	cast(&s, 1460, 0, 3, 1000);
	ck_assert_uint_eq(s.manner.mss, 1460);
	cast(&s, 1200, 10, 2, 1000);
	ck_assert_uint_eq(s.manner.mss, 1460);
	cast(&s, 1200, 20, 2, 1000);
	ck_assert_uint_eq(s.manner.mss, 1200);
}
END_TEST

/* One prefix counts once, however often it comes. */
START_TEST(one_prefix_is_one_vote)
{
	struct hf_said s = {};

	cast(&s, 1460, 0, 2, 1000);
	for (int i = 0; i < 1000; i++)
		cast(&s, 512, 7, 1, 1000);
	ck_assert_uint_eq(s.manner.mss, 1460);
}
END_TEST

/* A forged ICMP message makes an MSS smaller, never larger. */
START_TEST(of_equals_the_largest)
{
	struct hf_said s = {};

	cast(&s, 512, 0, 1, 1000);
	ck_assert_uint_eq(s.manner.mss, 512);
	cast(&s, 1460, 1, 1, 1000);
	ck_assert_uint_eq(s.manner.mss, 1460);
	cast(&s, 512, 0, 1, 1000);
	ck_assert_uint_eq(s.manner.mss, 1460);
	cast(&s, 512, 0, 64, 1000);
	cast(&s, 1460, 0, 64, 1000);
	ck_assert_uint_eq(s.manner.mss, 1460);
}
END_TEST

/* More values than places: the one with the fewest gives its own. */
START_TEST(many_values_drive_out_no_large_one)
{
	struct hf_said s = {};

	cast(&s, 1460, 0, 20, 1000);
	for (uint16_t mss = 100; mss < 1400; mss++)
		cast(&s, mss, mss, 1, 1000);
	ck_assert_uint_eq(s.manner.mss, 1460);
	cast(&s, 1200, 0, 30, 1000);
	ck_assert_uint_eq(s.manner.mss, 1200);
}
END_TEST

START_TEST(a_vote_ends_after_one_to_two_half_hours)
{
	struct hf_said s = {};
	uint32_t now = 0xfffff000;	/* the clock wraps on its way */

	s.votes_ms = now;
	cast(&s, 1200, 0, 10, now);
	now += HALF_HOUR;
	cast(&s, 1460, 0, 5, now);
	ck_assert_uint_eq(s.manner.mss, 1200);
	now += HALF_HOUR - 1;
	cast(&s, 1460, 0, 1, now);
	ck_assert_uint_eq(s.manner.mss, 1200);
	cast(&s, 1460, 0, 1, now + 1);
	ck_assert_uint_eq(s.manner.mss, 1460);
}
END_TEST

/* After a silence of hours the first one decides again. */
START_TEST(nothing_is_left_of_long_ago)
{
	struct hf_said s = { .votes_ms = 1000 };

	cast(&s, 1200, 0, 10, 1000);
	cast(&s, 1460, 0, 1, 1000 + 2 * HALF_HOUR);
	ck_assert_uint_eq(s.manner.mss, 1460);
}
END_TEST

TEST_MAIN("votes", most_prefixes_decide, one_prefix_is_one_vote,
	  of_equals_the_largest, many_values_drive_out_no_large_one,
	  a_vote_ends_after_one_to_two_half_hours, nothing_is_left_of_long_ago)
