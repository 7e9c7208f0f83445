// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What comes of time alone: SYN-ACKs, TIME_WAIT, keepalive, idleness of weeks,
 * each to the millisecond and at every place of a clock of 32 bits. Timeouts
 * are those of a plain configuration.
 */
#include "world.h"

#define WRAP	(1ULL << 32)	/* ms, 49.7 days */
#define SIGN	(1ULL << 31)	/* ms, 24.9 days */

/* Where the clock stands when a life begins. */
static const uint64_t starts[] = {
	1000,
	SIGN - 20 * SECOND,
	SIGN - 7500 * SECOND,
	SIGN,
	WRAP - 1,
	WRAP - 20 * SECOND,
	WRAP - HOUR,
	WRAP - 7200 * SECOND,
	WRAP - 7500 * SECOND,
	WRAP,
	7 * WRAP - 30 * SECOND,
};
#define EACH_START(at) \
	for (const uint64_t *at = starts; \
	     at < starts + sizeof(starts) / sizeof(starts[0]); at++)

static void sent_is(int nr, enum sent_what what, uint64_t at_ms)
{
	ck_assert_int_lt(nr, w.nr_sent);
	ck_assert_int_eq(w.sent[nr].what, what);
	ck_assert_uint_eq(w.sent[nr].at_ms, at_ms);
}

static void leg_is(enum hf_state state)
{
	ck_assert_ptr_nonnull(leg());
	ck_assert_int_eq(leg()->state, state);
	ck_assert_ptr_nonnull(leg()->timer.next);
}

/* The record is there until now and is marked now. */
static void ends_at(uint64_t at_ms)
{
	wait_until(at_ms - 1);
	ck_assert_ptr_nonnull(leg());
	ck_assert(!(w.flow.life & HF_LIFE_DYING));
	wait_until(at_ms);
	ck_assert_ptr_null(leg());
	ck_assert(w.flow.life & HF_LIFE_DYING);
	wait_ms(99);
	ck_assert(w.has_flow);
	wait_ms(1);
	ck_assert(!w.has_flow);
}

/* S19, S20. */

static void synack_life(uint64_t start, unsigned int retries)
{
	uint64_t gap = SECOND, at = start;

	world_make(start);
	w.config.service.timers.tcp_synack_retries = retries;
	leg_half_open();
	for (unsigned int i = 0; i <= retries; i++, gap *= 2)
		at += gap;
	wait_until(at - 1);
	ck_assert_int_eq(w.nr_sent, retries);
	ck_assert_uint_eq(w.notes[HF_CNT_SYN_ACK_AGAIN], retries);
	for (unsigned int i = 0; i < retries; i++)
		sent_is(i, SENT_SYN_ACK, start + ((2 << i) - 1) * SECOND);
	leg_is(HF_SYN_RECEIVED);
	ck_assert(w.has_half);
	wait_until(at);
	ck_assert_ptr_null(leg());
	ck_assert(!w.has_half);
	ck_assert_uint_eq(taken(HF_SYN_RECEIVED, HF_EV_REPEAT), retries);
	ck_assert_uint_eq(taken(HF_SYN_RECEIVED, HF_EV_GIVE_UP), 1);
	wait_ms(HOUR);
	ck_assert_int_eq(w.nr_sent, retries);
	world_end();
}

/* At 1, 3, 7, 15 and 31 s; forgotten at 63 s. */
START_TEST(s19_synack_repeated_five_times_then_forgotten)
{
	EACH_START(at)
	synack_life(*at, 5);
}
END_TEST

/* At 1 and 3 s; forgotten at 7 s. */
START_TEST(s20_two_retries_give_up_after_seven_seconds)
{
	EACH_START(at)
	synack_life(*at, 2);
}
END_TEST

START_TEST(s19_limits_of_the_number_of_repetitions)
{
	EACH_START(at)
	{
		synack_life(*at, 0);
		synack_life(*at, HF_SYNACK_RETRIES_MAX);
	}
}
END_TEST

START_TEST(s10_a_repeated_syn_does_not_restart_them)
{
	world_make(1000);
	leg_half_open();
	wait_ms(2500);
	report(HF_EV_RCV_SYN, w.half.irs);
	wait_until(1000 + 31 * SECOND);
	ck_assert_int_eq(w.nr_sent, 5);
	sent_is(1, SENT_SYN_ACK, 1000 + 3 * SECOND);
	ck_assert_uint_eq(taken(HF_SYN_RECEIVED, HF_EV_RCV_SYN), 1);
	world_end();
}
END_TEST

START_TEST(s19_the_third_segment_ends_them)
{
	world_make(1000);
	leg_half_open();
	wait_ms(2 * SECOND);
	leg_established();
	wait_ms(HOUR);
	ck_assert_int_eq(w.nr_sent, 1);
	leg_is(HF_ESTABLISHED);
	world_end();
}
END_TEST

/* Under flood, or beyond reflect_rate, the time goes on without them. */
START_TEST(s19_nothing_is_repeated_under_flood)
{
	for (int flood = 0; flood < 2; flood++) {
		world_make(1000);
		w.phase.flood.on = flood;
		w.phase.flood.until_ms = 1000 + 20 * SECOND;
		if (!flood)
			w.config.reflect_rate = 0;
		leg_half_open();
		wait_until(1000 + 63 * SECOND - 1);
		ck_assert_int_eq(w.nr_sent, flood);
		if (flood)
			sent_is(0, SENT_SYN_ACK, 1000 + 31 * SECOND);
		leg_is(HF_SYN_RECEIVED);
		wait_ms(1);
		ck_assert_ptr_null(leg());
		world_end();
	}
}
END_TEST

/* Another daemon takes over between two of them. */
START_TEST(s19_a_new_daemon_goes_on_with_them)
{
	EACH_START(at)
	{
		world_make(*at);
		leg_half_open();
		wait_until(*at + 10 * SECOND);
		daemon_stop();
		daemon_start();
		wait_until(*at + 63 * SECOND - 1);
		ck_assert_int_eq(w.nr_sent, 5);
		sent_is(2, SENT_SYN_ACK, *at + 7 * SECOND);
		sent_is(3, SENT_SYN_ACK, *at + 15 * SECOND);
		sent_is(4, SENT_SYN_ACK, *at + 31 * SECOND);
		ck_assert(w.has_half);
		wait_ms(1);
		ck_assert(!w.has_half);
		world_end();
	}
}
END_TEST

/* S59, S60. */

START_TEST(s60_time_wait_lasts_two_msl)
{
	EACH_START(at)
	{
		world_make(*at);
		leg_time_wait();
		leg_is(HF_TIME_WAIT);
		ends_at(*at + 60 * SECOND);
		ck_assert_uint_eq(taken(HF_TIME_WAIT, HF_EV_MSL2), 1);
		ck_assert_int_eq(w.nr_sent, 0);
		world_end();
	}
}
END_TEST

START_TEST(s59_a_repeated_fin_restarts_two_msl)
{
	EACH_START(at)
	{
		world_make(*at);
		leg_time_wait();
		wait_ms(20 * SECOND);
		peer_repeats_fin();
		wait_ms(59 * SECOND);
		peer_repeats_fin();
		leg_is(HF_TIME_WAIT);
		ends_at(*at + 139 * SECOND);
		ck_assert_uint_eq(taken(HF_TIME_WAIT, HF_EV_RCV_FIN_AGAIN), 2);
		world_end();
	}
}
END_TEST

/* A late ACK, or the RST that RFC 1337 ignores, prolongs nothing. */
START_TEST(s59_what_is_no_fin_does_not_restart_two_msl)
{
	EACH_START(at)
	{
		world_make(*at);
		leg_time_wait();
		wait_ms(20 * SECOND);
		peer_sends(0, 0);
		ends_at(*at + 60 * SECOND);
		world_end();
	}
}
END_TEST

/* The record knows of it; late by a 32nd of 2 MSL at most. */
START_TEST(s59_a_repeated_fin_counts_if_its_event_is_lost)
{
	EACH_START(at)
	{
		world_make(*at);
		leg_time_wait();
		wait_ms(20 * SECOND);
		w.loses_events = true;
		peer_repeats_fin();
		wait_until(*at + 80 * SECOND - 1);
		leg_is(HF_TIME_WAIT);
		wait_ms(60 * SECOND / 32 + 1);
		ck_assert_ptr_null(leg());
		world_end();
	}
}
END_TEST

START_TEST(s60_a_changed_msl_holds_from_then_on)
{
	world_make(1000);
	w.config.service.timers.msl_ms = 120 * SECOND;
	leg_time_wait();
	wait_ms(10 * SECOND);
	w.config.service.timers.msl_ms = 5 * SECOND;
	peer_repeats_fin();
	ends_at(1000 + 20 * SECOND);
	world_end();
}
END_TEST

START_TEST(s60_the_kernels_time_wait_ends_with_ours)
{
	world_make(1000);
	w.socket.state = SOCKET_TIME_WAIT;
	leg_time_wait();
	ends_at(1000 + 60 * SECOND);
	ck_assert_int_eq(w.nr_sent, 1);
	sent_is(0, SENT_DESTROY, 1000 + 60 * SECOND);
	world_end();
}
END_TEST

/* sock_diag is refused: ours waits until the kernel's is over for sure. */
START_TEST(s60_a_kernel_that_may_not_be_asked_gets_five_seconds)
{
	world_make(1000);
	w.find_error = -EPERM;
	leg_time_wait();
	ends_at(1000 + 65 * SECOND);
	world_end();
}
END_TEST

START_TEST(s60_a_new_daemon_does_not_begin_anew)
{
	EACH_START(at)
	{
		world_make(*at);
		leg_time_wait();
		wait_ms(30 * SECOND);
		daemon_stop();
		daemon_start();
		leg_is(HF_TIME_WAIT);
		ends_at(*at + 60 * SECOND);
		world_end();
	}
}
END_TEST

/* S67. */

static void keepalive_world(uint64_t start)
{
	world_make(start);
	w.config.service.timers.keepalive = true;
}

/* Ten probes 75 s apart from `first` on, then SOCK_DESTROY. */
static void dies_from(int nr, uint64_t first)
{
	wait_until(first + 750 * SECOND - 1);
	ck_assert_int_eq(w.nr_sent, nr + 10);
	for (int i = 0; i < 10; i++)
		sent_is(nr + i, SENT_PROBE, first + i * 75 * SECOND);
	wait_ms(1);
	ck_assert_int_eq(w.nr_sent, nr + 11);
	sent_is(nr + 10, SENT_DESTROY, first + 750 * SECOND);
	ck_assert_uint_eq(w.notes[HF_CNT_PROBE_DEAD], 1);
}

/* Silence of 7200 s, ten probes, dead at 7950 s; its RST ends the record. */
static void keepalive_life(uint64_t start, void (*make)(void),
			   enum hf_state state)
{
	keepalive_world(start);
	make();
	wait_until(start + 7200 * SECOND - 1);
	ck_assert_int_eq(w.nr_sent, 0);
	wait_ms(1);
	leg_is(state);
	dies_from(0, start + 7200 * SECOND);
	leg_is(state);
	ck_assert_uint_eq(taken(state, HF_EV_IDLE), 10);
	ck_assert_uint_eq(taken(state, HF_EV_DEAD), 1);
	host_sends(TCP_RST, 0);
	ck_assert_ptr_null(leg());
	ck_assert(w.flow.life & HF_LIFE_DYING);
	world_end();
}

START_TEST(s67_ten_probes_then_dead)
{
	EACH_START(at)
	keepalive_life(*at, leg_established, HF_ESTABLISHED);
}
END_TEST

START_TEST(s67_ten_probes_then_dead_in_close_wait)
{
	EACH_START(at)
	keepalive_life(*at, leg_close_wait, HF_CLOSE_WAIT);
}
END_TEST

/* Looked at every 225 s: 7000 + 7200 s are over at the 64th look. */
START_TEST(s67_a_segment_restarts_the_silence)
{
	EACH_START(at)
	{
		keepalive_world(*at);
		leg_established();
		wait_ms(7000 * SECOND);
		peer_sends(0, 1);
		wait_until(*at + 14400 * SECOND - 1);
		ck_assert_int_eq(w.nr_sent, 0);
		dies_from(0, *at + 14400 * SECOND);
		world_end();
	}
}
END_TEST

/* Any probe may be the one that is answered; the next row has ten again. */
START_TEST(s67_an_answer_to_any_probe_saves_it)
{
	for (int probe = 1; probe <= 10; probe++) {
		uint64_t last = 7200 * SECOND + (probe - 1) * 75 * SECOND;

		EACH_START(at)
		{
			keepalive_world(*at);
			leg_established();
			wait_ms(last);
			ck_assert_int_eq(w.nr_sent, probe);
			wait_ms(40);
			peer_sends(0, 0);
			dies_from(probe, *at + last + 7275 * SECOND);
			world_end();
		}
	}
}
END_TEST

/* What the server sends is no sign of life, RFC 9293 3.8.4. */
START_TEST(s67_our_own_segments_save_nobody)
{
	keepalive_world(1000);
	leg_established();
	wait_ms(7000 * SECOND);
	host_sends(0, 1);
	dies_from(0, 1000 + 7200 * SECOND);
	world_end();
}
END_TEST

START_TEST(s67_off_by_default)
{
	world_make(1000);
	leg_established();
	wait_ms(10 * DAY);
	ck_assert_int_eq(w.nr_sent, 0);
	leg_is(HF_ESTABLISHED);
	world_end();
}
END_TEST

/* The program's own keepalive, a retransmission, or a refused sock_diag. */
START_TEST(s67_no_probe_beside_the_kernels_timers)
{
	for (int i = 0; i < 3; i++) {
		keepalive_world(1000);
		w.socket.timer = i == 0	  ? SOCKET_TIMER_KEEPALIVE
				 : i == 1 ? SOCKET_TIMER_RETRANSMIT
					  : SOCKET_TIMER_NONE;
		w.find_error = i == 2 ? -EPERM : 0;
		leg_established();
		wait_ms(10 * DAY);
		ck_assert_int_eq(w.nr_sent, 0);
		leg_is(HF_ESTABLISHED);
		world_end();
	}
}
END_TEST

START_TEST(s67_numbers_of_the_service)
{
	keepalive_world(1000);
	w.config.service.timers.tcp_keepalive_time_ms = 32 * SECOND;
	w.config.service.timers.tcp_keepalive_intvl_ms = 3 * SECOND;
	w.config.service.timers.tcp_keepalive_probes = 2;
	leg_established();
	wait_ms(38 * SECOND);
	ck_assert_int_eq(w.nr_sent, 3);
	sent_is(0, SENT_PROBE, 1000 + 32 * SECOND);
	sent_is(1, SENT_PROBE, 1000 + 35 * SECOND);
	sent_is(2, SENT_DESTROY, 1000 + 38 * SECOND);
	world_end();
}
END_TEST

/* Old connections too: noticed when the socket is looked for, in 600 s. */
START_TEST(s67_switched_on_by_a_reload)
{
	world_make(1000);
	leg_established();
	wait_ms(3 * HOUR);
	w.config.service.timers.keepalive = true;
	wait_ms(600 * SECOND + 225 * SECOND);
	ck_assert_int_eq(w.nr_sent, 1);
	world_end();
}
END_TEST

/* Neither a first probe nor another one. */
START_TEST(s67_switched_off_by_a_reload)
{
	for (int probes = 0; probes < 2; probes++) {
		keepalive_world(1000);
		leg_established();
		wait_ms(7200 * SECOND - !probes);
		w.config.service.timers.keepalive = false;
		wait_ms(DAY);
		ck_assert_int_eq(w.nr_sent, probes);
		leg_is(HF_ESTABLISHED);
		world_end();
	}
}
END_TEST

/* SOCK_DESTROY is refused, then the peer is back: it is watched as before. */
START_TEST(s67_a_dead_one_that_could_not_be_ended_is_watched)
{
	keepalive_world(1000);
	w.destroy_error = -EOPNOTSUPP;
	leg_established();
	wait_ms(7950 * SECOND);
	ck_assert_int_eq(w.nr_sent, 11);
	ck_assert_uint_eq(w.errors_said, 1);
	ck_assert_uint_eq(w.notes[HF_CNT_PROBE_DEAD], 0);
	peer_sends(0, 1);
	w.destroy_error = 0;
	wait_ms(8100 * SECOND);
	ck_assert_int_eq(w.nr_sent, 22);
	ck_assert_int_eq(w.sent[21].what, SENT_DESTROY);
	world_end();
}
END_TEST

/* S32: the sign of a difference of clocks changes, the clock wraps. */

static void idle_for(uint64_t start, unsigned int days)
{
	world_make(start);
	leg_established();
	wait_ms(days * DAY);
	leg_is(HF_ESTABLISHED);
	ck_assert_uint_eq(conn()->id, GENERATION);
	ck_assert(w.has_flow);
	ck_assert_int_eq(w.nr_sent, 0);
	ck_assert_uint_eq(w.states.resynced, 0);
	peer_sends(0, 100);
	host_sends(0, 100);
	leg_is(HF_ESTABLISHED);
	peer_sends(TCP_FIN, 0);
	host_sends(TCP_FIN, 0);
	leg_is(HF_LAST_ACK);
	peer_sends(0, 0);
	ck_assert_ptr_null(leg());
	world_end();
}

START_TEST(s32_weeks_of_silence_disturb_nothing)
{
	static const unsigned int days[] = { 24, 25, 30, 49, 50, 75 };

	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		idle_for(1000, days[i]);
		idle_for(WRAP - HOUR, days[i]);
	}
}
END_TEST

/* At any age of its record a socket that is gone is noticed in 600 s. */
START_TEST(s32_a_socket_that_is_gone_is_noticed_after_weeks)
{
	static const unsigned int days[] = { 1, 24, 25, 30, 49, 50, 75 };

	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		world_make(WRAP - HOUR);
		leg_established();
		wait_ms(days[i] * DAY);
		w.find_error = -ENOENT;
		wait_ms(600 * SECOND);
		ck_assert_msg(!leg(), "after %u days", days[i]);
		ck_assert(w.flow.life & HF_LIFE_DYING || !w.has_flow);
		world_end();
	}
}
END_TEST

/* The same for keepalive, if it is switched on then. */
START_TEST(s32_keepalive_after_weeks)
{
	static const unsigned int days[] = { 1, 24, 25, 30, 49 };

	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		world_make(WRAP - HOUR);
		leg_established();
		wait_ms(days[i] * DAY);
		w.config.service.timers.keepalive = true;
		wait_ms(600 * SECOND + 225 * SECOND + 750 * SECOND);
		ck_assert_msg(w.nr_sent == 11, "%u days: %d", days[i],
			      w.nr_sent);
		ck_assert_int_eq(w.sent[10].what, SENT_DESTROY);
		world_end();
	}
}
END_TEST

/* Probes and answers of two months: one each 7275 s or so, nobody dies. */
START_TEST(s32_answered_probes_across_the_wrap)
{
	int answered = 0;

	keepalive_world(1000);
	leg_established();
	while (w.now_ms < 60 * DAY) {
		wait_ms(60 * SECOND);
		if (!w.nr_sent)
			continue;
		ck_assert_int_eq(w.nr_sent, 1);
		sent_is(0, SENT_PROBE, w.sent[0].at_ms);
		w.nr_sent = 0;
		peer_sends(0, 0);
		answered++;
	}
	ck_assert_int_ge(answered, 60 * 24 * 3600 / 7500);
	ck_assert_int_le(answered, 60 * 24 * 3600 / 7200);
	ck_assert_uint_eq(taken(HF_ESTABLISHED, HF_EV_DEAD), 0);
	world_end();
}
END_TEST

/* S56, S58: what closes and is silent ends when the kernel's socket does. */

START_TEST(s58_fin_wait_2_of_an_orphan_ends_after_tcp_fin_timeout)
{
	world_make(1000);
	w.config.service.timers.tcp_fin_timeout_ms = 20 * SECOND;
	w.socket.state = SOCKET_FIN_WAIT_2;
	w.socket.orphan = true;
	leg_fin_wait_2();
	ends_at(1000 + 20 * SECOND);
	sent_is(0, SENT_DESTROY, 1000 + 20 * SECOND);
	world_end();
}
END_TEST

/* A program that only shut down sending may read for ever. */
START_TEST(s58_fin_wait_2_of_a_program_stays)
{
	world_make(1000);
	w.socket.state = SOCKET_FIN_WAIT_2;
	leg_fin_wait_2();
	wait_ms(30 * DAY);
	leg_is(HF_FIN_WAIT_2);
	ck_assert_int_eq(w.nr_sent, 0);
	world_end();
}
END_TEST

/* sock_diag is refused: nothing is learned, so nothing ends. */
START_TEST(s58_a_kernel_that_may_not_be_asked_ends_nothing)
{
	world_make(1000);
	w.find_error = -EPERM;
	leg_fin_wait_2();
	wait_ms(30 * DAY);
	leg_is(HF_FIN_WAIT_2);
	world_end();
}
END_TEST

TEST_MAIN("due", s19_synack_repeated_five_times_then_forgotten,
	  s20_two_retries_give_up_after_seven_seconds,
	  s19_limits_of_the_number_of_repetitions,
	  s10_a_repeated_syn_does_not_restart_them,
	  s19_the_third_segment_ends_them, s19_nothing_is_repeated_under_flood,
	  s19_a_new_daemon_goes_on_with_them, s60_time_wait_lasts_two_msl,
	  s59_a_repeated_fin_restarts_two_msl,
	  s59_what_is_no_fin_does_not_restart_two_msl,
	  s59_a_repeated_fin_counts_if_its_event_is_lost,
	  s60_a_changed_msl_holds_from_then_on,
	  s60_the_kernels_time_wait_ends_with_ours,
	  s60_a_kernel_that_may_not_be_asked_gets_five_seconds,
	  s60_a_new_daemon_does_not_begin_anew, s67_ten_probes_then_dead,
	  s67_ten_probes_then_dead_in_close_wait,
	  s67_a_segment_restarts_the_silence,
	  s67_an_answer_to_any_probe_saves_it, s67_our_own_segments_save_nobody,
	  s67_off_by_default, s67_no_probe_beside_the_kernels_timers,
	  s67_numbers_of_the_service, s67_switched_on_by_a_reload,
	  s67_switched_off_by_a_reload,
	  s67_a_dead_one_that_could_not_be_ended_is_watched,
	  s32_weeks_of_silence_disturb_nothing,
	  s32_a_socket_that_is_gone_is_noticed_after_weeks,
	  s32_keepalive_after_weeks, s32_answered_probes_across_the_wrap,
	  s58_fin_wait_2_of_an_orphan_ends_after_tcp_fin_timeout,
	  s58_fin_wait_2_of_a_program_stays,
	  s58_a_kernel_that_may_not_be_asked_ends_nothing)
