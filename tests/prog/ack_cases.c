// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Third segments after something else: replays, floods, a full table. */
#include <string.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "shake.h"
#include "suite.h"
#include "sys/kernel.h"

START_TEST(s10_the_answer_to_either_copy_of_a_syn_opens)
{
	struct spec syn = shake_linux(_i & 1);
	struct segment first, second;
	struct result res;
	struct spec ack;

	shake_syn(&rig, &syn, &first);
	rig_set_now(&rig, RIG_NOW_MS + 1000);
	shake_syn(&rig, &syn, &second);
	ck_assert_uint_ne(first.seq, second.seq);
	ack = shake_ack(&syn, _i & 2 ? &first : &second);
	rig_send(&rig, &ack, &res);
	ck_result("ACK", &res, XDP_PASS, C(ACK_ACCEPTED) | C(FLOW_CREATED));
}
END_TEST

/* RFC 9293 3.5 figure 9: the client resets the answer to its old SYN. */
START_TEST(s8_s9_rst_for_an_old_syn_harms_nothing)
{
	struct spec old = shake_linux(_i), syn = old, rst;
	struct segment for_old, for_new;
	struct result res;

	old.seq -= 10;
	shake_syn(&rig, &old, &for_old);
	rst = shake_ack(&old, &for_old);
	rst.seq = for_old.seq + 1;
	rst.flags = F_RST;
	rig_send(&rig, &rst, &res);
	ck_result("RST", &res, XDP_PASS, C(PASS_RST));
	shake_syn(&rig, &syn, &for_new);
	shake_all(&rig, &syn);
	rig_send(&rig, &rst, &res);
	ck_assert_int_eq(res.verdict, XDP_PASS);
	ck_assert_uint_eq(res.service.n[HF_CNT_FLOW_IN_UNFIT], 1);
}
END_TEST

/* End the record as the client would: RST at the exact number. */
static void end_by_rst(const struct spec *ack)
{
	struct spec rst = shake_next(ack, 0, F_RST, 0);
	struct result res;

	rst.opt_len = 0;
	rig_send(&rig, &rst, &res);
	ck_result("RST", &res, XDP_PASS, C(FLOW_IN));
}

START_TEST(s27_replay_of_a_closed_record_opens_nothing)
{
	struct spec syn = _i & 2 ? shake_linux(_i & 1) : shake_no_ts(_i & 1);
	struct spec ack = shake_all(&rig, &syn);
	struct result res;

	end_by_rst(&ack);
	rig_send(&rig, &ack, &res);
	ck_result("replay", &res, XDP_PASS, C(ACK_REPLAYED) | C(REJECT_PASSED));
	rig_set_flood(&rig, RIG_NOW_MS + 1);
	rig_send(&rig, &ack, &res);
	ck_result("replay", &res, XDP_DROP,
		  C(ACK_REPLAYED) | C(REJECT_DROPPED));
}
END_TEST

START_TEST(s8_s27_older_cookie_after_a_newer_connection_opens_nothing)
{
	struct spec old = shake_linux(_i), syn = old, old_ack, ack;
	struct segment reply;
	struct result res;

	old.seq -= 100;
	shake_syn(&rig, &old, &reply);
	old_ack = shake_ack(&old, &reply);
	rig_set_now(&rig, RIG_NOW_MS + 1000);
	ack = shake_all(&rig, &syn);
	end_by_rst(&ack);
	rig_send(&rig, &old_ack, &res);
	ck_result("older", &res, XDP_PASS, C(ACK_REPLAYED) | C(REJECT_PASSED));
}
END_TEST

/* A client of a prefix that no other case has: cells outlive a case. */
static struct spec client_of(bool ip6, int prefix, int host)
{
	struct spec syn = shake_linux(ip6);

	if (ip6)
		memcpy(syn.client,
		       (uint8_t[16]){ 0xfd, 9, [7] = prefix, [15] = host }, 16);
	else
		memcpy(syn.client, (uint8_t[4]){ 198, 18, prefix, host }, 4);
	return syn;
}

/* Its proof is good, but there is no room for one more that proves no server. */
static void no_room_for_ack(const struct spec *ack)
{
	struct result res;

	rig_send(&rig, ack, &res);
	ck_result("one too many", &res, XDP_PASS,
		  C(ACK_NO_ROOM) | C(REJECT_PASSED));
}

static void no_room_for(const struct spec *syn)
{
	struct segment reply;
	struct spec ack;

	shake_syn(&rig, syn, &reply);
	ack = shake_ack(syn, &reply);
	no_room_for_ack(&ack);
}

static void server_is_seen(const struct spec *ack)
{
	struct hf_reap_arg arg = { .tuple = rig_tuple(ack),
				   .op = HF_REAP_CONFIRM };
	struct hf_flow f;

	ck_assert(rig_flow(&rig, ack, &f));
	arg.life = f.life;
	rig_reap(&rig, &arg);
	ck_assert_uint_eq(arg.done, 1);
	ck_assert(rig_flow(&rig, ack, &f));
	ck_assert(!(f.life & HF_LIFE_PENDING));
}

START_TEST(a_prefix_has_few_records_without_a_server)
{
	struct hf_control c = rig_control(&rig);
	struct hf_reap_arg arg = {};
	struct spec syn, ack[2];
	struct hf_flow f;

	rig_forget_prefixes(&rig);
	c.pending_prefix = 2;
	rig_set_control(&rig, &c);
	for (int i = 0; i < 2; i++) {
		syn = client_of(_i, 1, 10 + i);
		ack[i] = shake_all(&rig, &syn);
	}
	ck_assert_int_eq(rig_phase(&rig).pending, 2);
	syn = client_of(_i, 1, 20);
	no_room_for(&syn);
	syn = client_of(_i, 2, 20);
	shake_all(&rig, &syn);
	server_is_seen(&ack[0]);
	ck_assert_int_eq(rig_phase(&rig).pending, 2);
	syn = client_of(_i, 1, 21);
	shake_all(&rig, &syn);
	syn = client_of(_i, 1, 22);
	no_room_for(&syn);
	arg.tuple = rig_tuple(&ack[1]);
	ck_assert(rig_flow(&rig, &ack[1], &f));
	arg.life = f.life;
	rig_reap(&rig, &arg);
	syn = client_of(_i, 1, 23);
	shake_all(&rig, &syn);
	ck_assert_int_eq(rig_phase(&rig).pending, 3);
}
END_TEST

START_TEST(the_last_room_is_for_few_without_a_server)
{
	struct hf_control c = rig_control(&rig);
	struct spec syn, first, second, third;
	struct segment reply;
	struct result res;

	c.flows_pending = 2;
	c.pending_few = 1;
	rig_set_control(&rig, &c);
	syn = client_of(_i, 5, 1);
	shake_syn(&rig, &syn, &reply);
	third = shake_ack(&syn, &reply);
	syn = client_of(_i, 3, 1);
	first = shake_all(&rig, &syn);
	syn = client_of(_i, 4, 1);
	second = shake_all(&rig, &syn);
	no_room_for_ack(&third);
	server_is_seen(&second);
	no_room_for_ack(&third);
	syn = client_of(_i, 6, 1);
	rig_send(&rig, &syn, &res);
	ck_result("no room", &res, XDP_PASS, C(SYN_SEEN) | C(SYN_PASS_NO_ROOM));
	server_is_seen(&first);
	shake_all(&rig, &syn);
}
END_TEST

/* The tuple's next connection opens in place of the record that has ended. */
static void open_anew(struct spec *syn)
{
	struct segment reply;
	struct result res;
	struct spec ack;

	syn->seq += 100000;
	shake_syn(&rig, syn, &reply);
	ack = shake_ack(syn, &reply);
	rig_send(&rig, &ack, &res);
	ck_result("new", &res, XDP_PASS,
		  C(ACK_ACCEPTED) | C(FLOW_CREATED) | C(FLOW_CLOSED));
}

START_TEST(s65_tuple_is_usable_at_once_after_its_end)
{
	struct spec syn = _i & 2 ? shake_linux(_i & 1) : shake_no_ts(_i & 1);
	struct spec ack = shake_all(&rig, &syn);
	struct hf_flow f;

	end_by_rst(&ack);
	open_anew(&syn);
	ck_assert(rig_flow(&rig, &ack, &f));
	ck_assert_uint_eq(f.irs, syn.seq);
	ck_assert_uint_eq(rig_presence(&rig), 1 + 0x10000);
	ck_assert_int_eq(rig_phase(&rig).flows, 1);
}
END_TEST

/*
 * A connection that the kernel made ends, and its client (no timestamps, so
 * that only the epoch dates the cookie) opens the next one from the same port.
 */
START_TEST(s65_tuple_of_an_adopted_record_is_usable_at_once)
{
	struct spec syn = shake_no_ts(_i), ack = shake_all(&rig, &syn);
	struct hf_flow f;

	ck_assert(rig_flow(&rig, &ack, &f));
	f.irs = f.iss = 0;
	f.mint_ms = f.created_ms;
	f.handoff = HF_HANDOFF_ADOPTED;
	rig_set_flow(&rig, &ack, &f);
	end_by_rst(&ack);
	open_anew(&syn);
}
END_TEST

START_TEST(s23_rejected_for_one_lifetime_after_a_flood)
{
	struct spec ack = { .ip6 = _i, .flags = F_ACK, .ack = 77 };
	struct result res;

	rig_set_flood(&rig, RIG_NOW_MS);
	rig_set_now(&rig, RIG_NOW_MS + HF_COOKIE_LIFETIME_MS - 1);
	rig_send(&rig, &ack, &res);
	ck_result("after", &res, XDP_DROP, C(ACK_BAD_MAC) | C(REJECT_DROPPED));
	rig_set_now(&rig, RIG_NOW_MS + HF_COOKIE_LIFETIME_MS);
	rig_send(&rig, &ack, &res);
	ck_result("calm", &res, XDP_PASS, C(ACK_BAD_MAC) | C(REJECT_PASSED));
	ck_assert_uint_eq(rig_phase(&rig).flood.on, 0);
}
END_TEST

/* Who is not protected loses nothing under flood either. */
START_TEST(s23_rejected_passes_under_flood_where_syns_pass)
{
	struct spec ack = { .ip6 = _i, .flags = F_ACK, .ack = 77 };
	struct hf_service svc = rig_service(&rig, _i), other = svc;
	struct hf_control c = rig_control(&rig);
	counter_set counts = C(ACK_BAD_MAC) | C(REJECT_PASSED);
	struct result res;

	rig_set_flood(&rig, RIG_NOW_MS + 1);
	rig_set_mode(&rig, _i, HF_MODE_OFF);
	rig_send(&rig, &ack, &res);
	ck_result("off", &res, XDP_PASS, counts);
	other = svc;
	other.flags = HF_SVC_LISTENING | HF_SVC_MPTCP;
	rig_set_service(&rig, _i, &other);
	rig_send(&rig, &ack, &res);
	ck_result("MPTCP", &res, XDP_PASS, counts);
	other = svc;
	other.flags = 0;
	rig_set_service(&rig, _i, &other);
	rig_send(&rig, &ack, &res);
	ck_result("not listening", &res, XDP_PASS, counts);
	rig_set_service(&rig, _i, &svc);
	rig_set_mode(&rig, _i, HF_MODE_MONITOR);
	c.cookies = 1;	/* of the mode before */
	c.cookies_until_ms = RIG_NOW_MS + 1;
	rig_set_control(&rig, &c);
	rig_send(&rig, &ack, &res);
	ck_result("monitor", &res, XDP_PASS, counts);
	rig_set_service(&rig, _i, &svc);
	c.armed = 0;
	rig_set_control(&rig, &c);
	rig_send(&rig, &ack, &res);
	ck_result("not armed", &res, XDP_PASS, counts);
}
END_TEST

/* The mode was another one when they were given. */
START_TEST(auto_takes_the_cookies_of_the_mode_before)
{
	struct hf_control c;
	struct result res;
	struct shake t;

	shake_make(&rig, &t, _i & 1, _i & 2);
	rig_set_mode(&rig, _i & 1, HF_MODE_AUTO);
	c = rig_control(&rig);
	c.modes = HF_MODE_BIT(HF_MODE_AUTO);
	rig_set_control(&rig, &c);
	rig_send(&rig, &t.ack, &res);
	ck_assert_uint_eq(res.none.n[HF_CNT_PASS_CALM], 1);
	c.cookies = 1;
	c.cookies_until_ms = RIG_NOW_MS + 1;
	rig_set_control(&rig, &c);
	rig_send(&rig, &t.ack, &res);
	ck_result("ACK", &res, XDP_PASS, C(ACK_ACCEPTED) | C(FLOW_CREATED));
}
END_TEST

/* When it is calm again cookies are good as long as they live. */
START_TEST(auto_takes_the_cookies_of_a_flood_that_is_over)
{
	struct result res;
	struct shake t;

	shake_make(&rig, &t, _i & 1, _i & 2);
	rig_set_mode(&rig, _i & 1, HF_MODE_AUTO);
	rig_set_flood(&rig, RIG_NOW_MS - 1000);
	rig_send(&rig, &t.ack, &res);
	ck_result("ACK", &res, XDP_PASS, C(ACK_ACCEPTED) | C(FLOW_CREATED));
}
END_TEST

/* Validation goes on while SYNs pass: handshakes in flight are completed. */
START_TEST(valid_ack_opens_though_not_armed_any_more)
{
	struct hf_control c = rig_control(&rig);
	struct result res;
	struct shake t;

	shake_make(&rig, &t, _i & 1, _i & 2);
	c.armed = 0;
	rig_set_control(&rig, &c);
	rig_send(&rig, &t.ack, &res);
	ck_result("ACK", &res, XDP_PASS, C(ACK_ACCEPTED) | C(FLOW_CREATED));
}
END_TEST

START_TEST(s14_valid_ack_without_room_passes)
{
	struct hf_flow f = { 0 };
	struct result res;
	struct shake t;

	shake_make(&rig, &t, _i & 1, _i & 2);
	for (uint32_t i = 0; i < RIG_FLOWS_MAX; i++) {
		struct spec s = { .client_port = 1 + i };
		struct hf_tuple tuple = rig_tuple(&s);

		ck_assert_int_eq(bpf_map_update_elem(rig.flows, &tuple, &f,
						     BPF_NOEXIST),
				 0);
	}
	rig_send(&rig, &t.ack, &res);
	ck_result("no room", &res, XDP_PASS, C(ACK_NO_ROOM) | C(REJECT_PASSED));
	ck_assert_uint_eq(rig_presence(&rig), 0);
	ck_assert_int_eq(rig_phase(&rig).flows, 0);
}
END_TEST

START_TEST(partial_checksum_of_an_ack_where_it_may_occur)
{
	struct spec syn = shake_linux(_i);
	struct segment reply;
	struct result res;
	struct spec ack;

	rig_reset(&rig_partial);
	shake_syn(&rig_partial, &syn, &reply);
	ack = shake_ack(&syn, &reply);
	ack.payload = 10;
	ack.sum = SUM_PARTIAL;
	rig_send(&rig, &ack, &res);
	ck_result("partial", &res, XDP_PASS, C(ACK_BAD_SUM) | C(REJECT_PASSED));
	rig_send(&rig_partial, &ack, &res);
	ck_result("partial", &res, XDP_PASS, C(ACK_ACCEPTED) | C(FLOW_CREATED));
}
END_TEST

/* The device of a test run has no tc programs at all. */
START_TEST(a_proof_is_dropped_while_tc_is_not_first)
{
	struct hf_control c = rig_control(&rig);
	struct result res;
	struct shake s;

	if (kernel_has_reqsk() < 1)
		return;		/* XDP cannot look */
	shake_make(&rig, &s, _i, true);
	c.tcx = 1ULL << RIG_IFACE;
	rig_set_control(&rig, &c);
	rig_send(&rig, &s.ack, &res);
	ck_result("not first", &res, XDP_DROP, C(DROP_NO_TC));
	ck_assert_uint_eq(rig_flows(&rig), 0);
	c = rig_control(&rig);
	ck_assert_uint_eq(c.held, 1ULL << RIG_IFACE);
	s.syn.client_port++;
	rig_send(&rig, &s.syn, &res);
	ck_result("held", &res, XDP_PASS, C(SYN_SEEN) | C(SYN_PASS_NOT_ARMED));
	c.tcx = c.held = 0;
	rig_set_control(&rig, &c);
	rig_send(&rig, &s.ack, &res);
	ck_result("mended", &res, XDP_PASS, C(ACK_ACCEPTED) | C(FLOW_CREATED));
	c.tcx = 1ULL << RIG_IFACE;
	rig_set_control(&rig, &c);
	rig_send(&rig, &s.ack, &res);
	ck_result("not seen by tc yet", &res, XDP_DROP, C(DROP_NO_TC));
}
END_TEST

TCase *replay_tcase(void)
{
	TCase *tc = tcase_create("replay");

	tcase_add_loop_test(tc, s10_the_answer_to_either_copy_of_a_syn_opens, 0,
			    4);
	tcase_add_loop_test(tc, s8_s9_rst_for_an_old_syn_harms_nothing, 0, 2);
	tcase_add_loop_test(tc, a_prefix_has_few_records_without_a_server, 0,
			    2);
	tcase_add_loop_test(tc, the_last_room_is_for_few_without_a_server, 0,
			    2);
	tcase_add_loop_test(tc, s27_replay_of_a_closed_record_opens_nothing, 0,
			    4);
	tcase_add_loop_test(
		tc, s8_s27_older_cookie_after_a_newer_connection_opens_nothing,
		0, 2);
	tcase_add_loop_test(tc, s65_tuple_is_usable_at_once_after_its_end, 0,
			    4);
	tcase_add_loop_test(tc,
			    s65_tuple_of_an_adopted_record_is_usable_at_once, 0,
			    2);
	tcase_add_loop_test(tc, s23_rejected_for_one_lifetime_after_a_flood, 0,
			    2);
	tcase_add_loop_test(tc, s23_rejected_passes_under_flood_where_syns_pass,
			    0, 2);
	tcase_add_loop_test(tc, auto_takes_the_cookies_of_the_mode_before, 0,
			    4);
	tcase_add_loop_test(tc, auto_takes_the_cookies_of_a_flood_that_is_over,
			    0, 4);
	tcase_add_loop_test(tc, valid_ack_opens_though_not_armed_any_more, 0,
			    4);
	tcase_add_loop_test(tc, a_proof_is_dropped_while_tc_is_not_first, 0, 2);
	tcase_add_loop_test(tc, s14_valid_ack_without_room_passes, 0, 4);
	tcase_add_loop_test(tc, partial_checksum_of_an_ack_where_it_may_occur,
			    0, 2);
	return tc;
}
