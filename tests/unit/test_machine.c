// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Each cell of the state machine at work in the daemon: what a leg in a state
 * does with an event, to be seen in its state, its record, its timer and its
 * counts. Timers as events are in test_due.c, the figure is in test_fsm.c.
 */
#include "daemon/conn/wait.h"
#include "world.h"

#include "daemon/conn/machine.h"

/* What is to be seen of an event besides the next state. */
enum seen {
	WAITS,		/* as the state does, from now on */
	WAITS_ON,	/* for the third segment, from before */
	AWAITS_ACK,	/* for the third segment, from now on */
	REPEATS,	/* a SYN-ACK is sent */
	REPEATS_SYN,	/* a SYN is sent to the server */
	ABORTS,		/* the client is reset, the record is dying */
	PROBES,		/* a keepalive probe is sent */
	DESTROYS,	/* the socket is ended */
	FORGETS,	/* the half-open record is gone */
	ENDS,		/* the record is dying */
	ADOPTS,		/* the record decides, and that is an arrow */
};

/*
 * Events that a leg may meet if none was lost, of a passive and an active open
 * alike or of one of them. Any other one makes the record decide.
 */
static const struct row {
	enum hf_state from;
	enum hf_event event;
	enum hf_state to;
	enum seen seen;
	enum fsm_role only;
} rows[] = {
	{ HF_CLOSED, HF_EV_SND_SYN, HF_SYN_SENT },
	{ HF_CLOSED, HF_EV_ADOPTED, HF_CLOSED, ADOPTS },
	{ HF_LISTEN, HF_EV_SND_SYN, HF_SYN_SENT },
	{ HF_LISTEN, HF_EV_RCV_SYN, HF_SYN_RECEIVED, AWAITS_ACK },
	{ HF_LISTEN, HF_EV_RCV_ACK, HF_ESTABLISHED },
	{ HF_SYN_SENT, HF_EV_SND_SYN, HF_SYN_SENT },
	{ HF_SYN_SENT, HF_EV_RCV_SYN, HF_SYN_RECEIVED },
	{ HF_SYN_SENT, HF_EV_RCV_SYN_ACK, HF_ESTABLISHED },
	{ HF_SYN_SENT, HF_EV_RCV_RST, HF_CLOSED, ENDS },
	{ HF_SYN_SENT, HF_EV_SND_RST, HF_CLOSED, ENDS },
	{ HF_SYN_SENT, HF_EV_REPEAT, HF_SYN_SENT, REPEATS_SYN, FSM_ACTIVE },
	{ HF_SYN_SENT, HF_EV_GIVE_UP, HF_CLOSED, ABORTS, FSM_ACTIVE },
	{ HF_SYN_SENT, HF_EV_GONE, HF_CLOSED, ENDS },
	{ HF_SYN_RECEIVED, HF_EV_RCV_SYN, HF_SYN_RECEIVED, WAITS_ON,
	  FSM_PASSIVE },
	{ HF_SYN_RECEIVED, HF_EV_RCV_ACK, HF_ESTABLISHED },
	{ HF_SYN_RECEIVED, HF_EV_RCV_RST, HF_LISTEN, FORGETS, FSM_PASSIVE },
	{ HF_SYN_RECEIVED, HF_EV_REPEAT, HF_SYN_RECEIVED, REPEATS,
	  FSM_PASSIVE },
	{ HF_SYN_RECEIVED, HF_EV_GIVE_UP, HF_LISTEN, FORGETS, FSM_PASSIVE },
	{ HF_SYN_RECEIVED, HF_EV_RCV_RST, HF_CLOSED, ENDS, FSM_ACTIVE },
	{ HF_SYN_RECEIVED, HF_EV_SND_RST, HF_CLOSED, ENDS, FSM_ACTIVE },
	{ HF_SYN_RECEIVED, HF_EV_GONE, HF_CLOSED, ENDS, FSM_ACTIVE },
	{ HF_ESTABLISHED, HF_EV_SND_FIN, HF_FIN_WAIT_1 },
	{ HF_ESTABLISHED, HF_EV_RCV_FIN, HF_CLOSE_WAIT },
	{ HF_ESTABLISHED, HF_EV_RCV_FIN_AGAIN, HF_ESTABLISHED },
	{ HF_ESTABLISHED, HF_EV_IDLE, HF_ESTABLISHED, PROBES },
	{ HF_ESTABLISHED, HF_EV_DEAD, HF_ESTABLISHED, DESTROYS },
	{ HF_ESTABLISHED, HF_EV_RCV_RST, HF_CLOSED, ENDS },
	{ HF_ESTABLISHED, HF_EV_SND_RST, HF_CLOSED, ENDS },
	{ HF_ESTABLISHED, HF_EV_GONE, HF_CLOSED, ENDS },
	{ HF_FIN_WAIT_1, HF_EV_RCV_ACK_OF_FIN, HF_FIN_WAIT_2 },
	{ HF_FIN_WAIT_1, HF_EV_RCV_FIN, HF_CLOSING },
	{ HF_FIN_WAIT_1, HF_EV_RCV_FIN_ACK, HF_TIME_WAIT },
	{ HF_FIN_WAIT_1, HF_EV_RCV_FIN_AGAIN, HF_FIN_WAIT_1 },
	{ HF_FIN_WAIT_1, HF_EV_RCV_RST, HF_CLOSED, ENDS },
	{ HF_FIN_WAIT_1, HF_EV_SND_RST, HF_CLOSED, ENDS },
	{ HF_FIN_WAIT_1, HF_EV_GONE, HF_CLOSED, ENDS },
	{ HF_FIN_WAIT_2, HF_EV_RCV_FIN, HF_TIME_WAIT },
	{ HF_FIN_WAIT_2, HF_EV_RCV_FIN_AGAIN, HF_FIN_WAIT_2 },
	{ HF_FIN_WAIT_2, HF_EV_RCV_RST, HF_CLOSED, ENDS },
	{ HF_FIN_WAIT_2, HF_EV_SND_RST, HF_CLOSED, ENDS },
	{ HF_FIN_WAIT_2, HF_EV_GONE, HF_CLOSED, ENDS },
	{ HF_CLOSE_WAIT, HF_EV_SND_FIN, HF_LAST_ACK },
	{ HF_CLOSE_WAIT, HF_EV_RCV_FIN_AGAIN, HF_CLOSE_WAIT },
	{ HF_CLOSE_WAIT, HF_EV_IDLE, HF_CLOSE_WAIT, PROBES },
	{ HF_CLOSE_WAIT, HF_EV_DEAD, HF_CLOSE_WAIT, DESTROYS },
	{ HF_CLOSE_WAIT, HF_EV_RCV_RST, HF_CLOSED, ENDS },
	{ HF_CLOSE_WAIT, HF_EV_SND_RST, HF_CLOSED, ENDS },
	{ HF_CLOSE_WAIT, HF_EV_GONE, HF_CLOSED, ENDS },
	{ HF_CLOSING, HF_EV_RCV_ACK_OF_FIN, HF_TIME_WAIT },
	{ HF_CLOSING, HF_EV_RCV_FIN_AGAIN, HF_CLOSING },
	{ HF_CLOSING, HF_EV_RCV_RST, HF_CLOSED, ENDS },
	{ HF_CLOSING, HF_EV_SND_RST, HF_CLOSED, ENDS },
	{ HF_CLOSING, HF_EV_GONE, HF_CLOSED, ENDS },
	{ HF_LAST_ACK, HF_EV_RCV_ACK_OF_FIN, HF_CLOSED, ENDS },
	{ HF_LAST_ACK, HF_EV_RCV_FIN_AGAIN, HF_LAST_ACK },
	{ HF_LAST_ACK, HF_EV_RCV_RST, HF_CLOSED, ENDS },
	{ HF_LAST_ACK, HF_EV_SND_RST, HF_CLOSED, ENDS },
	{ HF_LAST_ACK, HF_EV_GONE, HF_CLOSED, ENDS },
	{ HF_TIME_WAIT, HF_EV_RCV_FIN_AGAIN, HF_TIME_WAIT },
	{ HF_TIME_WAIT, HF_EV_RCV_RST, HF_TIME_WAIT },
	{ HF_TIME_WAIT, HF_EV_SND_RST, HF_TIME_WAIT },
	{ HF_TIME_WAIT, HF_EV_MSL2, HF_CLOSED, ENDS },
	{ HF_TIME_WAIT, HF_EV_GONE, HF_CLOSED, ENDS },
};
#define ROWS	(sizeof(rows) / sizeof(rows[0]))

#define EACH_ROLE(r)	for (int r = FSM_PASSIVE; r <= FSM_ACTIVE; r++)

/* Events that the ring has of a record that is there, not of a half-open one. */
#define EACH_HINT(e)	for (int e = 0; e < HF_EV_REPEAT; e++) \
				if (e != HF_EV_RCV_SYN)

static const struct row *row_of(enum hf_state from, enum hf_event event,
				enum fsm_role role)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].from == from && rows[i].event == event &&
		    (!rows[i].only || rows[i].only == role))
			return &rows[i];
	return NULL;
}

/* Does a leg of that role get there with a record in `flows`? */
static bool gets_to(enum fsm_role role, enum hf_state state)
{
	return state >= HF_SYN_SENT && leg_in[state] &&
	       (role == FSM_ACTIVE || state >= HF_ESTABLISHED);
}

/* Keepalive is on, so that each state waits in its own way. */
static void world_begin(enum fsm_role role)
{
	world_make(1000);
	w.config.service.timers.keepalive = true;
	w.opens = role == FSM_ACTIVE;
}

static void world_in(enum fsm_role role, enum hf_state state)
{
	world_begin(role);
	leg_in[state]();
	ck_assert_ptr_nonnull(leg());
	ck_assert_int_eq(leg()->state, state);
	ck_assert_int_eq(leg()->role, role);
	ck_assert_int_eq(flow_state(&w.flow, HF_LEG_CLIENT), state);
}

/* The record of a connection in a state. */
static struct hf_flow record_in(enum fsm_role role, enum hf_state state)
{
	struct hf_flow f;

	world_in(role, state == HF_CLOSED ? HF_ESTABLISHED : state);
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

/* One leg is counted in its state alone. */
static void gauges_are(enum hf_state state)
{
	for (int s = HF_SYN_SENT; s < HF_STATE_NR; s++)
		ck_assert_uint_eq(w.states.leg[HF_LEG_CLIENT].now[s],
				  s == (int)state);
}

static void counts_are(enum hf_state state)
{
	ck_assert_int_eq(w.nr_sent, 0);
	gauges_are(state);
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
static void fits(const struct row *r, enum fsm_role role)
{
	struct hf_flow after = record_in(role, r->to);
	uint64_t before;

	world_in(role, r->from);
	wait_ms(10);
	w.flow = after;
	before = taken(r->from, r->event);
	report(r->event, GENERATION);
	run();
	ck_assert_msg(taken(r->from, r->event) == before + 1, "%s in %s",
		      event_names[r->event], state_names[r->from]);
	ck_assert_uint_eq(w.states.resynced, 0);
	leg_is_in(r->to);
	if (r->to != HF_CLOSED)
		waits_well();
	world_end();
}

START_TEST(s45_what_fits_is_taken_and_counted)
{
	EACH_ROLE(role)
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].event < HF_EV_REPEAT &&
		    gets_to(role, rows[i].from) &&
		    row_of(rows[i].from, rows[i].event, role) == &rows[i])
			fits(&rows[i], role);
}
END_TEST

/*
 * Events were lost: the leg is in `from`, its record is elsewhere, and what
 * comes next does not fit. Afterwards leg and record agree.
 */
static void surprise(enum hf_state from, enum hf_event event,
		     const struct hf_flow *record)
{
	uint64_t before = taken(from, event);

	w.flow = *record;
	report(event, GENERATION);
	run();
	ck_assert_uint_eq(taken(from, event), before);
	ck_assert_uint_eq(w.states.resynced, 1);
	leg_is_in(flow_state(record, HF_LEG_CLIENT));
}

START_TEST(s45_what_does_not_fit_makes_the_record_decide)
{
	EACH_ROLE(role)
	for (int to = 0; to < HF_STATE_NR; to++) {
		struct hf_flow f;

		if (to != HF_CLOSED && !gets_to(role, to))
			continue;
		f = record_in(role, to);
		for (int from = HF_SYN_SENT; from < HF_STATE_NR; from++)
			EACH_HINT(event)
		if (gets_to(role, from) && from != to &&
		    !row_of(from, event, role)) {
			world_in(role, from);
			surprise(from, event, &f);
			world_end();
		}
	}
}
END_TEST

/* A hint that comes late, of what the record said before: nothing changes. */
START_TEST(s45_a_late_hint_changes_nothing)
{
	EACH_ROLE(role)
	for (int from = HF_SYN_SENT; from < HF_STATE_NR; from++)
		EACH_HINT(event)
	if (gets_to(role, from) && !row_of(from, event, role)) {
		world_in(role, from);
		report(event, GENERATION);
		run();
		ck_assert_uint_eq(w.states.resynced, 0);
		leg_is_in(from);
		waits_well();
		world_end();
	}
}
END_TEST

/* The door, cell by cell. */

/* A leg of any role in any state, also where no leg gets to. */
static void at_the_door(enum fsm_role role, enum hf_state state)
{
	world_begin(role);
	if (state == HF_SYN_RECEIVED && role == FSM_PASSIVE) {
		leg_half_open();
	} else if (state == HF_CLOSED || state == HF_LISTEN) {
		conn_new(&w.conns, &w.tuple, state)->id = GENERATION;
	} else {
		w.opens |= !gets_to(role, state);
		leg_in[state]();
	}
	leg()->role = role;
	wait_ms(10);
}

static void last_sent_is(enum sent_what what, enum leg_wait wait)
{
	ck_assert_int_eq(w.nr_sent, 1);
	ck_assert_int_eq(w.sent[0].what, what);
	ck_assert_int_eq(leg()->wait, wait);
	ck_assert_ptr_nonnull(leg()->timer.next);
}

static void awaits_ack(uint64_t due_ms)
{
	ck_assert_int_eq(w.nr_sent, 0);
	ck_assert_int_eq(leg()->wait, LEG_WAIT_SYN_ACK);
	ck_assert_uint_eq(leg()->timer.due_ms, due_ms);
}

static void is_seen(enum seen seen)
{
	switch (seen) {
	case WAITS: waits_well(); break;
	case WAITS_ON: awaits_ack(1000 + SECOND); break;
	case AWAITS_ACK: awaits_ack(w.now_ms + SECOND); break;
	case REPEATS: last_sent_is(SENT_SYN_ACK, LEG_WAIT_SYN_ACK); break;
	case REPEATS_SYN: last_sent_is(SENT_SYN, LEG_WAIT_SYN); break;
	case ABORTS:
		ck_assert_int_eq(w.nr_sent, 1);
		ck_assert_int_eq(w.sent[0].what, SENT_RESET);
		ck_assert(w.flow.life & HF_LIFE_DYING);
		break;
	case PROBES: last_sent_is(SENT_PROBE, LEG_WAIT_PROBE); break;
	case DESTROYS: last_sent_is(SENT_DESTROY, LEG_WAIT_CHECK); break;
	case FORGETS: ck_assert(!w.has_half); break;
	case ENDS: ck_assert(w.flow.life & HF_LIFE_DYING); break;
	case ADOPTS: ck_assert_int_eq(leg()->state, HF_ESTABLISHED); break;
	}
}

/* The record says something else, unless the cell asks it. */
static void cell_is(enum fsm_role role, enum hf_state from, enum hf_event event)
{
	const struct row *r = row_of(from, event, role);
	enum hf_state record = from == HF_ESTABLISHED ? HF_CLOSE_WAIT
						      : HF_ESTABLISHED;
	enum hf_state to = !r || r->seen == ADOPTS ? record : r->to;
	struct hf_flow f = record_in(role, record);
	uint64_t before;

	at_the_door(role, from);
	w.flow = f;
	w.has_flow = true;
	before = taken(from, event);
	conn_event(&w.conns, conn(), HF_LEG_CLIENT, event, w.now_ms);
	ck_assert_msg(taken(from, event) == before + !!r, "%s in %s, role %d",
		      event_names[event], state_names[from], role);
	ck_assert_uint_eq(w.states.resynced, !r && from > HF_LISTEN);
	ck_assert_int_eq(!leg(), to == HF_CLOSED || to == HF_LISTEN);
	ck_assert_int_eq(leg() ? leg()->state : to, to);
	gauges_are(to);
	is_seen(r ? r->seen : WAITS);
	world_end();
}

START_TEST(s45_each_cell_for_each_role)
{
	EACH_ROLE(role)
	for (int from = 0; from < HF_STATE_NR; from++)
		for (int event = 0; event < HF_EVENT_NR; event++)
			cell_is(role, from, event);
}
END_TEST

/* Timers that each state has. */
START_TEST(s45_each_state_waits_in_its_way)
{
	EACH_ROLE(role)
	for (int s = HF_SYN_SENT; s < HF_STATE_NR; s++) {
		if (!gets_to(role, s))
			continue;
		world_in(role, s);
		counts_are(s);
		waits_well();
		world_end();
	}
}
END_TEST

static void socket_goes(enum fsm_role role, enum hf_state state, bool keepalive)
{
	world_in(role, state);
	w.config.service.timers.keepalive = keepalive;
	w.find_error = -ENOENT;
	wait_ms(7200 * SECOND + 600 * SECOND);
	ck_assert_msg(!leg(), "%s", state_names[state]);
	ck_assert_uint_eq(taken(state, HF_EV_GONE), 1);
	ck_assert_uint_eq(w.states.resynced, 0);
	ck_assert(!w.has_flow);
	counts_are(HF_CLOSED);
	world_end();
}

/* The kernel gave up without a packet: its socket is gone. */
START_TEST(s45_a_socket_that_is_gone_ends_the_record)
{
	EACH_ROLE(role)
	for (int s = HF_SYN_SENT; s < HF_TIME_WAIT; s++)
		for (int keepalive = 0; keepalive < 2; keepalive++)
			if (gets_to(role, s))
				socket_goes(role, s, keepalive);
}
END_TEST

/* Its record went, and no event of that is left: the sweep notices. */
START_TEST(s45_a_leg_without_a_record_is_counted_no_more)
{
	for (int s = HF_SYN_SENT; s < HF_STATE_NR; s++) {
		world_in(FSM_ACTIVE, s);
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
	world_in(FSM_ACTIVE, HF_SYN_RECEIVED);
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
	struct hf_flow over = record_in(FSM_ACTIVE, HF_CLOSED);

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
		struct hf_flow f = record_in(FSM_ACTIVE, s);

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
	struct hf_flow f = record_in(FSM_PASSIVE, HF_ESTABLISHED);

	opens_with(&f, HF_EV_RCV_ACK);
	leg_is_in(HF_ESTABLISHED);
	waits_well();
	ck_assert_uint_eq(taken(HF_LISTEN, HF_EV_RCV_ACK), 1);
	world_end();
}
END_TEST

START_TEST(s45_an_ack_opens_a_half_open_one)
{
	world_in(FSM_PASSIVE, HF_ESTABLISHED);
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

/* Which connection an event is of. */

START_TEST(s45_an_event_of_no_leg_or_no_name_is_ignored)
{
	static const struct {
		int which, event;
	} wrong[] = {
		{ HF_LEG_NR, HF_EV_RCV_FIN },
		{ 255, HF_EV_RCV_RST },
		{ HF_LEG_CLIENT, HF_EVENT_NR },
		{ HF_LEG_CLIENT, 255 },
	};
	struct hf_states before;

	world_in(FSM_PASSIVE, HF_ESTABLISHED);
	before = w.states;
	w.has_flow = false; /* would be noticed */
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		report_of(wrong[i].which, wrong[i].event, GENERATION);
	run();
	ck_assert_mem_eq(&before, &w.states, sizeof(before));
	ck_assert_int_eq(leg()->state, HF_ESTABLISHED);
	world_end();
}
END_TEST

/* Its tuple was used again: nothing of the first connection is left. */
START_TEST(s45_a_new_record_takes_the_place_of_the_old_one)
{
	struct hf_flow f = record_in(FSM_PASSIVE, HF_ESTABLISHED);

	f.life += 1ULL << 32;
	for (int from = HF_ESTABLISHED; from < HF_STATE_NR; from++) {
		world_in(FSM_PASSIVE, from);
		w.flow = f;
		report(HF_EV_RCV_RST, GENERATION + 1); /* begun unseen */
		report(HF_EV_RCV_ACK, GENERATION + 1);
		report(HF_EV_RCV_FIN, GENERATION); /* late */
		run();
		leg_is_in(HF_ESTABLISHED);
		waits_well();
		ck_assert_uint_eq(conn()->id, GENERATION + 1);
		ck_assert_uint_eq(w.states.created, 2);
		ck_assert_uint_eq(w.states.resynced, 0);
		ck_assert_uint_eq(taken(HF_LISTEN, HF_EV_RCV_ACK), 1);
		world_end();
	}
}
END_TEST

/* Another SYN on a half-open tuple: its SYN-ACK waits its whole second. */
START_TEST(s10_another_syn_begins_anew)
{
	world_begin(FSM_PASSIVE);
	leg_half_open();
	wait_ms(2500);
	w.half.irs += 1000;
	w.nr_sent = 0;
	report(HF_EV_RCV_SYN, w.half.irs);
	run();
	counts_are(HF_SYN_RECEIVED);
	ck_assert_uint_eq(conn()->id, w.half.irs);
	awaits_ack(w.now_ms + SECOND);
	wait_ms(SECOND);
	last_sent_is(SENT_SYN_ACK, LEG_WAIT_SYN_ACK);
	world_end();
}
END_TEST

/* A SYN that comes late is none of the connection that came of it. */
START_TEST(s10_a_late_syn_changes_nothing)
{
	world_in(FSM_PASSIVE, HF_ESTABLISHED);
	report(HF_EV_RCV_SYN, w.flow.irs);
	run();
	leg_is_in(HF_ESTABLISHED);
	ck_assert_uint_eq(conn()->id, GENERATION);
	world_end();
}
END_TEST

/* Legs. */

static uint64_t in_state(enum hf_leg which, enum hf_state state)
{
	return w.states.leg[which].now[state];
}

START_TEST(s45_an_event_of_a_leg_that_is_not_there_asks_the_record)
{
	struct hf_flow f = record_in(FSM_PASSIVE, HF_CLOSE_WAIT);
	static const struct hf_leg_states none;

	for (int event = 0; event < HF_EVENT_NR; event++) {
		if (event == HF_EV_SND_SYN)	/* with which it begins */
			continue;
		world_in(FSM_PASSIVE, HF_ESTABLISHED);
		w.flow = f;
		report_of(HF_LEG_SERVER, event, GENERATION);
		run();
		leg_is_in(HF_CLOSE_WAIT);
		ck_assert_uint_eq(w.states.resynced, 1);
		ck_assert_mem_eq(&w.states.leg[HF_LEG_SERVER], &none,
				 sizeof(none));
		ck_assert_int_eq(conn()->leg[HF_LEG_SERVER].role, FSM_NO_ROLE);
		world_end();
	}
}
END_TEST

/* A client can make the kernel drop the segment that proved it. */
START_TEST(a_record_without_a_server_is_asked_about)
{
	struct hf_flow f = record_in(FSM_PASSIVE, HF_ESTABLISHED);

	f.life |= HF_LIFE_PENDING;
	opens_with(&f, HF_EV_RCV_ACK);
	w.find_error = -ENOENT;
	wait_ms(2 * SECOND - 1);
	ck_assert_ptr_nonnull(conn());
	wait_ms(1);
	ck_assert_ptr_null(conn());
	ck_assert(w.flow.life & HF_LIFE_DYING);
	world_end();
	opens_with(&f, HF_EV_RCV_ACK);
	wait_ms(2 * SECOND);
	ck_assert_ptr_nonnull(conn());
	ck_assert(!(w.flow.life & (HF_LIFE_DYING | HF_LIFE_PENDING)));
	world_end();
	opens_with(&f, HF_EV_ADOPTED); /* after a takeover, too */
	w.find_error = -ENOENT;
	wait_ms(2 * SECOND);
	ck_assert_ptr_null(conn());
	world_end();
	opens_with(&f, HF_EV_RCV_ACK); /* nothing can be learned */
	w.find_error = -EPERM;
	wait_ms(60 * SECOND);
	ck_assert_ptr_nonnull(conn());
	ck_assert(w.flow.life & HF_LIFE_PENDING);
	world_end();
}
END_TEST

/* As long as the kernel keeps a half-open one of its own. */
START_TEST(s70_a_record_waits_for_room_in_the_accept_queue)
{
	struct hf_flow f = record_in(FSM_PASSIVE, HF_ESTABLISHED);

	f.life |= HF_LIFE_PENDING;
	f.handoff = HF_HANDOFF_REQSK;
	f.dir[HF_DIR_OUT].fin_last_ms = HF_FLOW_MET_FULL;
	opens_with(&f, HF_EV_RCV_ACK);
	w.find_error = -ENOENT;
	wait_ms(63 * SECOND);
	ck_assert_ptr_nonnull(conn());
	ck_assert(!(w.flow.life & HF_LIFE_DYING));
	wait_ms(3 * SECOND);
	ck_assert_ptr_null(conn());
	world_end();
}
END_TEST

/* A splice that both peers see as open. */
static void both_open(void)
{
	struct hf_flow f = record_in(FSM_PASSIVE, HF_ESTABLISHED);

	f.handoff = HF_HANDOFF_SPLICE;
	f.created_ms = -(__u32)HOUR; /* long ago */
	opens_with(&f, HF_EV_ADOPTED);
	w.peer = (struct side){ f.dir[HF_DIR_IN].seq_hi,
				f.dir[HF_DIR_IN].ack_hi };
	w.host = (struct side){ f.dir[HF_DIR_OUT].seq_hi,
				f.dir[HF_DIR_OUT].ack_hi };
	for (int i = 0; i < HF_LEG_NR; i++) {
		ck_assert_int_eq(conn()->leg[i].state, HF_ESTABLISHED);
		ck_assert_ptr_nonnull(conn()->leg[i].timer.next);
		ck_assert_uint_eq(in_state(i, HF_ESTABLISHED), 1);
	}
	ck_assert_int_eq(conn()->leg[HF_LEG_SERVER].role, FSM_ACTIVE);
	ck_assert_int_eq(conn()->leg[HF_LEG_CLIENT].role, FSM_PASSIVE);
	ck_assert_uint_eq(w.states.created, 1);
}

/* Both FINs crossed, and all is over before its events are read. */
START_TEST(s48_a_short_splice_is_seen_in_each_state)
{
	static const struct {
		enum hf_leg leg;
		enum hf_event event;
	} events[] = {
		{ HF_LEG_CLIENT, HF_EV_RCV_ACK },
		{ HF_LEG_SERVER, HF_EV_SND_SYN },
		{ HF_LEG_SERVER, HF_EV_RCV_SYN_ACK },
		{ HF_LEG_CLIENT, HF_EV_SND_FIN },
		{ HF_LEG_SERVER, HF_EV_SND_FIN },
		{ HF_LEG_CLIENT, HF_EV_RCV_FIN },
		{ HF_LEG_SERVER, HF_EV_RCV_FIN },
		{ HF_LEG_CLIENT, HF_EV_RCV_ACK_OF_FIN },
		{ HF_LEG_SERVER, HF_EV_RCV_ACK_OF_FIN },
	};
	static const enum hf_state seen[] = { HF_ESTABLISHED, HF_FIN_WAIT_1,
					      HF_CLOSING, HF_TIME_WAIT };
	struct hf_flow f = record_in(FSM_PASSIVE, HF_TIME_WAIT);
	const struct hf_leg_states *s = w.states.leg;

	f.handoff = HF_HANDOFF_SPLICE;
	world_make(1000);
	w.flow = f;
	w.has_flow = true;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		report_of(events[i].leg, events[i].event, GENERATION);
	run();
	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++)
		for (int leg = 0; leg < HF_LEG_NR; leg++)
			ck_assert_uint_eq(s[leg].entered[seen[i]], 1);
	ck_assert_uint_eq(s[HF_LEG_SERVER].entered[HF_SYN_SENT], 1);
	ck_assert_uint_eq(w.states.resynced, 0);
	ck_assert_uint_eq(w.states.created, 1);
	for (int leg = 0; leg < HF_LEG_NR; leg++)
		ck_assert_uint_eq(in_state(leg, HF_TIME_WAIT), 1);
	world_end();
}
END_TEST

START_TEST(s45_each_leg_has_states_of_its_own)
{
	both_open();
	w.loses_events = true; /* which are the client's leg's */
	peer_sends(TCP_FIN, 0);
	host_sends(0, 0);
	w.loses_events = false;
	report_of(HF_LEG_CLIENT, HF_EV_RCV_FIN, GENERATION);
	run();
	ck_assert_uint_eq(in_state(HF_LEG_CLIENT, HF_CLOSE_WAIT), 1);
	ck_assert_uint_eq(in_state(HF_LEG_SERVER, HF_ESTABLISHED), 1);
	report_of(HF_LEG_SERVER, HF_EV_SND_FIN, GENERATION);
	report_of(HF_LEG_SERVER, HF_EV_RCV_ACK_OF_FIN, GENERATION);
	run();
	ck_assert_uint_eq(in_state(HF_LEG_CLIENT, HF_CLOSE_WAIT), 1);
	ck_assert_uint_eq(in_state(HF_LEG_SERVER, HF_FIN_WAIT_2), 1);
	ck_assert_uint_eq(taken(HF_ESTABLISHED, HF_EV_SND_FIN), 0);
	ck_assert_uint_eq(w.states.leg[HF_LEG_SERVER]
				  .taken[HF_ESTABLISHED][HF_EV_SND_FIN],
			  1);
	wait_ms(60 * SECOND); /* the record says the same */
	ck_assert_uint_eq(w.states.resynced, 0);
	ck_assert_uint_eq(in_state(HF_LEG_SERVER, HF_FIN_WAIT_2), 1);
	world_end();
}
END_TEST

START_TEST(s45_a_connection_ends_with_the_last_of_its_legs)
{
	for (int first = 0; first < HF_LEG_NR; first++) {
		both_open();
		conn_event(&w.conns, conn(), first, HF_EV_SND_RST, w.now_ms);
		ck_assert_ptr_nonnull(conn());
		ck_assert(!(w.flow.life & HF_LIFE_DYING));
		ck_assert_ptr_null(conn()->leg[first].timer.next);
		ck_assert_uint_eq(in_state(first, HF_ESTABLISHED), 0);
		ck_assert_uint_eq(in_state(!first, HF_ESTABLISHED), 1);
		conn_event(&w.conns, conn(), !first, HF_EV_RCV_RST, w.now_ms);
		ck_assert_ptr_null(conn());
		ck_assert(w.flow.life & HF_LIFE_DYING);
		ck_assert_uint_eq(in_state(!first, HF_ESTABLISHED), 0);
		world_end();
	}
}
END_TEST

/* No socket tells that its peers are gone: silence has to, in any state. */
static void left_by_both(uint64_t quiet_ms)
{
	both_open();
	w.config.service.timers.keepalive = false;
	for (int i = 0; i < HF_LEG_NR; i++)
		wait_idle(&w.conns, &conn()->leg[i], w.now_ms);
	wait_ms(quiet_ms - 11 * 60 * SECOND);
	ck_assert_ptr_nonnull(conn());
	wait_ms(22 * 60 * SECOND); /* looks are ten minutes apart */
	ck_assert_ptr_null(conn());
	ck_assert(w.flow.life & HF_LIFE_DYING || !w.has_flow);
	ck_assert_int_eq(w.nr_sent, 0);
	for (int i = 0; i < HF_LEG_NR; i++)
		ck_assert_uint_eq(in_state(i, HF_ESTABLISHED), 0);
	world_end();
}

START_TEST(a_splice_that_both_peers_left_ends)
{
	left_by_both(5 * 24 * 3600 * SECOND);
	both_open();
	peer_sends(TCP_FIN, 0);
	host_sends(TCP_FIN, 0); /* whose ACK never comes */
	wait_ms(4 * 60 * SECOND);
	ck_assert_ptr_nonnull(conn());
	wait_ms(12 * 60 * SECOND);
	ck_assert_ptr_null(conn());
	world_end();
}
END_TEST

/* The client's last segment was not seen: this host's socket tells, and one that is
 * behind this host is waited for. */
static void half_closed_for(bool has_socket, int find_error, uint64_t ms)
{
	both_open();
	w.splice_has_socket = has_socket;
	w.find_error = find_error;
	host_sends(TCP_FIN, 0);
	peer_sends(0, 0);
	ck_assert_uint_eq(in_state(HF_LEG_CLIENT, HF_FIN_WAIT_2), 1);
	ck_assert_uint_eq(in_state(HF_LEG_SERVER, HF_CLOSE_WAIT), 1);
	wait_ms(ms);
}

START_TEST(a_splice_whose_socket_is_gone_ends)
{
	half_closed_for(true, -ENOENT, 59 * SECOND);
	ck_assert_ptr_nonnull(conn());
	wait_ms(SECOND);
	ck_assert_ptr_null(conn());
	ck_assert(w.flow.life & HF_LIFE_DYING);
	world_end();
	half_closed_for(true, 0, 119 * 60 * SECOND); /* it is there */
	ck_assert_ptr_nonnull(conn());
	world_end();
	half_closed_for(true, -EPERM, 119 * 60 * SECOND);
	ck_assert_ptr_nonnull(conn());
	world_end();
	half_closed_for(false, -ENOENT, 119 * 60 * SECOND);
	ck_assert_ptr_nonnull(conn());
	ck_assert_uint_le(w.looks, 2 + 2 * 119 / 10);	/* of two legs */
	wait_ms(2 * 60 * SECOND);
	ck_assert_ptr_null(conn());
	world_end();
}
END_TEST

/* Without keepalive: one that speaks is looked at each ten minutes, as any other. */
START_TEST(a_busy_connection_is_seldom_looked_at)
{
	both_open();
	w.config.service.timers.keepalive = false;
	w.splice_has_socket = true;
	for (int i = 0; i < HF_LEG_NR; i++)
		wait_idle(&w.conns, &conn()->leg[i], w.now_ms);
	for (int i = 0; i < 120; i++) {
		wait_ms(30 * SECOND);
		peer_sends(0, 1);
		host_sends(0, 1);
	}
	ck_assert_ptr_nonnull(conn());
	ck_assert_uint_ge(w.looks, 2);
	ck_assert_uint_le(w.looks, HF_LEG_NR * 6);
	world_end();
}
END_TEST

static int nr_sent_of(enum sent_what what)
{
	int nr = 0;

	for (int i = 0; i < w.nr_sent; i++)
		nr += w.sent[i].what == what;
	return nr;
}

/* Each peer is probed for itself; when one is dead the other one learns it. */
START_TEST(s67_a_dead_peer_of_a_splice_ends_both_legs)
{
	both_open();
	wait_ms(7200 * SECOND);
	ck_assert_int_eq(nr_sent_of(SENT_PROBE), 1);
	ck_assert_int_eq(nr_sent_of(SENT_PROBE_SERVER), 1);
	host_sends(0, 0); /* the server answers, the client does not */
	wait_ms(750 * SECOND - 1);
	ck_assert_int_eq(nr_sent_of(SENT_PROBE), 10);
	ck_assert_int_eq(nr_sent_of(SENT_PROBE_SERVER), 1);
	ck_assert_ptr_nonnull(conn());
	wait_ms(1);
	ck_assert_ptr_null(conn());
	ck_assert_int_eq(nr_sent_of(SENT_RESET), 1);
	ck_assert_int_eq(nr_sent_of(SENT_RESET_SERVER), 1);
	ck_assert_int_eq(nr_sent_of(SENT_DESTROY), 0);
	ck_assert_uint_eq(w.notes[HF_CNT_PROBE_DEAD], 1);
	ck_assert_uint_eq(w.notes[HF_CNT_SPLICE_RESET], 0);
	ck_assert(w.flow.life & HF_LIFE_DYING);
	world_end();
}
END_TEST

/* The server of a splice has answered: how often is the client told until
 * somebody speaks? */
static void told(int times, uint64_t until_ms)
{
	w.nr_sent = 0;
	report_of(HF_LEG_SERVER, HF_EV_RCV_SYN_ACK, GENERATION);
	run();
	wait_ms(until_ms);
	ck_assert_int_eq(nr_sent_of(SENT_UPDATE), times);
}

static void server_pending(void)
{
	both_open();
	w.flow.dir[HF_DIR_IN].packets = 1;
	w.flow.dir[HF_DIR_OUT].packets = 0;
	leg_enter(&w.conns, &conn()->leg[HF_LEG_SERVER], HF_SYN_SENT, -1);
}

START_TEST(a_silent_client_of_a_splice_is_told_its_window_again)
{
	static const uint64_t at_ms[] = { 200, 1000, 3000 };

	server_pending();
	told(3, 60 * SECOND);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(w.sent[i].at_ms,
				  w.now_ms - 60 * SECOND + at_ms[i]);
	ck_assert_uint_eq(w.notes[HF_CNT_WINDOW_AGAIN], 3);
	ck_assert_int_eq(conn()->leg[HF_LEG_CLIENT].wait, LEG_WAIT_IDLE);
	world_end();
	server_pending();
	told(1, 500);
	w.flow.dir[HF_DIR_IN].packets++;
	wait_ms(60 * SECOND);
	ck_assert_int_eq(nr_sent_of(SENT_UPDATE), 1);
	world_end();
	server_pending();
	w.flow.dir[HF_DIR_OUT].packets++;
	told(0, 60 * SECOND);
	world_end();
}
END_TEST

/* A detach cannot leave them to themselves: nobody would translate. */
START_TEST(a_detach_resets_both_peers_of_a_splice)
{
	both_open();
	ck_assert_uint_eq(conns_spliced(&w.conns, 0), 1);
	ck_assert_uint_eq(conns_spliced(&w.conns, WORLD_IFINDEX), 1);
	ck_assert_uint_eq(conns_spliced(&w.conns, WORLD_IFINDEX + 1), 0);
	ck_assert_uint_eq(conns_reset_spliced(&w.conns, WORLD_IFINDEX + 1, true,
					      w.now_ms),
			  0);
	ck_assert_uint_eq(conns_reset_spliced(&w.conns, 0, false, w.now_ms), 1);
	ck_assert_ptr_nonnull(conn());
	ck_assert_uint_eq(w.notes[HF_CNT_SPLICE_RESET], 0);
	w.nr_sent = 0;
	ck_assert_uint_eq(conns_reset_spliced(&w.conns, 0, true, w.now_ms), 1);
	ck_assert_int_eq(w.nr_sent, 2);
	ck_assert_int_eq(w.sent[0].what, SENT_RESET);
	ck_assert_int_eq(w.sent[1].what, SENT_RESET_SERVER);
	ck_assert_uint_eq(w.notes[HF_CNT_SPLICE_RESET], 1);
	ck_assert_ptr_null(conn());
	ck_assert(w.flow.life & HF_LIFE_DYING);
	ck_assert_uint_eq(conns_spliced(&w.conns, 0), 0);
	for (int i = 0; i < HF_LEG_NR; i++)
		ck_assert_uint_eq(in_state(i, HF_ESTABLISHED), 0);
	world_end();
	world_in(FSM_PASSIVE, HF_ESTABLISHED); /* one leg: goes on alone */
	ck_assert_uint_eq(conns_reset_spliced(&w.conns, 0, true, w.now_ms), 0);
	ck_assert_int_eq(w.nr_sent, 0);
	world_end();
}
END_TEST

/* A daemon takes over: what began is in `entered` once, whoever saw it. */
START_TEST(s69_a_takeover_counts_each_flow_once)
{
	const __u64 *entered = w.states.leg[HF_LEG_CLIENT].entered;

	world_in(FSM_PASSIVE, HF_ESTABLISHED);
	ck_assert_uint_eq(entered[HF_ESTABLISHED], 1);
	for (int i = 0; i < 3; i++) {
		daemon_stop();
		daemon_start();
		counts_are(HF_ESTABLISHED);
		ck_assert_uint_eq(entered[HF_ESTABLISHED], 1);
	}
	daemon_stop();
	w.flow.life += 1ULL << 32; /* ended, and another one began */
	w.flows_created++;
	daemon_start();
	counts_are(HF_ESTABLISHED);
	ck_assert_uint_eq(entered[HF_ESTABLISHED], 2);
	ck_assert_uint_eq(w.states.created, 2);
	world_end();
}
END_TEST

/* Keepalive moves no state; see test_due.c for its times. */
START_TEST(s67_probes_leave_the_state_alone)
{
	static const enum hf_state open[] = { HF_ESTABLISHED, HF_CLOSE_WAIT };

	for (int i = 0; i < 2; i++) {
		world_in(FSM_PASSIVE, open[i]);
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
	  s45_a_late_hint_changes_nothing, s45_each_cell_for_each_role,
	  s45_each_state_waits_in_its_way,
	  s45_a_socket_that_is_gone_ends_the_record,
	  s45_a_leg_without_a_record_is_counted_no_more,
	  s17_simultaneous_open_goes_on,
	  s17_an_open_that_is_over_at_once_leaves_nothing,
	  s45_an_adopted_connection_is_as_its_record_says,
	  s45_an_ack_opens_from_listen, s45_an_ack_opens_a_half_open_one,
	  s45_rst_forgets_a_half_open_one,
	  s45_an_event_of_no_leg_or_no_name_is_ignored,
	  s45_a_new_record_takes_the_place_of_the_old_one,
	  s10_another_syn_begins_anew, s10_a_late_syn_changes_nothing,
	  s45_an_event_of_a_leg_that_is_not_there_asks_the_record,
	  s48_a_short_splice_is_seen_in_each_state,
	  s45_each_leg_has_states_of_its_own,
	  s45_a_connection_ends_with_the_last_of_its_legs,
	  a_record_without_a_server_is_asked_about,
	  s70_a_record_waits_for_room_in_the_accept_queue,
	  a_splice_that_both_peers_left_ends,
	  a_splice_whose_socket_is_gone_ends,
	  a_busy_connection_is_seldom_looked_at,
	  s67_a_dead_peer_of_a_splice_ends_both_legs,
	  a_silent_client_of_a_splice_is_told_its_window_again,
	  a_detach_resets_both_peers_of_a_splice,
	  s69_a_takeover_counts_each_flow_once,
	  s67_probes_leave_the_state_alone)
