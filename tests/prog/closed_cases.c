// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The memory of connections that are over: no copy of a proof opens one again. */
#include "shake.h"
#include "suite.h"

static void forget_closed(void)
{
	rig_set_closed(&rig, &(struct hf_closed_set){});
}

/* The one set in which something had to go. */
static const struct hf_closed_set *floored_set(void)
{
	const struct hf_closed_set *sets = rig_closed(&rig), *found = NULL;

	for (uint32_t i = 0; i < 1 << HF_CLOSED_BITS; i++) {
		if (!sets[i].floored)
			continue;
		if (found)
			ck_abort_msg("two sets have a floor");
		found = &sets[i];
	}
	ck_assert_ptr_nonnull(found);
	return found;
}

START_TEST(of_a_full_set_the_oldest_goes_and_its_age_stays)
{
	struct spec syn = shake_linux(_i), ack;
	struct hf_closed_set full = {};
	const struct hf_closed_set *set;
	int found = 0;

	for (int i = 0; i < HF_CLOSED_WAYS; i++)
		full.way[i] = (struct hf_closed){
			.tag = i + 1,
			.mint_ms = RIG_NOW_MS - 1000 + (i * 3 + 2) % 7,
		};
	rig_set_closed(&rig, &full);
	ack = shake_all(&rig, &syn);
	rig_remove(&rig, &ack);
	set = floored_set();
	ck_assert_uint_eq(set->floor_ms, RIG_NOW_MS - 1000);
	for (int i = 0; i < HF_CLOSED_WAYS; i++) {
		ck_assert_uint_ne(set->way[i].mint_ms, RIG_NOW_MS - 1000);
		found += set->way[i].irs == syn.seq;
	}
	ck_assert_int_eq(found, 1);
}
END_TEST

/* A place is free again when no copy can prove anything. */
START_TEST(of_a_set_of_old_ones_none_goes)
{
	struct hf_closed_set old = {};
	const struct hf_closed_set *now;
	struct spec syn = shake_linux(_i), ack;

	for (int i = 0; i < HF_CLOSED_WAYS; i++)
		old.way[i] = (struct hf_closed){
			.tag = i + 1,
			.mint_ms = RIG_NOW_MS - 2 * HF_COOKIE_LIFETIME_MS,
		};
	rig_set_closed(&rig, &old);
	ack = shake_all(&rig, &syn);
	rig_remove(&rig, &ack);
	now = rig_closed(&rig);
	for (uint32_t i = 0; i < 1 << HF_CLOSED_BITS; i++)
		if (now[i].floored)
			ck_abort_msg("set %u has a floor", i);
}
END_TEST

START_TEST(s27_what_was_forgotten_opens_nothing_and_later_ones_do)
{
	struct hf_closed_set forgot = { .floored = 1, .floor_ms = RIG_NOW_MS };
	struct spec syn = shake_linux(_i), ack;
	struct segment reply;
	struct result res;

	rig_set_closed(&rig, &forgot);
	shake_syn(&rig, &syn, &reply);
	ack = shake_ack(&syn, &reply);
	rig_send(&rig, &ack, &res);
	ck_result("as old", &res, XDP_PASS, C(ACK_REPLAYED) | C(REJECT_PASSED));
	rig_set_now(&rig, RIG_NOW_MS + 1000);
	syn.seq += 7;
	shake_all(&rig, &syn);
}
END_TEST

START_TEST(s27_replay_of_what_the_daemon_removed_opens_nothing)
{
	struct spec syn = _i & 2 ? shake_linux(_i & 1) : shake_no_ts(_i & 1);
	struct spec ack = shake_all(&rig, &syn);
	struct hf_flow f;
	struct result res;

	rig_remove(&rig, &ack);
	ck_assert(!rig_flow(&rig, &ack, &f));
	rig_send(&rig, &ack, &res);
	ck_result("replay", &res, XDP_PASS, C(ACK_REPLAYED) | C(REJECT_PASSED));
	ck_assert_uint_eq(rig_flows(&rig), 0);
}
END_TEST

TCase *closed_tcase(void)
{
	TCase *tc = tcase_create("closed");

	tcase_add_checked_fixture(tc, NULL, forget_closed);
	tcase_add_loop_test(tc,
			    s27_replay_of_what_the_daemon_removed_opens_nothing,
			    0, 4);
	tcase_add_loop_test(tc, of_a_full_set_the_oldest_goes_and_its_age_stays,
			    0, 2);
	tcase_add_loop_test(tc, of_a_set_of_old_ones_none_goes, 0, 2);
	tcase_add_loop_test(
		tc, s27_what_was_forgotten_opens_nothing_and_later_ones_do, 0,
		2);
	return tc;
}
