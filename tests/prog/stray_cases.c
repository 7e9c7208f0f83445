// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Segments that belong to nothing and prove nothing: a flood of their own. */
#include <linux/bpf.h>

#include "shake.h"
#include "suite.h"

static const counter_set ack_passed = C(ACK_BAD_MAC) | C(REJECT_PASSED);
static const counter_set ack_dropped = C(ACK_BAD_MAC) | C(REJECT_DROPPED);

static void send_stray(bool ip6, int flags, int verdict, counter_set counts)
{
	struct spec s = { .ip6 = ip6, .flags = flags, .ack = 77 };
	struct result res;

	rig_send(&rig, &s, &res);
	ck_result("stray", &res, verdict, counts);
}

static void set_flood_acks(uint32_t nr)
{
	struct hf_control c = rig_control(&rig);

	c.flood_acks.nr = nr;
	rig_set_control(&rig, &c);
}

static void set_ack_flood(void)
{
	struct hf_phase p = rig_phase(&rig);

	p.ack_flood.on = 1;
	p.ack_flood.until_ms = RIG_NOW_MS + 1000;
	rig_set_phase(&rig, &p);
}

START_TEST(so_many_acks_are_a_flood_for_so_long)
{
	struct spec syn = shake_linux(_i);
	struct segment reply;

	syn.client_port = 4242;
	set_flood_acks(4);
	for (int i = 0; i < 3; i++)
		send_stray(_i, F_ACK, XDP_PASS, ack_passed);
	send_stray(_i, F_ACK, XDP_DROP, ack_dropped);
	ck_assert_uint_eq(rig_phase(&rig).ack_flood.since_ms, RIG_NOW_MS);
	send_stray(_i, F_RST, XDP_DROP, C(DROP_RST));
	ck_assert_uint_eq(rig_phase(&rig).flood.on, 0);
	shake_syn(&rig, &syn, &reply);
	shake_all(&rig, &syn);
	rig_set_now(&rig, RIG_NOW_MS + 999);
	send_stray(_i, F_ACK, XDP_DROP, ack_dropped);
	rig_set_now(&rig, RIG_NOW_MS + 1000);
	send_stray(_i, F_ACK, XDP_PASS, ack_passed);
}
END_TEST

START_TEST(rsts_and_bad_flags_are_one_too)
{
	set_flood_acks(3);
	send_stray(_i, F_RST, XDP_PASS, C(PASS_RST));
	send_stray(_i, F_FIN, XDP_PASS, C(PASS_FLAGS));
	send_stray(_i, F_SYN | F_ACK, XDP_DROP, C(DROP_SYN_ACK));
	send_stray(_i, F_FIN, XDP_DROP, C(DROP_FLAGS));
}
END_TEST

START_TEST(auto_drops_them_and_leaves_syns_to_the_kernel)
{
	rig_set_mode(&rig, _i, HF_MODE_AUTO);
	send_stray(_i, F_ACK, XDP_PASS, C(PASS_CALM));
	set_ack_flood();
	send_stray(_i, F_ACK, XDP_DROP, ack_dropped);
	send_stray(_i, F_SYN, XDP_PASS, C(SYN_SEEN) | C(SYN_PASS_CALM));
	rig_set_now(&rig, RIG_NOW_MS + 1000);
	send_stray(_i, F_ACK, XDP_PASS, C(PASS_CALM));
}
END_TEST

START_TEST(auto_counts_them_while_calm)
{
	rig_set_mode(&rig, _i, HF_MODE_AUTO);
	set_flood_acks(2);
	send_stray(_i, F_RST, XDP_PASS, C(PASS_RST));
	send_stray(_i, F_RST, XDP_DROP, C(DROP_RST));
}
END_TEST

START_TEST(where_syns_pass_they_do)
{
	struct hf_service svc = rig_service(&rig, _i);

	set_ack_flood();
	svc.flags = 0;
	rig_set_service(&rig, _i, &svc);
	send_stray(_i, F_ACK, XDP_PASS, ack_passed);
	svc.flags = HF_SVC_LISTENING | HF_SVC_MPTCP;
	rig_set_service(&rig, _i, &svc);
	send_stray(_i, F_ACK, XDP_PASS, ack_passed);
}
END_TEST

/* Where netfilter may send it on to a host behind: until all of those were heard. */
START_TEST(of_what_may_be_behind_those_unheard_pass)
{
	struct spec s = { .ip6 = _i, .flags = F_ACK, .ack = 77 };
	struct result res;
	struct hf_control c;

	rig_reset(&rig_splice);
	c = rig_control(&rig_splice);
	rig_set_flood(&rig_splice, RIG_NOW_MS + 1000);
	rig_send(&rig_splice, &s, &res);
	ck_result("all were heard", &res, XDP_DROP, ack_dropped);
	c.seen_complete = 0;
	rig_set_control(&rig_splice, &c);
	rig_send(&rig_splice, &s, &res);
	ck_result("not yet", &res, XDP_PASS, ack_passed);
}
END_TEST

START_TEST(without_room_they_are_dropped)
{
	struct hf_control c = rig_control(&rig);

	c.flows_limit = 0;
	rig_set_control(&rig, &c);
	rig_set_flood(&rig, RIG_NOW_MS + 1000);
	send_stray(_i, F_ACK, XDP_DROP, ack_dropped);
}
END_TEST

#define BOTH(test)	tcase_add_loop_test(tc, test, 0, 2)

TCase *stray_tcase(void)
{
	TCase *tc = tcase_create("stray");

	BOTH(so_many_acks_are_a_flood_for_so_long);
	BOTH(rsts_and_bad_flags_are_one_too);
	BOTH(auto_drops_them_and_leaves_syns_to_the_kernel);
	BOTH(auto_counts_them_while_calm);
	BOTH(where_syns_pass_they_do);
	BOTH(of_what_may_be_behind_those_unheard_pass);
	BOTH(without_room_they_are_dropped);
	return tc;
}
