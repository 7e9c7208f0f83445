// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How records end: hf_reap, generations, and the presence filter's cells. */
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "handfast/splice.h"
#include "shake.h"
#include "suite.h"

#define MANY	200

static struct hf_reap_arg reap_arg(const struct spec *ack)
{
	struct hf_reap_arg arg = { .tuple = rig_tuple(ack), .done = 77 };
	struct hf_flow f;

	ck_assert(rig_flow(&rig, ack, &f));
	arg.life = f.life;
	return arg;
}

/* The call that must do nothing, and change no record. */
static void ck_reap_nothing(const struct spec *ack, struct hf_reap_arg arg)
{
	struct hf_flow before, after;
	uint64_t presence = rig_presence(&rig);

	ck_assert(rig_flow(&rig, ack, &before));
	rig_reap(&rig, &arg);
	ck_assert_uint_eq(arg.done, 0);
	ck_assert(rig_flow(&rig, ack, &after));
	ck_assert_mem_eq(&before, &after, sizeof(before));
	ck_assert_uint_eq(rig_presence(&rig), presence);
}

static void ck_all_empty(void)
{
	ck_assert_uint_eq(rig_flows(&rig), 0);
	ck_assert_int_eq(rig_phase(&rig).flows, 0);
	ck_assert_uint_eq(rig_presence(&rig), 0);
}

START_TEST(mark_then_remove)
{
	struct spec syn = shake_linux(_i), ack = shake_all(&rig, &syn);
	struct hf_reap_arg arg = reap_arg(&ack);
	uint64_t life = arg.life;
	struct hf_flow now;

	rig_reap(&rig, &arg);
	ck_assert_uint_eq(arg.done, 1);
	ck_assert_uint_eq(arg.life,
			  (life & ~(uint64_t)HF_LIFE_PENDING) | HF_LIFE_DYING);
	ck_assert(rig_flow(&rig, &ack, &now));
	ck_assert_uint_eq(now.life, arg.life);
	ck_assert_uint_eq(rig_presence(&rig), 1);
	arg.op = HF_REAP_REMOVE;
	rig_reap(&rig, &arg);
	ck_assert_uint_eq(arg.done, 1);
	ck_all_empty();
}
END_TEST

START_TEST(remove_before_mark_does_nothing)
{
	struct spec syn = shake_linux(_i), ack = shake_all(&rig, &syn);
	struct hf_reap_arg arg = reap_arg(&ack);

	arg.op = HF_REAP_REMOVE;
	ck_reap_nothing(&ack, arg);
}
END_TEST

START_TEST(second_mark_does_nothing)
{
	struct spec syn = shake_linux(_i), ack = shake_all(&rig, &syn);
	struct hf_reap_arg arg = reap_arg(&ack);

	rig_reap(&rig, &arg);
	ck_assert_uint_eq(arg.done, 1);
	ck_reap_nothing(&ack, arg);
}
END_TEST

START_TEST(wrong_generation_does_nothing)
{
	struct spec syn = shake_linux(_i), ack = shake_all(&rig, &syn);
	struct hf_reap_arg arg = reap_arg(&ack);

	arg.life += 1ULL << 32;
	ck_reap_nothing(&ack, arg);
	arg.life |= HF_LIFE_DYING;
	arg.op = HF_REAP_REMOVE;
	ck_reap_nothing(&ack, arg);
}
END_TEST

START_TEST(other_flags_than_were_read_do_nothing)
{
	struct spec syn = shake_linux(_i), ack = shake_all(&rig, &syn);
	struct hf_reap_arg arg = reap_arg(&ack);

	arg.life &= ~(uint64_t)HF_LIFE_PENDING;
	ck_reap_nothing(&ack, arg);
}
END_TEST

START_TEST(unknown_tuple_does_nothing)
{
	struct hf_reap_arg arg = { .op = _i, .done = 77 };

	rig_reap(&rig, &arg);
	ck_assert_uint_eq(arg.done, 0);
	ck_all_empty();
}
END_TEST

START_TEST(s65_connection_reborn_between_mark_and_remove_lives)
{
	struct spec syn = shake_linux(_i), ack = shake_all(&rig, &syn);
	struct hf_reap_arg arg = reap_arg(&ack), again;
	struct segment reply;
	struct result res;

	rig_reap(&rig, &arg);
	syn.seq += 4711;
	shake_syn(&rig, &syn, &reply);
	ack = shake_ack(&syn, &reply);
	rig_send(&rig, &ack, &res);
	ck_result("reborn", &res, XDP_PASS, C(ACK_ACCEPTED) | C(FLOW_CREATED));
	arg.op = HF_REAP_REMOVE;
	ck_reap_nothing(&ack, arg);
	again = reap_arg(&ack);
	rig_reap(&rig, &again);
	again.op = HF_REAP_REMOVE;
	rig_reap(&rig, &again);
	ck_assert_uint_eq(again.done, 1);
	ck_all_empty();
}
END_TEST

START_TEST(segment_of_a_marked_record_is_one_without_a_record)
{
	struct spec syn = shake_linux(_i), ack = shake_all(&rig, &syn);
	struct hf_reap_arg arg = reap_arg(&ack);
	struct segment reply;
	struct result res;
	struct spec data;

	rig_reap(&rig, &arg);
	data = shake_next(&ack, 10, F_ACK, 10);
	rig_send(&rig, &data, &res);
	ck_result("data", &res, XDP_PASS, C(ACK_BAD_MAC) | C(REJECT_PASSED));
	shake_syn(&rig, &syn, &reply);
}
END_TEST

static struct spec many_syn(int i)
{
	struct spec syn = i & 2 ? shake_linux(i & 1) : shake_no_ts(i & 1);

	memcpy(syn.client, syn.ip6 ? client6 : client4, syn.ip6 ? 16 : 4);
	syn.client[2] = i;
	syn.client_port = 1024 + rand() % 60000;
	syn.seq = rand();
	return syn;
}

/* The client resets, and may come again on the same tuple. */
static void many_reset(struct spec *ack, bool again)
{
	struct spec s = shake_next(ack, 0, F_RST, 0);
	struct segment reply;
	struct result res;

	rig_send(&rig, &s, &res);
	ck_assert_uint_eq(res.service.n[HF_CNT_FLOW_IN], 1);
	if (!again)
		return;
	s = shake_linux(ack->ip6);
	memcpy(s.client, ack->client, sizeof(s.client));
	s.client_port = ack->client_port;
	s.seq = ack->seq + 1000;
	shake_syn(&rig, &s, &reply);
	*ack = shake_ack(&s, &reply);
	rig_send(&rig, ack, &res);
	ck_assert_uint_eq(res.service.n[HF_CNT_FLOW_CREATED], 1);
}

/* Ends them in the three ways there are: reaped, replaced, both. */
START_TEST(presence_cells_are_zero_again_after_many_connections)
{
	static struct spec acks[MANY];
	struct hf_reap_arg arg;
	struct spec syn;

	srand(19);
	for (int i = 0; i < MANY; i++) {
		syn = many_syn(i);
		acks[i] = shake_all(&rig, &syn);
	}
	ck_assert_uint_eq(rig_flows(&rig), MANY);
	ck_assert_int_eq(rig_phase(&rig).flows, MANY);
	ck_assert_uint_eq(rig_presence(&rig), MANY * 0x10001);
	for (int i = 0; i < MANY; i++)
		if (i % 3)
			many_reset(&acks[i], i % 3 == 2);
	for (int i = 0; i < MANY; i++) {
		arg = reap_arg(&acks[i]);
		rig_reap(&rig, &arg);
		ck_assert_uint_eq(arg.done, 1);
	}
	ck_assert_uint_eq(rig_presence(&rig), MANY);
	for (int i = 0; i < MANY; i++) {
		arg = reap_arg(&acks[i]);
		arg.op = HF_REAP_REMOVE;
		rig_reap(&rig, &arg);
		ck_assert_uint_eq(arg.done, 1);
	}
	ck_all_empty();
}
END_TEST

/* More than a half of a cell can count: the table knows. */
START_TEST(many_records_of_one_cell_are_found)
{
	struct spec syn = shake_linux(false), ack = shake_all(&rig, &syn);
	struct result res;

	rig_presence_share(&rig, _i);
	syn.seq++;
	rig_send(&rig, &syn, &res);
	ck_result("SYN", &res, XDP_PASS, C(SYN_SEEN) | C(SYN_PASS_LIVE_FLOW));
	ack.payload = 5;
	rig_send(&rig, &ack, &res);
	ck_result("data", &res, XDP_PASS, C(FLOW_IN));
}
END_TEST

/* 95 % is the daemon's limit: SYNs pass there, running connections go on. */
START_TEST(s14_nearly_full_table_lets_syns_pass)
{
	struct hf_control c = rig_control(&rig);
	struct spec syn, ack;
	struct result res;

	for (uint32_t i = 0; i < c.flows_limit; i++) {
		syn = shake_linux(false);
		syn.client_port = 1024 + i;
		ack = shake_all(&rig, &syn);
	}
	syn.client_port = 1;
	rig_send(&rig, &syn, &res);
	ck_result("SYN", &res, XDP_PASS, C(SYN_SEEN) | C(SYN_PASS_NO_ROOM));
	ack.payload = 5;
	rig_send(&rig, &ack, &res);
	ck_result("data", &res, XDP_PASS, C(FLOW_IN));
}
END_TEST

/* The bit that says so goes with the last of them. */
START_TEST(two_records_of_one_cell_are_both_found)
{
	struct spec syn = shake_linux(_i), ack = shake_all(&rig, &syn);
	struct hf_reap_arg arg = reap_arg(&ack);

	rig_presence_share(&rig, 1);
	rig_reap(&rig, &arg);
	arg.op = HF_REAP_REMOVE;
	rig_reap(&rig, &arg);
	ck_assert_uint_eq(arg.done, 1);
	ck_assert_uint_eq(rig_presence(&rig), 1);
}
END_TEST

#define HALVES	8	/* so many tuples have some of either */

/* Either half of a cell keeps the bit. */
START_TEST(the_bit_stays_while_the_other_half_has_a_record)
{
	struct spec syn = shake_linux(_i), ack;
	struct hf_reap_arg arg;

	for (int i = 0; i < HALVES; i++) {
		syn.client_port = 2000 + i;
		ack = shake_all(&rig, &syn);
		arg = reap_arg(&ack);
		rig_presence_other_half(&rig, true);
		rig_reap(&rig, &arg);
		arg.op = HF_REAP_REMOVE;
		rig_reap(&rig, &arg);
		ck_assert_uint_eq(arg.done, 1);
		ck_assert_uint_eq(rig_presence(&rig), 1);
		rig_forget_presence(&rig);
	}
}
END_TEST

/* The bit is another's: nobody asks the table. */
START_TEST(the_other_half_of_a_cell_has_no_record)
{
	struct spec syn = shake_linux(_i);
	struct result res;

	for (int i = 0; i < HALVES; i++) {
		syn.client_port = 2000 + i;
		shake_all(&rig, &syn);
		rig_presence_other_half(&rig, false);
		rig_send(&rig, &syn, &res);
		ck_result("SYN", &res, XDP_TX, C(SYN_SEEN) | C(SYN_ANSWER_TS));
		rig_forget_presence(&rig);
	}
}
END_TEST

/* A cell of one record, whose tag is another's: nobody asks the table. */
START_TEST(a_lone_record_is_known_by_its_tag)
{
	struct spec syn = shake_linux(_i);
	struct result res;

	shake_all(&rig, &syn);
	rig_send(&rig, &syn, &res);
	ck_result("its own", &res, XDP_PASS,
		  C(SYN_SEEN) | C(SYN_PASS_LIVE_FLOW));
	rig_presence_share(&rig, 0);
	rig_send(&rig, &syn, &res);
	ck_result("another's", &res, XDP_TX, C(SYN_SEEN) | C(SYN_ANSWER_TS));
}
END_TEST

/* Else they would slow down the segments of all others at tc ingress. */
START_TEST(silent_clients_have_a_cell_each)
{
	struct hf_control c = rig_control(&rig);
	struct spec syn;

	c.presence_seed = 0x5eed5eed5eed5eedULL;	/* two may share one */
	rig_set_control(&rig, &c);
	srand(_i);
	for (int i = 0; i < MANY; i++) {
		syn = many_syn(i);
		shake_all(&rig, &syn);
	}
	ck_assert_uint_eq(rig_tc_cells(&rig), MANY);
}
END_TEST

/* The older connection of a tuple has left its translation, and another CPU is
 * about to replace it. */
START_TEST(translation_of_another_generation_is_not_taken)
{
	struct spec syn = shake_linux(_i), ack, next;
	struct hf_splice s;
	struct hf_tuple t;
	uint64_t held;

	rig_reset(&rig_splice);
	ack = shake_all(&rig_splice, &syn);
	next = shake_next(&ack, 0, F_ACK, 10);
	t = rig_tuple(&ack);
	ck_assert_int_eq(bpf_map_lookup_elem(rig_splice.splice, &t, &s), 0);
	s.state |= HF_SPLICE_LIVE;
	ck_assert_int_eq(bpf_map_update_elem(rig_splice.splice, &t, &s, 0), 0);
	held = rig_count(&rig_splice, HF_CNT_SPLICE_HELD);
	ck_assert_int_eq(shake_tc(rig_splice.tc_in, &next), TC_ACT_UNSPEC);
	ck_assert_uint_eq(rig_count(&rig_splice, HF_CNT_SPLICE_HELD), held);
	s.generation++;
	ck_assert_int_eq(bpf_map_update_elem(rig_splice.splice, &t, &s, 0), 0);
	ck_assert_int_eq(shake_tc(rig_splice.tc_in, &next), TC_ACT_SHOT);
	ck_assert_uint_eq(rig_count(&rig_splice, HF_CNT_SPLICE_HELD), held + 1);
}
END_TEST

TCase *reap_tcase(void)
{
	TCase *tc = tcase_create("reap");

#define BOTH(test)	tcase_add_loop_test(tc, test, 0, 2)
	BOTH(mark_then_remove);
	BOTH(remove_before_mark_does_nothing);
	BOTH(second_mark_does_nothing);
	BOTH(wrong_generation_does_nothing);
	BOTH(other_flags_than_were_read_do_nothing);
	BOTH(translation_of_another_generation_is_not_taken);
	BOTH(unknown_tuple_does_nothing);
	BOTH(s65_connection_reborn_between_mark_and_remove_lives);
	BOTH(segment_of_a_marked_record_is_one_without_a_record);
	tcase_add_test(tc,
		       presence_cells_are_zero_again_after_many_connections);
	tcase_add_loop_test(tc, silent_clients_have_a_cell_each, 0, 10);
	BOTH(the_bit_stays_while_the_other_half_has_a_record);
	BOTH(the_other_half_of_a_cell_has_no_record);
	BOTH(a_lone_record_is_known_by_its_tag);
	BOTH(two_records_of_one_cell_are_both_found);
	tcase_add_loop_test(tc, many_records_of_one_cell_are_found, 1, 130);
	tcase_add_test(tc, s14_nearly_full_table_lets_syns_pass);
	return tc;
}
