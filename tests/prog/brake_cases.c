// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The brake: what handshakes become. A listener stands in the namespace of the
 * tests and no connection: the handshakes here never become sockets, unless a
 * test writes into the record that the server was seen.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "shake.h"
#include "suite.h"
#include "sys/kernel.h"

#define RING	2048	/* PENDING_RING of bpf/open/pending.bpf.h */

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

/* One of a client in a network of its own, /24 or /48. */
static struct spec admit_from(int net)
{
	struct spec syn = next_syn();

	memcpy(syn.client, syn.ip6 ? client6 : client4, syn.ip6 ? 16 : 4);
	syn.client[syn.ip6 ? 5 : 2] ^= net + 1;
	return shake_all(&rig, &syn);
}

/* So many that fail, of as many networks, and a look at them. */
static int fail_from(int first, int nr)
{
	for (int i = 0; i < nr; i++)
		admit_from(first + i);
	return look();
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
	ck_assert_int_eq(fail_from(0, 8), XDP_PASS);
}

START_TEST(s70_eight_networks_that_get_no_socket_trip)
{
	uint64_t before = failed();
	struct spec syn = next_syn();
	struct result res;

	ck_assert_int_eq(fail_from(0, 7), XDP_TX);
	ck_assert_uint_eq(failed(), before + 7);
	ck_assert_int_eq(fail_from(7, 1), XDP_PASS);
	ck_assert_uint_eq(failed(), before + 8);
	rig_send(&rig, &syn, &res);
	ck_result("tripped", &res, XDP_PASS, C(SYN_SEEN) | C(SYN_PASS_TRIPPED));
}
END_TEST

/* It may send what only the kernel reads, and so end what the kernel made. */
START_TEST(one_network_may_fail_as_often_as_it_likes)
{
	uint64_t before = failed();
	struct spec syn;

	for (int i = 0; i < 40; i++) {
		syn = next_syn();
		memcpy(syn.client, syn.ip6 ? client6 : client4,
		       syn.ip6 ? 16 : 4);
		syn.client[syn.ip6 ? 7 : 3] ^= 16 + i;
		shake_all(&rig, &syn);
		ck_assert_int_eq(look(), XDP_TX);
	}
	ck_assert_uint_eq(failed(), before + 40);
}
END_TEST

START_TEST(who_succeeds_shows_that_it_works)
{
	for (int i = 0; i < 24; i += 8) {
		good();
		ck_assert_int_eq(fail_from(i, 8), XDP_TX);
	}
	later(1000);
	ck_assert_int_eq(fail_from(24, 8), XDP_PASS);
}
END_TEST

START_TEST(what_failed_long_ago_is_forgotten)
{
	ck_assert_int_eq(fail_from(0, 7), XDP_TX);
	later(2000);
	ck_assert_int_eq(fail_from(7, 7), XDP_TX);
	ck_assert_int_eq(fail_from(14, 1), XDP_PASS);
}
END_TEST

static void syncookies(char to)
{
	int fd = open("/proc/sys/net/ipv4/tcp_syncookies", O_WRONLY);

	ck_assert_int_eq(write(fd, &to, 1), 1);
	close(fd);
}

/* Where the namespace is known to be in the way, one network is enough. Kernels
 * with one handoff cannot be asked. */
START_TEST(what_no_client_can_make_trips_with_four)
{
	int action;

	if (kernel_has_reqsk() < 1)
		return;
	for (int i = 0; i < 4; i++)
		admit();
	syncookies('0');
	action = look();
	syncookies('1');
	ck_assert_int_eq(action, XDP_PASS);
}
END_TEST

/* However many come, each is looked at, if need be before its time. */
START_TEST(of_a_full_ring_the_oldest_is_looked_at)
{
	uint64_t before = failed();
	struct segment reply;
	struct result res;
	struct spec syn, ack;

	for (int i = 0; i < 7; i++)
		admit_from(i);
	for (int i = 0; i < RING; i++) {
		syn = next_syn();
		shake_syn(&rig, &syn, &reply);
		ack = shake_ack(&syn, &reply);
		rig_send(&rig, &ack, &res);
		rig_remove(&rig, &ack);
	}
	ck_assert_uint_eq(failed(), before + 7);
}
END_TEST

/* What never became a connection must not take the room of others. */
START_TEST(it_is_ended_where_too_many_wait)
{
	struct hf_control c = rig_control(&rig);

	c.pending_few = 1;
	rig_set_control(&rig, &c);
	rig_told(&rig);	/* of tests before */
	admit();
	look();
	ck_assert_uint_eq(rig_told(&rig).nr[HF_EV_GONE], 0);
	admit();
	look();
	ck_assert_uint_eq(rig_told(&rig).nr[HF_EV_GONE], 1);
}
END_TEST

START_TEST(nothing_is_judged_before_its_time)
{
	uint64_t before = failed();

	for (int i = 0; i < 8; i++)
		admit_from(i);
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

START_TEST(four_networks_trip_it_again_for_twice_as_long)
{
	trip();
	later(HF_BRAKE_RETRY_MS);
	for (int i = 0; i < 4; i++) {
		admit_from(i);
		later(HF_BRAKE_WAIT_MS);
	}
	ck_assert_int_eq(look(), XDP_PASS);
	later(2 * HF_BRAKE_RETRY_MS - 2 * HF_BRAKE_WAIT_MS);
	ck_assert_int_eq(look(), XDP_PASS);
	ck_assert_int_eq(look(), XDP_TX);
}
END_TEST

/* Whoever tripped it must not have shut the service. */
START_TEST(under_flood_one_in_two_is_answered)
{
	struct hf_control c = rig_control(&rig);
	int answered = 0, passed = 0;
	struct spec syn;
	struct result res;

	trip();
	c.odd.all.nr = 10;
	rig_set_control(&rig, &c);
	rig_set_now(&rig, now_ms);
	rig_set_flood(&rig, now_ms + 1000);
	for (int i = 0; i < 100; i++) {
		syn = next_syn();
		rig_send(&rig, &syn, &res);
		answered += res.verdict == XDP_TX;
		passed += res.verdict == XDP_PASS;
	}
	ck_assert_int_ge(answered, 20);
	ck_assert_int_le(answered, 80);
	ck_assert_int_eq(passed, 10);
}
END_TEST

TCase *brake_tcase(void)
{
	TCase *tc = tcase_create("brake");

	tcase_add_checked_fixture(tc, listen_up, listen_down);
	tcase_add_test(tc, s70_eight_networks_that_get_no_socket_trip);
	tcase_add_test(tc, one_network_may_fail_as_often_as_it_likes);
	tcase_add_test(tc, who_succeeds_shows_that_it_works);
	tcase_add_test(tc, what_failed_long_ago_is_forgotten);
	tcase_add_test(tc, what_no_client_can_make_trips_with_four);
	tcase_add_test(tc, of_a_full_ring_the_oldest_is_looked_at);
	tcase_add_test(tc, it_is_ended_where_too_many_wait);
	tcase_add_test(tc, what_a_client_can_spoil_says_nothing);
	tcase_add_test(tc, nothing_is_judged_before_its_time);
	tcase_add_test(tc, what_the_client_ended_says_nothing);
	tcase_add_test(tc, without_a_listener_nothing_is_said);
	tcase_add_test(tc, it_tries_after_a_pause_one_syn_a_tenth_of_a_second);
	tcase_add_test(tc, until_the_pause_is_over_every_syn_passes);
	tcase_add_test(tc, four_good_ones_end_it);
	tcase_add_test(tc, four_networks_trip_it_again_for_twice_as_long);
	tcase_add_test(tc, under_flood_one_in_two_is_answered);
	return tc;
}
