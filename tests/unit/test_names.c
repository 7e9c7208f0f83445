// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Names: tables against their enums, totals against their reasons. */
#include "run.h"

#include <string.h>

#include "lib/names.h"

#define NAMED(table, prefix, id) \
	ck_assert_str_eq(table##_names[prefix##id], #id)

START_TEST(states_are_called_as_their_constants)
{
	NAMED(state, HF_, CLOSED);
	NAMED(state, HF_, LISTEN);
	NAMED(state, HF_, SYN_SENT);
	NAMED(state, HF_, SYN_RECEIVED);
	NAMED(state, HF_, ESTABLISHED);
	NAMED(state, HF_, FIN_WAIT_1);
	NAMED(state, HF_, FIN_WAIT_2);
	NAMED(state, HF_, CLOSE_WAIT);
	NAMED(state, HF_, CLOSING);
	NAMED(state, HF_, LAST_ACK);
	NAMED(state, HF_, TIME_WAIT);
}
END_TEST

static void ck_distinct(const char *const *table, int nr)
{
	for (int i = 0; i < nr; i++)
		ck_assert_int_eq(name_find(table, nr, table[i]), i);
	ck_assert_int_eq(name_find(table, nr, "nothing"), -1);
}

START_TEST(no_table_has_a_name_twice)
{
	ck_distinct(state_names, HF_STATE_NR);
	ck_distinct(event_names, HF_EVENT_NR);
	ck_distinct(counter_names, HF_CNT_NR);
	ck_distinct(mode_names, HF_MODE_NR);
	ck_distinct(handoff_names, HF_HANDOFF_NR);
	ck_distinct(sysctl_names, HF_SYSCTL_NR);
	ck_distinct(total_names, HF_TOTAL_NR);
}
END_TEST

/* Which total a counter belongs to, or HF_TOTAL_NR; the enum's order tells. */
static enum hf_total total_of(enum hf_counter i)
{
	if (i >= HF_CNT_SYN_ANSWER_TS && i <= HF_CNT_SYN_ANSWER_NO_TS)
		return HF_TOTAL_SYN_ANSWERED;
	if (i >= HF_CNT_SYN_PASS_OFF && i <= HF_CNT_SYN_PASS_TRIPPED)
		return HF_TOTAL_SYN_PASSED;
	if (i >= HF_CNT_SYN_DROP_ACCEPT_FULL && i <= HF_CNT_SYN_DROP_NO_REPLY)
		return HF_TOTAL_SYN_DROPPED;
	if (i >= HF_CNT_ACK_BAD_MAC && i <= HF_CNT_ACK_NO_ROOM)
		return HF_TOTAL_ACK_REJECTED;
	return HF_TOTAL_NR;
}

START_TEST(totals_are_the_sums_of_their_reasons)
{
	for (int i = 0; i < HF_CNT_NR; i++) {
		struct hf_counters c = {};

		c.n[i] = 5;
		for (int total = 0; total < HF_TOTAL_NR; total++)
			ck_assert_msg(counter_total(&c, total) ==
					      (total == (int)total_of(i) ? 5
									 : 0),
				      "%s in %s", counter_names[i],
				      total_names[total]);
	}
}
END_TEST

START_TEST(instance_names_keep_to_their_length_and_letters)
{
	ck_assert(name_is_instance("a"));
	ck_assert(name_is_instance("Front-2_b"));
	ck_assert(name_is_instance("123456789012345"));
	ck_assert(!name_is_instance("1234567890123456"));
	ck_assert(!name_is_instance(""));
	ck_assert(!name_is_instance(".."));
	ck_assert(!name_is_instance("a/b"));
	ck_assert(!name_is_instance("a b"));
}
END_TEST

TEST_MAIN("names", states_are_called_as_their_constants,
	  no_table_has_a_name_twice, totals_are_the_sums_of_their_reasons,
	  instance_names_keep_to_their_length_and_letters)
