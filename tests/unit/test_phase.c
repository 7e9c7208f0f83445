// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Ages, floods and silence on a clock that wraps and may run a little ahead. */
#include "run.h"

#include "lib/clock.h"
#include "lib/phase.h"

/* Around the wrap, and away from it. */
static const uint32_t moments[] = { 0, 1, 1000000, 0x7fffffff, UINT32_MAX };

#define EACH_MOMENT(i) \
	for (size_t i = 0; i < sizeof(moments) / sizeof(*moments); i++)

START_TEST(an_age_is_what_went_by_across_the_wrap)
{
	EACH_MOMENT(i)
	{
		uint32_t then = moments[i];

		ck_assert_uint_eq(clock_age_ms(then, then), 0);
		ck_assert_uint_eq(clock_age_ms(then, then + 1), 1);
		ck_assert_uint_eq(clock_age_ms(then, then + 0x80000000U),
				  0x80000000U);
	}
}
END_TEST

START_TEST(up_to_a_minute_ahead_is_now_beyond_it_is_49_days)
{
	EACH_MOMENT(i)
	{
		uint32_t now = moments[i];

		ck_assert_uint_eq(clock_age_ms(now + 1, now), 0);
		ck_assert_uint_eq(clock_age_ms(now + CLOCK_SLACK_MS, now), 0);
		ck_assert_uint_eq(clock_age_ms(now + CLOCK_SLACK_MS + 1, now),
				  UINT32_MAX - CLOCK_SLACK_MS);
	}
}
END_TEST

START_TEST(a_flood_lasts_until_its_end_and_no_longer)
{
	EACH_MOMENT(i)
	{
		struct hf_flood f = { .on = 1, .until_ms = moments[i] };

		ck_assert(flood_is_on(&f, moments[i] - 10000));
		ck_assert(flood_is_on(&f, moments[i] - 1));
		ck_assert(!flood_is_on(&f, moments[i]));
		ck_assert(!flood_is_on(&f, moments[i] + 1));
	}
}
END_TEST

/* The data plane forgets it; the wrap must not bring it back. */
START_TEST(a_flood_that_was_forgotten_is_none)
{
	EACH_MOMENT(i)
	{
		struct hf_flood f = { .until_ms = moments[i] };

		ck_assert(!flood_is_on(&f, moments[i] - 1));
	}
}
END_TEST

START_TEST(silent_for_orphan_ms_is_orphaned)
{
	EACH_MOMENT(i)
	{
		struct hf_control c = { .heartbeat_ms = moments[i],
					.orphan_ms = 5000 };

		ck_assert(!control_is_orphaned(&c, moments[i]));
		ck_assert(!control_is_orphaned(&c, moments[i] + 4999));
		ck_assert(control_is_orphaned(&c, moments[i] + 5000));
		ck_assert(control_is_orphaned(&c, moments[i] + 0x80000000U));
	}
}
END_TEST

START_TEST(a_heartbeat_slightly_ahead_is_no_silence)
{
	EACH_MOMENT(i)
	{
		struct hf_control c = { .heartbeat_ms = moments[i] + 3,
					.orphan_ms = 1 };

		ck_assert(!control_is_orphaned(&c, moments[i]));
	}
}
END_TEST

START_TEST(without_orphan_ms_no_silence_is_too_long)
{
	EACH_MOMENT(i)
	{
		struct hf_control c = { .heartbeat_ms = moments[i] };

		ck_assert(!control_is_orphaned(&c, moments[i]));
		ck_assert(!control_is_orphaned(&c, moments[i] + 0x80000000U));
	}
}
END_TEST

TEST_MAIN("phase", an_age_is_what_went_by_across_the_wrap,
	  up_to_a_minute_ahead_is_now_beyond_it_is_49_days,
	  a_flood_lasts_until_its_end_and_no_longer,
	  a_flood_that_was_forgotten_is_none, silent_for_orphan_ms_is_orphaned,
	  a_heartbeat_slightly_ahead_is_no_silence,
	  without_orphan_ms_no_silence_is_too_long)
