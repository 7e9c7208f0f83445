// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Each cell of the state machine at work in the daemon: what a leg in a state
 * does with an event, to be seen in its state, its record, its timer and its
 * counts. Timers as events are in test_due.c, the figure is in test_fsm.c.
 */
#include "world.h"

/* Events of a record that is there; RCV_SYN is of half-open ones. */
static const enum hf_event hints[] = {
	HF_EV_SND_SYN,	      HF_EV_RCV_SYN_ACK,   HF_EV_RCV_ACK,
	HF_EV_RCV_FIN,	      HF_EV_RCV_FIN_ACK,   HF_EV_SND_FIN,
	HF_EV_RCV_ACK_OF_FIN, HF_EV_RCV_FIN_AGAIN, HF_EV_RCV_RST,
	HF_EV_SND_RST,	      HF_EV_ADOPTED,
};
#define HINTS	(sizeof(hints) / sizeof(hints[0]))

/*
 * What fits: an event that a leg may meet if none was lost. Any other one makes
 * the record decide.
 */
static const struct row {
	enum hf_state from;
	enum hf_event event;
	enum hf_state to;
} rows[] = {
	{ HF_SYN_SENT, HF_EV_SND_SYN, HF_SYN_SENT },
	{ HF_SYN_SENT, HF_EV_RCV_SYN, HF_SYN_RECEIVED },
	{ HF_SYN_SENT, HF_EV_RCV_SYN_ACK, HF_ESTABLISHED },
	{ HF_SYN_SENT, HF_EV_RCV_RST, HF_CLOSED },
	{ HF_SYN_SENT, HF_EV_SND_RST, HF_CLOSED },
	{ HF_SYN_RECEIVED, HF_EV_RCV_ACK, HF_ESTABLISHED },
	{ HF_SYN_RECEIVED, HF_EV_RCV_RST, HF_CLOSED },
	{ HF_SYN_RECEIVED, HF_EV_SND_RST, HF_CLOSED },
	{ HF_ESTABLISHED, HF_EV_SND_FIN, HF_FIN_WAIT_1 },
	{ HF_ESTABLISHED, HF_EV_RCV_FIN, HF_CLOSE_WAIT },
	{ HF_ESTABLISHED, HF_EV_RCV_FIN_AGAIN, HF_ESTABLISHED },
	{ HF_ESTABLISHED, HF_EV_RCV_RST, HF_CLOSED },
	{ HF_ESTABLISHED, HF_EV_SND_RST, HF_CLOSED },
	{ HF_FIN_WAIT_1, HF_EV_RCV_ACK_OF_FIN, HF_FIN_WAIT_2 },
	{ HF_FIN_WAIT_1, HF_EV_RCV_FIN, HF_CLOSING },
	{ HF_FIN_WAIT_1, HF_EV_RCV_FIN_ACK, HF_TIME_WAIT },
	{ HF_FIN_WAIT_1, HF_EV_RCV_FIN_AGAIN, HF_FIN_WAIT_1 },
	{ HF_FIN_WAIT_1, HF_EV_RCV_RST, HF_CLOSED },
	{ HF_FIN_WAIT_1, HF_EV_SND_RST, HF_CLOSED },
	{ HF_FIN_WAIT_2, HF_EV_RCV_FIN, HF_TIME_WAIT },
	{ HF_FIN_WAIT_2, HF_EV_RCV_FIN_AGAIN, HF_FIN_WAIT_2 },
	{ HF_FIN_WAIT_2, HF_EV_RCV_RST, HF_CLOSED },
	{ HF_FIN_WAIT_2, HF_EV_SND_RST, HF_CLOSED },
	{ HF_CLOSE_WAIT, HF_EV_SND_FIN, HF_LAST_ACK },
	{ HF_CLOSE_WAIT, HF_EV_RCV_FIN_AGAIN, HF_CLOSE_WAIT },
	{ HF_CLOSE_WAIT, HF_EV_RCV_RST, HF_CLOSED },
	{ HF_CLOSE_WAIT, HF_EV_SND_RST, HF_CLOSED },
	{ HF_CLOSING, HF_EV_RCV_ACK_OF_FIN, HF_TIME_WAIT },
	{ HF_CLOSING, HF_EV_RCV_FIN_AGAIN, HF_CLOSING },
	{ HF_CLOSING, HF_EV_RCV_RST, HF_CLOSED },
	{ HF_CLOSING, HF_EV_SND_RST, HF_CLOSED },
	{ HF_LAST_ACK, HF_EV_RCV_ACK_OF_FIN, HF_CLOSED },
	{ HF_LAST_ACK, HF_EV_RCV_FIN_AGAIN, HF_LAST_ACK },
	{ HF_LAST_ACK, HF_EV_RCV_RST, HF_CLOSED },
	{ HF_LAST_ACK, HF_EV_SND_RST, HF_CLOSED },
	{ HF_TIME_WAIT, HF_EV_RCV_FIN_AGAIN, HF_TIME_WAIT },
	{ HF_TIME_WAIT, HF_EV_RCV_RST, HF_TIME_WAIT },
	{ HF_TIME_WAIT, HF_EV_SND_RST, HF_TIME_WAIT },
};
#define ROWS	(sizeof(rows) / sizeof(rows[0]))

static bool fits(enum hf_state from, enum hf_event event)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].from == from && rows[i].event == event)
			return true;
	return false;
}

/* Keepalive is on, so that each state waits in its own way. */
static void world_in(enum hf_state state)
{
	world_make(1000);
	w.config.service.timers.keepalive = true;
	leg_in[state]();
	ck_assert_ptr_nonnull(leg());
	ck_assert_int_eq(leg()->state, state);
	ck_assert_int_eq(flow_state(&w.flow, HF_LEG_CLIENT), state);
}

/* The record of a connection in a state. */
static struct hf_flow record_in(enum hf_state state)
{
	struct hf_flow f;

	world_in(state == HF_CLOSED ? HF_ESTABLISHED : state);
	f = w.flow;
	world_end();
	if (state == HF_CLOSED)
		f.dir[HF_DIR_IN].flags |= HF_DIR_RST;
	return f;
}

/* It waits for what its state waits for, from now on. */
static void waits_well(void)
{
	static const struct {
		enum leg_wait wait;
		uint64_t after_ms;
	} want[HF_STATE_NR] = {
		[HF_SYN_SENT] = { LEG_WAIT_CHECK, 65 * SECOND },
		[HF_SYN_RECEIVED] = { LEG_WAIT_CHECK, 65 * SECOND },
		[HF_ESTABLISHED] = { LEG_WAIT_IDLE, 225 * SECOND },
		[HF_FIN_WAIT_1] = { LEG_WAIT_CHECK, 65 * SECOND },
		[HF_FIN_WAIT_2] = { LEG_WAIT_CHECK, 60 * SECOND },
		[HF_CLOSE_WAIT] = { LEG_WAIT_IDLE, 225 * SECOND },
		[HF_CLOSING] = { LEG_WAIT_CHECK, 65 * SECOND },
		[HF_LAST_ACK] = { LEG_WAIT_CHECK, 65 * SECOND },
		[HF_TIME_WAIT] = { LEG_WAIT_2MSL, 60 * SECOND },
	};
	const struct leg *l = leg();

	ck_assert_ptr_nonnull(l->timer.next);
	ck_assert_int_eq(l->wait, want[l->state].wait);
	ck_assert_uint_eq(l->timer.due_ms, w.now_ms + want[l->state].after_ms);
}

/* Nothing was sent, one leg is counted in its state alone. */
static void counts_are(enum hf_state state)
{
	ck_assert_int_eq(w.nr_sent, 0);
	for (int s = HF_SYN_SENT; s < HF_STATE_NR; s++)
		ck_assert_uint_eq(w.states.leg[HF_LEG_CLIENT].now[s],
				  s == (int)state);
}

static void leg_is_in(enum hf_state state)
{
	if (state == HF_CLOSED) {
		ck_assert_ptr_null(leg());
		ck_assert(w.flow.life & HF_LIFE_DYING);
	} else {
		ck_assert_ptr_nonnull(leg());
		ck_assert_int_eq(leg()->state, state);
		ck_assert(!(w.flow.life & HF_LIFE_DYING));
	}
	counts_are(state);
}

/* Beneath it all is the record that such an event leaves. */
START_TEST(s45_what_fits_is_taken_and_counted)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *r = &rows[i];
		struct hf_flow after = record_in(r->to);
		uint64_t before;

		world_in(r->from);
		wait_ms(10);
		w.flow = after;
		before = taken(r->from, r->event);
		report(r->event, GENERATION);
		run();
		ck_assert_msg(taken(r->from, r->event) == before + 1,
			      "%s in %s", event_names[r->event],
			      state_names[r->from]);
		ck_assert_uint_eq(w.states.resynced, 0);
		leg_is_in(r->to);
		if (r->to != HF_CLOSED)
			waits_well();
		world_end();
	}
}
END_TEST

/*
 * Events were lost: the leg is in `from`, its record is elsewhere, and what
 * comes next does not fit. Afterwards leg and record agree.
 */
static void surprise(enum hf_state from, enum hf_event event,
		     enum hf_state record)
{
	struct hf_flow f = record_in(record);

	world_in(from);
	w.flow = f;
	report(event, GENERATION);
	run();
	ck_assert_uint_eq(taken(from, event),
			  from == HF_SYN_SENT && event == HF_EV_SND_SYN);
	ck_assert_uint_eq(w.states.resynced, 1);
	leg_is_in(record);
	world_end();
}

START_TEST(s45_what_does_not_fit_makes_the_record_decide)
{
	for (int from = HF_SYN_SENT; from < HF_STATE_NR; from++)
		for (size_t i = 0; i < HINTS; i++)
			for (int to = 0; to < HF_STATE_NR; to++)
				if (to != from && to != HF_LISTEN &&
				    !fits(from, hints[i]))
					surprise(from, hints[i], to);
}
END_TEST

/* A hint that comes late, of what the record said before: nothing changes. */
START_TEST(s45_a_late_hint_changes_nothing)
{
	for (int from = HF_SYN_SENT; from < HF_STATE_NR; from++) {
		for (size_t i = 0; i < HINTS; i++) {
			if (fits(from, hints[i]))
				continue;
			world_in(from);
			report(hints[i], GENERATION);
			run();
			ck_assert_uint_eq(w.states.resynced, 0);
			leg_is_in(from);
			waits_well();
			world_end();
		}
	}
}
END_TEST

/* Timers that each state has. */
START_TEST(s45_each_state_waits_in_its_way)
{
	for (int s = HF_SYN_SENT; s < HF_STATE_NR; s++) {
		world_in(s);
		counts_are(s);
		waits_well();
		world_end();
	}
}
END_TEST

/* The kernel gave up without a packet: its socket is gone. */
START_TEST(s45_a_socket_that_is_gone_ends_the_record)
{
	for (int s = HF_SYN_SENT; s < HF_TIME_WAIT; s++) {
		for (int keepalive = 0; keepalive < 2; keepalive++) {
			world_in(s);
			w.config.service.timers.keepalive = keepalive;
			w.find_error = -ENOENT;
			wait_ms(7200 * SECOND + 600 * SECOND);
			ck_assert_msg(!leg(), "%s", state_names[s]);
			ck_assert_uint_eq(taken(s, HF_EV_GONE), 1);
			ck_assert_uint_eq(w.states.resynced, 0);
			ck_assert(!w.has_flow);
			counts_are(HF_CLOSED);
			world_end();
		}
	}
}
END_TEST

/* Its record went, and no event of that is left: the sweep notices. */
START_TEST(s45_a_leg_without_a_record_is_counted_no_more)
{
	for (int s = HF_SYN_SENT; s < HF_STATE_NR; s++) {
		world_in(s);
		w.has_flow = false;
		wait_ms(60 * SECOND);
		ck_assert_msg(!leg(), "%s", state_names[s]);
		ck_assert_uint_eq(w.conns.nr, 0);
		counts_are(HF_CLOSED);
		world_end();
	}
}
END_TEST

/* Openings. */

/* A record that the daemon first hears of by this event. */
static void opens_with(const struct hf_flow *record, enum hf_event event)
{
	world_make(1000);
	w.config.service.timers.keepalive = true;
	w.flow = *record;
	w.has_flow = true;
	report(event, GENERATION);
	run();
}

START_TEST(s17_simultaneous_open_goes_on)
{
	world_in(HF_SYN_RECEIVED);
	ck_assert_uint_eq(taken(HF_CLOSED, HF_EV_SND_SYN), 1);
	ck_assert_uint_eq(taken(HF_SYN_SENT, HF_EV_RCV_SYN), 1);
	host_sends(0, 0);
	peer_sends(0, 0);
	leg_is_in(HF_ESTABLISHED);
	waits_well();
	ck_assert_uint_eq(w.states.resynced, 0);
	world_end();
}
END_TEST

/* It was opened and is over before its events are read. */
START_TEST(s17_an_open_that_is_over_at_once_leaves_nothing)
{
	static const enum hf_event how[] = { HF_EV_SND_SYN, HF_EV_ADOPTED };
	struct hf_flow over = record_in(HF_CLOSED);

	for (int i = 0; i < 2; i++) {
		world_make(1000);
		w.flow = over;
		w.has_flow = true;
		report(how[i], GENERATION);
		report(HF_EV_RCV_RST, GENERATION);
		run();
		leg_is_in(HF_CLOSED);
		wait_ms(SECOND);
		ck_assert(!w.has_flow);
		ck_assert_uint_eq(w.conns.nr, 0);
		world_end();
	}
}
END_TEST

START_TEST(s45_an_adopted_connection_is_as_its_record_says)
{
	for (int s = HF_SYN_SENT; s < HF_STATE_NR; s++) {
		struct hf_flow f = record_in(s);

		opens_with(&f, HF_EV_ADOPTED);
		leg_is_in(s);
		waits_well();
		ck_assert_uint_eq(taken(HF_CLOSED, HF_EV_ADOPTED), 1);
		ck_assert_uint_eq(w.states.resynced, 0);
		world_end();
	}
}
END_TEST

/* No SYN was remembered, or its event is lost: the cookie's ACK opens. */
START_TEST(s45_an_ack_opens_from_listen)
{
	struct hf_flow f = record_in(HF_ESTABLISHED);

	opens_with(&f, HF_EV_RCV_ACK);
	leg_is_in(HF_ESTABLISHED);
	waits_well();
	ck_assert_uint_eq(taken(HF_LISTEN, HF_EV_RCV_ACK), 1);
	world_end();
}
END_TEST

START_TEST(s45_an_ack_opens_a_half_open_one)
{
	world_in(HF_ESTABLISHED);
	ck_assert_uint_eq(taken(HF_LISTEN, HF_EV_RCV_SYN), 1);
	ck_assert_uint_eq(taken(HF_SYN_RECEIVED, HF_EV_RCV_ACK), 1);
	ck_assert_uint_eq(w.states.created, 1);
	waits_well();
	world_end();
}
END_TEST

/* An exact RST: back to LISTEN, and the half-open record goes. */
START_TEST(s45_rst_forgets_a_half_open_one)
{
	world_make(1000);
	leg_half_open();
	counts_are(HF_SYN_RECEIVED);
	report(HF_EV_RCV_RST, w.half.irs);
	run();
	ck_assert_ptr_null(leg());
	ck_assert(!w.has_half);
	counts_are(HF_LISTEN);
	ck_assert_uint_eq(taken(HF_SYN_RECEIVED, HF_EV_RCV_RST), 1);
	ck_assert_uint_eq(w.states.leg[HF_LEG_CLIENT].entered[HF_LISTEN], 1);
	world_end();
}
END_TEST

/* Keepalive moves no state; see test_due.c for its times. */
START_TEST(s67_probes_leave_the_state_alone)
{
	static const enum hf_state open[] = { HF_ESTABLISHED, HF_CLOSE_WAIT };

	for (int i = 0; i < 2; i++) {
		world_in(open[i]);
		wait_ms(7200 * SECOND);
		ck_assert_int_eq(w.nr_sent, 1);
		ck_assert_int_eq(leg()->state, open[i]);
		ck_assert_int_eq(leg()->wait, LEG_WAIT_PROBE);
		wait_ms(750 * SECOND);
		ck_assert_int_eq(w.nr_sent, 11);
		ck_assert_int_eq(leg()->state, open[i]);
		ck_assert_int_eq(leg()->wait, LEG_WAIT_CHECK);
		world_end();
	}
}
END_TEST

TEST_MAIN("machine", s45_what_fits_is_taken_and_counted,
	  s45_what_does_not_fit_makes_the_record_decide,
	  s45_a_late_hint_changes_nothing, s45_each_state_waits_in_its_way,
	  s45_a_socket_that_is_gone_ends_the_record,
	  s45_a_leg_without_a_record_is_counted_no_more,
	  s17_simultaneous_open_goes_on,
	  s17_an_open_that_is_over_at_once_leaves_nothing,
	  s45_an_adopted_connection_is_as_its_record_says,
	  s45_an_ack_opens_from_listen, s45_an_ack_opens_a_half_open_one,
	  s45_rst_forgets_a_half_open_one, s67_probes_leave_the_state_alone)
