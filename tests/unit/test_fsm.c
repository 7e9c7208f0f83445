// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The state machine: its table cell by cell, and the two ways to a state held
 * together: by the events that the data plane reports, and by the facts that it
 * writes. Two small TCPs talk over a line that loses and reorders; the data
 * plane's own code (bpf/flow/facts.bpf.h) watches at the server.
 */
#include "run.h"
#include "facts.h"
#include "lib/flow_state.h"
#include "lib/fsm.h"

#define ROUNDS		20000
#define STEPS		60
#define LINE_MAX_	16	/* segments on their way */

struct end {
	uint32_t snd_nxt, rcv_nxt, fin_seq;
	bool fin_sent, fin_acked, fin_got;
};

struct world {
	struct end client, server;
	struct packet line[LINE_MAX_];	/* from the client, not there yet */
	int on_line;
	struct packet back[LINE_MAX_];	/* from the server */
	int on_back;
	struct hf_flow flow;
	enum hf_state state[HF_LEG_NR];	/* by events */
	uint32_t now_ms;
};

/* One leg's events, and whether they lead where the facts do. */
static void watch_leg(struct world *w, enum hf_leg leg, uint32_t events)
{
	enum fsm_role role = leg == HF_LEG_SERVER ? FSM_ACTIVE : FSM_PASSIVE;
	enum hf_state *state = &w->state[leg];

	for (int ev = 0; ev < HF_EVENT_NR; ev++) {
		const struct fsm_cell *cell = &fsm_table[*state][ev][role];

		if (!(events & 1U << ev) || *state == HF_CLOSED)
			continue;
		ck_assert_msg(cell->action != FSM_FOLLOW,
			      "leg %d: %d in state %d", leg, ev, *state);
		*state = cell->next;
	}
	ck_assert_msg(*state == flow_state(&w->flow, leg),
		      "leg %d: by events %d, by facts %d", leg, *state,
		      flow_state(&w->flow, leg));
}

static bool is_over(const struct world *w)
{
	return w->state[HF_LEG_CLIENT] == HF_CLOSED &&
	       w->state[HF_LEG_SERVER] == HF_CLOSED;
}

static void watch(struct world *w, const struct packet *p, enum hf_direction d)
{
	struct flow_events events;

	if (is_over(w))		/* its legs are gone */
		return;
	if (!flow_add_facts(&w->flow, p, d, &events))
		return;
	for (int leg = 0; leg < HF_LEG_NR; leg++)
		if (flow_has_leg(&w->flow, leg))
			watch_leg(w, leg, events.leg[leg]);
		else
			ck_assert_uint_eq(events.leg[leg], 0);
}

static void put(struct packet *line, int *nr, const struct packet *p)
{
	if (*nr < LINE_MAX_)
		line[(*nr)++] = *p;
}

/* Any of those on the line; half of the time it is the oldest. */
static struct packet take(struct packet *line, int *nr)
{
	int at = rnd_below(2) ? 0 : rnd_below(*nr);
	struct packet p = line[at];

	memmove(line + at, line + at + 1, (--*nr - at) * sizeof(p));
	return p;
}

static struct packet segment(struct world *w, const struct end *e)
{
	return (struct packet){
		.seq = e->snd_nxt,
		.ack = e->rcv_nxt,
		.flags = TCP_ACK,
		.window = 60000,
		.now_ms = ++w->now_ms,
	};
}

/* New data, a FIN, the FIN again, or an ACK alone. */
static struct packet speak(struct world *w, struct end *e)
{
	struct packet p = segment(w, e);

	switch (rnd_below(5)) {
	case 0:
	case 1:
		if (e->fin_sent)
			break;
		p.payload = 1 + rnd_below(1000);
		e->snd_nxt += p.payload;
		break;
	case 2:
		if (!e->fin_sent)
			e->fin_seq = e->snd_nxt++;
		e->fin_sent = true;
		p.seq = e->fin_seq;
		p.flags |= TCP_FIN;
		break;
	}
	return p;
}

/* RFC 9293 3.10.7.4 as far as it matters: in order, or not at all. */
static void hear(struct end *e, const struct packet *p)
{
	if (e->fin_sent && (int32_t)(p->ack - e->fin_seq) > 0)
		e->fin_acked = true;
	if (p->seq != e->rcv_nxt)
		return;
	e->rcv_nxt += p->payload;
	if (p->flags & TCP_FIN) {
		e->rcv_nxt++;
		e->fin_got = true;
	}
}

static void server_speaks(struct world *w, const struct packet *p)
{
	watch(w, p, HF_DIR_OUT);
	if (rnd_below(4))
		put(w->back, &w->on_back, p);
}

static void step(struct world *w)
{
	struct packet p;

	switch (rnd_below(4)) {
	case 0:
		p = speak(w, &w->client);
		if (rnd_below(4))
			put(w->line, &w->on_line, &p);
		break;
	case 1:
		p = speak(w, &w->server);
		server_speaks(w, &p);
		break;
	case 2:
		if (!w->on_line)
			break;
		p = take(w->line, &w->on_line);
		watch(w, &p, HF_DIR_IN);
		hear(&w->server, &p);
		p = segment(w, &w->server);
		server_speaks(w, &p);
		break;
	case 3:
		if (!w->on_back)
			break;
		p = take(w->back, &w->on_back);
		hear(&w->client, &p);
		break;
	}
}

/* As ack_fill_flow() leaves it. */
static void open_passive(struct world *w)
{
	uint32_t irs = rnd32() | 0xffffff00, iss = rnd32();

	memset(w, 0, sizeof(*w));
	w->now_ms = rnd32();
	w->flow.irs = irs;
	w->flow.iss = iss;
	w->flow.snd_wscale = w->flow.rcv_wscale = HF_WSCALE_NONE;
	w->flow.dir[HF_DIR_IN] = (struct hf_flow_dir){
		.seq_hi = irs + 1,
		.ack_hi = iss + 1,
		.window = 60000,
		.flags = HF_DIR_SEEN | HF_DIR_SYN | HF_DIR_ACK,
	};
	w->flow.dir[HF_DIR_OUT] = (struct hf_flow_dir){
		.seq_hi = iss + 1,
		.ack_hi = irs + 1,
		.window = 60000,
		.flags = HF_DIR_SYN | HF_DIR_ACK,
	};
	w->client = (struct end){ .snd_nxt = irs + 1, .rcv_nxt = iss + 1 };
	w->server = (struct end){ .snd_nxt = iss + 1, .rcv_nxt = irs + 1 };
	w->state[HF_LEG_CLIENT] = HF_ESTABLISHED;
}

/* The same with a leg towards the server. */
static void open_splice(struct world *w)
{
	open_passive(w);
	w->flow.handoff = HF_HANDOFF_SPLICE;
	w->state[HF_LEG_SERVER] = HF_ESTABLISHED;
}

static void walk(void (*open)(struct world *), int legs)
{
	bool seen[HF_LEG_NR][HF_STATE_NR] = {};
	struct world w;

	rnd_seed(9293);
	for (int round = 0; round < ROUNDS; round++) {
		open(&w);
		for (int i = 0; i < STEPS && !is_over(&w); i++) {
			step(&w);
			for (int leg = 0; leg < legs; leg++)
				seen[leg][w.state[leg]] = true;
		}
	}
	for (int leg = 0; leg < legs; leg++) {
		for (int s = HF_ESTABLISHED; s < HF_STATE_NR; s++)
			ck_assert_msg(seen[leg][s], "%d was never reached", s);
		ck_assert(seen[leg][HF_CLOSED]);
	}
}

START_TEST(s45_events_and_facts_lead_to_the_same_state)
{
	walk(open_passive, 1);
	walk(open_splice, HF_LEG_NR);
}
END_TEST

/* Of a passive and an active open alike, or of one of them. */
struct arrow {
	enum hf_state from;
	enum hf_event event;
	enum hf_state to;
	enum fsm_role only;
};

/* What RFC 9293 3.3.2 figure 5 draws; LISTEN to ESTABLISHED by a cookie. */
static const struct arrow figure[] = {
	{ HF_CLOSED, HF_EV_SND_SYN, HF_SYN_SENT },
	{ HF_LISTEN, HF_EV_RCV_SYN, HF_SYN_RECEIVED },
	{ HF_LISTEN, HF_EV_SND_SYN, HF_SYN_SENT },
	{ HF_LISTEN, HF_EV_RCV_ACK, HF_ESTABLISHED },
	{ HF_SYN_SENT, HF_EV_RCV_SYN, HF_SYN_RECEIVED },
	{ HF_SYN_SENT, HF_EV_RCV_SYN_ACK, HF_ESTABLISHED },
	{ HF_SYN_RECEIVED, HF_EV_RCV_ACK, HF_ESTABLISHED },
	{ HF_SYN_RECEIVED, HF_EV_RCV_RST, HF_LISTEN, FSM_PASSIVE },
	{ HF_SYN_RECEIVED, HF_EV_GIVE_UP, HF_LISTEN, FSM_PASSIVE },
	{ HF_ESTABLISHED, HF_EV_SND_FIN, HF_FIN_WAIT_1 },
	{ HF_ESTABLISHED, HF_EV_RCV_FIN, HF_CLOSE_WAIT },
	{ HF_FIN_WAIT_1, HF_EV_RCV_ACK_OF_FIN, HF_FIN_WAIT_2 },
	{ HF_FIN_WAIT_1, HF_EV_RCV_FIN, HF_CLOSING },
	{ HF_FIN_WAIT_1, HF_EV_RCV_FIN_ACK, HF_TIME_WAIT },
	{ HF_FIN_WAIT_2, HF_EV_RCV_FIN, HF_TIME_WAIT },
	{ HF_CLOSE_WAIT, HF_EV_SND_FIN, HF_LAST_ACK },
	{ HF_CLOSING, HF_EV_RCV_ACK_OF_FIN, HF_TIME_WAIT },
	{ HF_LAST_ACK, HF_EV_RCV_ACK_OF_FIN, HF_CLOSED },
	{ HF_TIME_WAIT, HF_EV_MSL2, HF_CLOSED },
};

/* What RFC 9293 3.10.7 says besides, and what timers and the kernel do. */
#define ENDINGS_OF(state) \
	{ state, HF_EV_RCV_RST, HF_CLOSED }, \
	{ state, HF_EV_SND_RST, HF_CLOSED }, \
	{ state, HF_EV_GONE, HF_CLOSED }

static const struct arrow besides[] = {
	{ HF_CLOSED, HF_EV_ADOPTED, HF_CLOSED },
	{ HF_SYN_SENT, HF_EV_REPEAT, HF_SYN_SENT, FSM_ACTIVE },
	{ HF_SYN_SENT, HF_EV_GIVE_UP, HF_CLOSED, FSM_ACTIVE },
	{ HF_SYN_RECEIVED, HF_EV_RCV_SYN, HF_SYN_RECEIVED, FSM_PASSIVE },
	{ HF_SYN_RECEIVED, HF_EV_REPEAT, HF_SYN_RECEIVED, FSM_PASSIVE },
	{ HF_SYN_RECEIVED, HF_EV_RCV_RST, HF_CLOSED, FSM_ACTIVE },
	{ HF_SYN_RECEIVED, HF_EV_SND_RST, HF_CLOSED, FSM_ACTIVE },
	{ HF_SYN_RECEIVED, HF_EV_GONE, HF_CLOSED, FSM_ACTIVE },
	{ HF_ESTABLISHED, HF_EV_RCV_FIN_AGAIN, HF_ESTABLISHED },
	{ HF_ESTABLISHED, HF_EV_IDLE, HF_ESTABLISHED },
	{ HF_ESTABLISHED, HF_EV_DEAD, HF_ESTABLISHED },
	{ HF_CLOSE_WAIT, HF_EV_RCV_FIN_AGAIN, HF_CLOSE_WAIT },
	{ HF_CLOSE_WAIT, HF_EV_IDLE, HF_CLOSE_WAIT },
	{ HF_CLOSE_WAIT, HF_EV_DEAD, HF_CLOSE_WAIT },
	{ HF_TIME_WAIT, HF_EV_RCV_FIN_AGAIN, HF_TIME_WAIT },
	{ HF_TIME_WAIT, HF_EV_RCV_RST, HF_TIME_WAIT },
	{ HF_TIME_WAIT, HF_EV_SND_RST, HF_TIME_WAIT },
	{ HF_TIME_WAIT, HF_EV_GONE, HF_CLOSED },
	ENDINGS_OF(HF_SYN_SENT),
	ENDINGS_OF(HF_ESTABLISHED),
	ENDINGS_OF(HF_FIN_WAIT_1),
	ENDINGS_OF(HF_FIN_WAIT_2),
	ENDINGS_OF(HF_CLOSE_WAIT),
	ENDINGS_OF(HF_CLOSING),
	ENDINGS_OF(HF_LAST_ACK),
};

/* The arrows are in the table and are shown; `drawn` notes where they are. */
static void draw(const struct arrow *arrow, size_t nr,
		 bool drawn[HF_STATE_NR][HF_EVENT_NR][FSM_ROLE_NR])
{
	for (const struct arrow *a = arrow; a < arrow + nr; a++) {
		for (int r = FSM_PASSIVE; r <= FSM_ACTIVE; r++) {
			const struct fsm_cell *cell;

			if (a->only && r != (int)a->only)
				continue;
			cell = fsm_arrow(a->from, a->event, r);
			ck_assert_msg(cell && cell->next == a->to, "arrow %zu",
				      (size_t)(a - arrow));
			ck_assert(fsm_is_arrow(a->from, a->event));
			drawn[a->from][a->event][r] = true;
		}
	}
}

START_TEST(s45_arrows_of_the_figure_and_no_others)
{
	bool drawn[HF_STATE_NR][HF_EVENT_NR][FSM_ROLE_NR] = {};

	draw(figure, sizeof(figure) / sizeof(figure[0]), drawn);
	draw(besides, sizeof(besides) / sizeof(besides[0]), drawn);
	for (int s = 0; s < HF_STATE_NR; s++)
		for (int e = 0; e < HF_EVENT_NR; e++)
			for (int r = 0; r < FSM_ROLE_NR; r++)
				ck_assert_msg(!!fsm_arrow(s, e, r) ==
						      drawn[s][e][r],
					      "%d in state %d, role %d", e, s,
					      r);
}
END_TEST

/* What a cell says beside an action that enters no state is not read. */
START_TEST(a_cell_that_is_not_filled_follows_the_record)
{
	static const struct fsm_cell empty;

	ck_assert_int_eq(empty.action, FSM_FOLLOW);
	for (int s = 0; s < HF_STATE_NR; s++) {
		for (int e = 0; e < HF_EVENT_NR; e++) {
			for (int r = 0; r < FSM_ROLE_NR; r++) {
				const struct fsm_cell *cell =
					&fsm_table[s][e][r];

				if (cell->action == FSM_FOLLOW || !r)
					ck_assert_mem_eq(cell, &empty,
							 sizeof(empty));
			}
		}
	}
}
END_TEST

static void ends_if_closed(const struct fsm_cell *cell)
{
	if (cell->action != FSM_FOLLOW)
		ck_assert_int_eq(cell->action == FSM_END ||
					 cell->action == FSM_ABORT,
				 cell->next == HF_CLOSED);
}

START_TEST(what_leads_to_closed_ends_the_record)
{
	for (int s = HF_SYN_SENT; s < HF_STATE_NR; s++)
		for (int e = 0; e < HF_EVENT_NR; e++)
			for (int r = 0; r < FSM_ROLE_NR; r++)
				ends_if_closed(&fsm_table[s][e][r]);
}
END_TEST

/* RFC 1337: not even an exact RST ends TIME_WAIT. */
START_TEST(s61_rst_in_time_wait_is_ignored)
{
	struct packet p = { .flags = TCP_RST };
	struct world w;

	open_passive(&w);
	p = segment(&w, &w.server);
	p.flags |= TCP_FIN;
	watch(&w, &p, HF_DIR_OUT);
	w.server.snd_nxt++;
	w.client.rcv_nxt++;
	p = segment(&w, &w.client);
	p.flags |= TCP_FIN;
	watch(&w, &p, HF_DIR_IN);
	ck_assert_int_eq(w.state[HF_LEG_CLIENT], HF_FIN_WAIT_1);
	w.client.snd_nxt++;
	w.server.rcv_nxt++;
	p = segment(&w, &w.server);
	watch(&w, &p, HF_DIR_OUT);
	ck_assert_int_eq(w.state[HF_LEG_CLIENT], HF_TIME_WAIT);
	p = segment(&w, &w.client);
	p.flags = TCP_RST;
	watch(&w, &p, HF_DIR_IN);
	ck_assert_int_eq(w.state[HF_LEG_CLIENT], HF_TIME_WAIT);
}
END_TEST

TEST_MAIN("fsm", s45_events_and_facts_lead_to_the_same_state,
	  s45_arrows_of_the_figure_and_no_others,
	  a_cell_that_is_not_filled_follows_the_record,
	  what_leads_to_closed_ends_the_record, s61_rst_in_time_wait_is_ignored)
