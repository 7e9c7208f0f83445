// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* SYNs that are remembered while calm: what their records prove and end. */
#include <string.h>
#include <linux/bpf.h>

#include "shake.h"
#include "suite.h"

#define REJECTED	(C(ACK_BAD_MAC) | C(REJECT_PASSED))

/* So many SYNs of a window are remembered; the next one is another window's. */
static void remember(uint32_t syns)
{
	struct hf_control c = rig_control(&rig);

	c.half_open_syns = syns;
	rig_set_control(&rig, &c);
}

/* A SYN that is answered and remembered. */
static void half_open(struct shake *t, int how)
{
	remember(100);
	shake_make(&rig, t, how & 1, how & 2);
	ck_assert(rig_half_open(&rig, &t->syn));
}

/* The ACK opens a connection, and these counters count besides. */
static void opens(const struct spec *ack, uint64_t besides)
{
	struct result res;

	rig_send(&rig, ack, &res);
	ck_result("ACK", &res, XDP_PASS,
		  C(ACK_ACCEPTED) | C(FLOW_CREATED) | besides);
}

/* The cookie proves nothing any more. */
static void lose_the_keys(void)
{
	struct hf_control c = rig_control(&rig);

	c.key_generation += 2;
	rig_set_keys(&rig, c.key_generation);
	rig_set_control(&rig, &c);
}

START_TEST(s10_the_syn_again_gets_the_same_answer)
{
	struct spec syn = _i & 2 ? shake_linux(_i & 1) : shake_no_ts(_i & 1);
	struct spec other = syn;
	struct result first, again;
	struct segment reply;

	remember(100);
	rig_send(&rig, &syn, &first);
	rig_set_now(&rig, RIG_NOW_MS + 40000);
	other.client_port = CLIENT_PORT + 1;
	shake_syn(&rig, &other, &reply);
	rig_send(&rig, &syn, &again);
	ck_assert_uint_eq(again.service.n[HF_CNT_HALF_MADE], 0);
	ck_assert_uint_eq(first.out.len, again.out.len);
	ck_assert_mem_eq(first.out.byte, again.out.byte, first.out.len);
}
END_TEST

START_TEST(s9_another_syn_gets_a_cookie_of_its_own)
{
	struct segment reply;
	struct shake t;
	struct spec ack;

	half_open(&t, _i);
	t.syn.seq += 10;
	shake_syn(&rig, &t.syn, &reply);
	ck_assert_uint_ne(reply.seq, t.reply.seq);
	ack = shake_ack(&t.syn, &reply);
	opens(&ack, 0);
}
END_TEST

/* RFC 5961 3.2, RFC 9293 3.5.1 */
START_TEST(s9_a_rst_for_an_older_syn_forgets_nothing)
{
	static const int32_t wrong[] = { -9, -1, 0, 2, 100, 65536 };
	struct result res;
	struct spec rst;
	struct shake t;

	half_open(&t, _i);
	rst = shake_next(&t.ack, 0, F_RST, 0);
	rst.opt_len = 0;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		rst.seq = t.syn.seq + wrong[i];
		rig_send(&rig, &rst, &res);
		ck_result("RST", &res, XDP_PASS, C(PASS_RST));
		ck_assert(rig_half_open(&rig, &t.syn));
	}
	rst.seq = t.syn.seq + 1;
	rig_send(&rig, &rst, &res);
	ck_result("exact RST", &res, XDP_PASS, C(PASS_RST) | C(HALF_RST));
	ck_assert(!rig_half_open(&rig, &t.syn));
}
END_TEST

START_TEST(s19_a_remembered_one_is_proved_without_its_keys)
{
	struct shake t;

	half_open(&t, _i);
	lose_the_keys();
	rig_set_now(&rig, RIG_NOW_MS + HF_COOKIE_LIFETIME_MS + 1000);
	opens(&t.ack, C(HALF_PROVED));
}
END_TEST

START_TEST(s2_the_echo_is_asked_of_a_remembered_one_too)
{
	struct spec forged;
	struct result res;
	struct shake t;

	half_open(&t, _i | 2);
	lose_the_keys();
	forged = t.ack;
	forged.opt[11] ^= 1;
	rig_send(&rig, &forged, &res);
	ck_result("another echo", &res, XDP_PASS, REJECTED);
	opens(&t.ack, C(HALF_PROVED));
}
END_TEST

/* The kernel takes it, too; another number of ours it does not take. */
START_TEST(s12_a_client_may_leave_timestamps_out_after_its_syn)
{
	struct spec without, forged;
	struct result res;
	struct shake t;

	half_open(&t, _i | 2);
	without = t.ack;
	without.opt_len = 0;
	forged = without;
	forged.ack ^= 1 << 8;
	rig_send(&rig, &forged, &res);
	ck_result("another number", &res, XDP_PASS, REJECTED);
	opens(&without, C(HALF_PROVED));
}
END_TEST

START_TEST(s27_an_opened_one_is_forgotten)
{
	struct shake t;

	half_open(&t, _i);
	opens(&t.ack, 0);
	ck_assert(!rig_half_open(&rig, &t.syn));
}
END_TEST

/* Third ACK and first data were lost: a RST would end a real connection. */
START_TEST(s23_behind_a_lost_third_ack_there_is_silence)
{
	struct spec late;
	struct result res;
	struct shake t;

	half_open(&t, _i);
	late = shake_next(&t.ack, 3, F_ACK, 5);
	rig_send(&rig, &late, &res);
	ck_result("behind it", &res, XDP_DROP,
		  C(ACK_BAD_MAC) | C(HALF_SILENT) | C(REJECT_DROPPED));
	late.ack++;
	rig_send(&rig, &late, &res);
	ck_result("of another SYN-ACK", &res, XDP_PASS, REJECTED);
}
END_TEST

START_TEST(s11_only_so_many_of_a_window_are_remembered)
{
	struct spec syn = shake_linux(_i);
	struct result res;

	remember(2);
	for (int i = 0; i < 4; i++, syn.client_port = 2000 + i) {
		rig_send(&rig, &syn, &res);
		ck_result("SYN", &res, XDP_TX,
			  C(SYN_SEEN) | C(SYN_ANSWER_TS) |
				  (i < 2 ? C(HALF_MADE) : 0));
	}
}
END_TEST

START_TEST(s11_none_is_remembered_under_flood)
{
	struct spec syn = shake_linux(_i);
	struct result res;

	remember(2);
	rig_set_flood(&rig, RIG_NOW_MS + 1);
	rig_send(&rig, &syn, &res);
	ck_result("SYN", &res, XDP_TX, C(SYN_SEEN) | C(SYN_ANSWER_TS));
}
END_TEST

TCase *half_tcase(void)
{
	TCase *tc = tcase_create("half");

	tcase_add_loop_test(tc, s10_the_syn_again_gets_the_same_answer, 0, 4);
	tcase_add_loop_test(tc, s9_another_syn_gets_a_cookie_of_its_own, 0, 4);
	tcase_add_loop_test(tc, s9_a_rst_for_an_older_syn_forgets_nothing, 0,
			    4);
	tcase_add_loop_test(tc, s19_a_remembered_one_is_proved_without_its_keys,
			    0, 4);
	tcase_add_loop_test(tc, s2_the_echo_is_asked_of_a_remembered_one_too, 0,
			    2);
	tcase_add_loop_test(tc,
			    s12_a_client_may_leave_timestamps_out_after_its_syn,
			    0, 2);
	tcase_add_loop_test(tc, s27_an_opened_one_is_forgotten, 0, 4);
	tcase_add_loop_test(tc, s23_behind_a_lost_third_ack_there_is_silence, 0,
			    4);
	tcase_add_loop_test(tc, s11_only_so_many_of_a_window_are_remembered, 0,
			    2);
	tcase_add_loop_test(tc, s11_none_is_remembered_under_flood, 0, 2);
	return tc;
}
