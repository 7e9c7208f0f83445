// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The brake: what handshakes become. A listener stands in the namespace of the
 * tests and no connection: the handshakes here never become sockets, unless a
 * test writes into the record that the server was seen.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "shake.h"
#include "suite.h"

static int listener;
static uint32_t now_ms;
static uint16_t next_port;

static void listen_up(void)
{
	struct sockaddr_in6 any = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(SERVER_PORT),
	};

	listener = socket(AF_INET6, SOCK_STREAM, 0);
	ck_assert(!bind(listener, (struct sockaddr *)&any, sizeof(any)));
	ck_assert(!listen(listener, 16));
	now_ms = RIG_NOW_MS;
	next_port = 20000;
}

static void listen_down(void)
{
	close(listener);
}

static void later(uint32_t ms)
{
	now_ms += ms;
	rig_set_now(&rig, now_ms);
}

static struct spec next_syn(void)
{
	struct spec syn = shake_linux(next_port & 1);

	syn.client_port = next_port++;
	return syn;
}

/* A handshake that is admitted. */
static struct spec admit(void)
{
	struct spec syn = next_syn();

	return shake_all(&rig, &syn);
}

static void server_seen(const struct spec *ack)
{
	struct hf_flow f;

	ck_assert(rig_flow(&rig, ack, &f));
	f.dir[HF_DIR_OUT].flags |= HF_DIR_SEEN;
	rig_set_flow(&rig, ack, &f);
}

/* Time for a look, and a SYN that brings it: its verdict. */
static int look(void)
{
	struct spec syn = next_syn();
	struct result res;

	later(HF_BRAKE_WAIT_MS);
	rig_send(&rig, &syn, &res);
	return res.verdict;
}

/* One of a client in a network of its own. */
static struct spec admit_from(int net)
{
	struct spec syn = next_syn();

	memcpy(syn.client, syn.ip6 ? client6 : client4, syn.ip6 ? 16 : 4);
	syn.client[syn.ip6 ? 7 : 2] ^= net + 1;
	return shake_all(&rig, &syn);
}

/* A handshake whose server is seen before it is looked for. */
static void good(void)
{
	struct spec ack = admit();

	server_seen(&ack);
	ck_assert_int_eq(look(), XDP_TX);
}

static uint64_t failed(void)
{
	return rig_count(&rig, HF_CNT_ADMIT_FAILED);
}

static void trip(void)
{
	for (int i = 0; i < 4; i++)
		admit();
	ck_assert_int_eq(look(), XDP_PASS);
}

START_TEST(s70_four_in_a_row_that_become_no_socket_trip)
{
	uint64_t before = failed();
	struct spec syn = next_syn();
	struct result res;

	for (int i = 0; i < 3; i++)
		admit();
	ck_assert_int_eq(look(), XDP_TX);
	ck_assert_uint_eq(failed(), before + 3);
	admit();
	ck_assert_int_eq(look(), XDP_PASS);
	ck_assert_uint_eq(failed(), before + 4);
	rig_send(&rig, &syn, &res);
	ck_result("tripped", &res, XDP_PASS, C(SYN_SEEN) | C(SYN_PASS_TRIPPED));
}
END_TEST

START_TEST(one_good_one_between_breaks_the_row)
{
	for (int i = 0; i < 3; i++)
		admit();
	ck_assert_int_eq(look(), XDP_TX);
	good();
	for (int i = 0; i < 3; i++)
		admit_from(i);
	ck_assert_int_eq(look(), XDP_TX);
}
END_TEST

START_TEST(eight_of_the_last_sixteen_trip)
{
	for (int i = 0; i < 7; i++) {
		good();
		admit_from(i);
		ck_assert_int_eq(look(), XDP_TX);
	}
	good();
	admit_from(7);
	ck_assert_int_eq(look(), XDP_PASS);
}
END_TEST

/* A client that a firewall drops, beside others who succeed. */
START_TEST(one_client_may_fail_as_often_as_it_likes)
{
	for (int i = 0; i < 40; i++) {
		if (i % 3 == 0)
			good();
		admit_from(1);
		ck_assert_int_eq(look(), XDP_TX);
	}
}
END_TEST

/* By its /24 or /64: who has one address of it has others. */
START_TEST(clients_of_one_network_count_as_one)
{
	struct spec syn;

	for (int i = 0; i < 12; i++) {
		if (i % 3 == 0)
			good();
		syn = next_syn();
		memcpy(syn.client, syn.ip6 ? client6 : client4,
		       syn.ip6 ? 16 : 4);
		syn.client[syn.ip6 ? 15 : 3] ^= 16 + i;
		shake_all(&rig, &syn);
		ck_assert_int_eq(look(), XDP_TX);
	}
}
END_TEST

/* ... and alone it is all that there is to go by. */
START_TEST(one_client_that_fails_while_nobody_succeeds_trips)
{
	good();
	later(1000);
	for (int i = 0; i < 3; i++) {
		admit_from(1);
		ck_assert_int_eq(look(), XDP_TX);
	}
	admit_from(1);
	ck_assert_int_eq(look(), XDP_PASS);
}
END_TEST

START_TEST(nothing_is_judged_before_its_time)
{
	uint64_t before = failed();

	for (int i = 0; i < 4; i++)
		admit();
	later(HF_BRAKE_WAIT_MS - 1);
	admit();		/* its SYN brings a look */
	ck_assert_uint_eq(failed(), before);
	ck_assert_int_eq(look(), XDP_PASS);
}
END_TEST

/* The client gave up: that says nothing of the handoff. */
START_TEST(what_the_client_ended_says_nothing)
{
	uint64_t before = failed();

	for (int i = 0; i < 8; i++) {
		struct spec ack = admit();
		struct spec rst = shake_next(&ack, 0, F_RST, 0);
		struct result res;

		rig_send(&rig, &rst, &res);
	}
	ck_assert_int_eq(look(), XDP_TX);
	ck_assert_uint_eq(failed(), before);
}
END_TEST

/* IP options may be dropped behind us; a RST ends what the kernel made. */
START_TEST(what_a_client_can_spoil_says_nothing)
{
	uint64_t before = failed();

	for (int i = 0; i < 8; i++) {
		struct spec syn = next_syn(), ack;
		struct segment reply;
		struct result res;

		syn.ip6 = false;
		shake_syn(&rig, &syn, &reply);
		ack = shake_ack(&syn, &reply);
		ack.ihl = 7;
		rig_send(&rig, &ack, &res);
		ck_result("IP options", &res, XDP_PASS,
			  C(ACK_ACCEPTED) | C(FLOW_CREATED));
		syn = next_syn();
		ack = shake_all(&rig, &syn);
		ack.flags = F_RST | F_ACK;
		ack.ack += 100000;
		rig_send(&rig, &ack, &res);
		ck_result("RST with any ACK", &res, XDP_PASS, C(FLOW_IN));
	}
	ck_assert_int_eq(look(), XDP_TX);
	ck_assert_uint_eq(failed(), before);
}
END_TEST

START_TEST(under_flood_no_pause_is_longer_than_ten_seconds)
{
	trip();
	later(HF_BRAKE_RETRY_MS);
	admit();
	later(HF_BRAKE_WAIT_MS);
	admit();
	ck_assert_int_eq(look(), XDP_PASS);	/* for 20 s, while calm */
	later(HF_BRAKE_RETRY_MS);
	rig_set_flood(&rig, now_ms + 1000);
	ck_assert_int_eq(look(), XDP_TX);
}
END_TEST

START_TEST(without_a_listener_nothing_is_said)
{
	uint64_t before = failed();

	for (int i = 0; i < 8; i++)
		admit();
	listen_down();
	ck_assert_int_eq(look(), XDP_TX);
	ck_assert_uint_eq(failed(), before);
}
END_TEST

START_TEST(it_tries_after_a_pause_one_syn_a_tenth_of_a_second)
{
	struct spec syn;
	struct result res;

	trip();
	later(HF_BRAKE_RETRY_MS - HF_BRAKE_WAIT_MS - 1);
	ck_assert_int_eq(look(), XDP_PASS);	/* a millisecond early */
	later(1);
	syn = next_syn();
	rig_send(&rig, &syn, &res);
	ck_assert_int_eq(res.verdict, XDP_TX);
	syn = next_syn();
	rig_send(&rig, &syn, &res);
	ck_result("the second within 100 ms", &res, XDP_PASS,
		  C(SYN_SEEN) | C(SYN_PASS_TRIPPED));
	later(100);
	syn = next_syn();
	rig_send(&rig, &syn, &res);
	ck_assert_int_eq(res.verdict, XDP_TX);
}
END_TEST

START_TEST(until_the_pause_is_over_every_syn_passes)
{
	trip();
	later(HF_BRAKE_RETRY_MS - 2 * HF_BRAKE_WAIT_MS);
	ck_assert_int_eq(look(), XDP_PASS);
}
END_TEST

START_TEST(four_good_ones_end_it)
{
	struct spec ack, syn;
	struct result res;

	trip();
	later(HF_BRAKE_RETRY_MS);
	for (int i = 0; i < 4; i++) {
		ack = admit();
		server_seen(&ack);
		later(HF_BRAKE_WAIT_MS);
	}
	for (int i = 0; i < 3; i++) {
		syn = next_syn();
		rig_send(&rig, &syn, &res);
		ck_assert_int_eq(res.verdict, XDP_TX);
	}
}
END_TEST

START_TEST(two_bad_ones_trip_it_again_for_twice_as_long)
{
	trip();
	later(HF_BRAKE_RETRY_MS);
	admit();
	later(HF_BRAKE_WAIT_MS);
	admit();
	ck_assert_int_eq(look(), XDP_PASS);
	later(2 * HF_BRAKE_RETRY_MS - 2 * HF_BRAKE_WAIT_MS);
	ck_assert_int_eq(look(), XDP_PASS);
	ck_assert_int_eq(look(), XDP_TX);
}
END_TEST

/* Under flood a rare SYN answered would never be a real client's. */
START_TEST(under_flood_all_are_answered_while_it_tries)
{
	struct spec syn;
	struct result res;

	trip();
	later(HF_BRAKE_RETRY_MS);
	rig_set_flood(&rig, now_ms + 1000);
	for (int i = 0; i < 3; i++) {
		syn = next_syn();
		rig_send(&rig, &syn, &res);
		ck_assert_int_eq(res.verdict, XDP_TX);
	}
}
END_TEST

START_TEST(while_it_is_on_no_ack_is_dropped)
{
	struct spec ack = { .ip6 = _i, .flags = F_ACK, .ack = 77 };
	struct result res;

	trip();
	rig_set_flood(&rig, now_ms + 1000);
	rig_send(&rig, &ack, &res);
	ck_result("rejected", &res, XDP_PASS,
		  C(ACK_BAD_MAC) | C(REJECT_PASSED));
}
END_TEST

TCase *brake_tcase(void)
{
	TCase *tc = tcase_create("brake");

	tcase_add_checked_fixture(tc, listen_up, listen_down);
	tcase_add_test(tc, s70_four_in_a_row_that_become_no_socket_trip);
	tcase_add_test(tc, one_good_one_between_breaks_the_row);
	tcase_add_test(tc, eight_of_the_last_sixteen_trip);
	tcase_add_test(tc, one_client_may_fail_as_often_as_it_likes);
	tcase_add_test(tc, clients_of_one_network_count_as_one);
	tcase_add_test(tc, one_client_that_fails_while_nobody_succeeds_trips);
	tcase_add_test(tc, what_a_client_can_spoil_says_nothing);
	tcase_add_test(tc, under_flood_no_pause_is_longer_than_ten_seconds);
	tcase_add_test(tc, nothing_is_judged_before_its_time);
	tcase_add_test(tc, what_the_client_ended_says_nothing);
	tcase_add_test(tc, without_a_listener_nothing_is_said);
	tcase_add_test(tc, it_tries_after_a_pause_one_syn_a_tenth_of_a_second);
	tcase_add_test(tc, until_the_pause_is_over_every_syn_passes);
	tcase_add_test(tc, four_good_ones_end_it);
	tcase_add_test(tc, two_bad_ones_trip_it_again_for_twice_as_long);
	tcase_add_test(tc, under_flood_all_are_answered_while_it_tries);
	tcase_add_loop_test(tc, while_it_is_on_no_ack_is_dropped, 0, 2);
	return tc;
}
