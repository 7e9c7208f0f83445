// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The connection state machine at work.
 *
 * conn_event() is the one door. Whatever happened is an event of a leg: it
 * passed (the ring buffer), it did not (timers), or the kernel ended a socket
 * without a packet. user/lib/fsm.c has a cell for each state, event and role;
 * nothing here overrules it. leg_enter() writes the state, act() does what the
 * cell says besides, and what that needs of the outside is struct conn_ops.
 *
 * The ring is bounded, so its events are hints. Where one does not fit the
 * leg's state its cell is FSM_FOLLOW: the record has all the facts, and every
 * leg of the connection becomes what it says. A sweep (sweep.c) has the record
 * and needs no event: it calls what FSM_FOLLOW calls. A connection that the
 * daemon has and the maps have not is dropped.
 *
 * A connection may end without a packet: the kernel gave up, or an orphan's
 * FIN_WAIT_2 timed out (tcp_fin_timeout). So legs that are silent for long are
 * looked up by sock_diag, a few a second. If that is refused nothing is
 * learned, and nothing else breaks.
 *
 * TIME_WAIT: when 2 MSL are over, the kernel's own TIME_WAIT is ended as well
 * if it is still there (its timer is coarse, or msl_s is shorter than the
 * kernel's 30 s); otherwise its socket would answer in place of a new
 * connection.
 */
#include <errno.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/flow_state.h"
#include "lib/log.h"
#include "lib/phase.h"
#include "machine.h"
#include "wait.h"

/* The record ends, and the connection with it: if they are still one. */
static void conn_end(struct conns *cs, struct conn *c, uint64_t now_ms)
{
	struct hf_flow f;

	for (int i = 0; i < 3; i++) { /* `life` may change beneath us */
		if (!conn_read_flow(cs, c, &f) ||
		    reaper_mark(&cs->reaper, &c->tuple, f.life, now_ms))
			break;
	}
	conn_free(cs, c);
}

static bool is_flood(const struct conns *cs, uint64_t now_ms)
{
	struct hf_phase ph;

	return cs->ops->read_phase(cs->world, &ph) &&
	       flood_is_on(&ph.flood, now_ms);
}

/* A repeated SYN does not put off the next SYN-ACK. */
static void act_await_ack(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	if (!leg->timer.next)
		wait_syn_ack(cs, leg, now_ms);
}

/*
 * The SYN-ACK once more. Under flood, and beyond reflect_rate, it is left out:
 * the client's own SYN does it then.
 */
static void act_repeat(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	struct conn *c = leg_conn(leg);
	struct hf_half_open h;

	if (!conn_read_half_open(cs, c, &h)) {
		conn_follow(cs, c, now_ms);
		return;
	}
	if (!is_flood(cs, now_ms) &&
	    budget_take(&cs->repeats, cs->config->reflect_rate, leg->tries,
			&c->tuple) &&
	    !cs->ops->repeat_syn_ack(cs->world, &h)) {
		cs->ops->note(cs->world, c->service, HF_CNT_SYN_ACK_AGAIN);
	}
	leg->tries++;
	wait_syn_ack(cs, leg, now_ms);
}

/* The server is silent: the client's SYN once more. */
static void act_repeat_syn(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	struct conn *c = leg_conn(leg);
	struct hf_flow f;

	if (!conn_read_flow(cs, c, &f)) {
		conn_follow(cs, c, now_ms);
		return;
	}
	if (!leg->tries)
		reaper_unanswered(&cs->reaper, &c->tuple, f.life);
	if (!cs->ops->send_spliced(cs->world, SEGMENT_SYN, &c->tuple, &f,
				   now_ms))
		cs->ops->note(cs->world, c->service, HF_CNT_SYN_AGAIN);
	leg->tries++;
	wait_syn(cs, leg, now_ms);
}

/* It stays silent: the client believes to be connected, and learns by a RST. */
static void act_abort(struct conns *cs, struct conn *c, uint64_t now_ms)
{
	struct hf_flow f;

	if (conn_read_flow(cs, c, &f) &&
	    !cs->ops->send_spliced(cs->world, SEGMENT_RESET_CLIENT, &c->tuple,
				   &f, now_ms))
		cs->ops->note(cs->world, c->service, HF_CNT_SERVER_SILENT);
	conn_end(cs, c, now_ms);
}

void conn_reset(struct conns *cs, struct conn *c, bool end, uint64_t now_ms)
{
	struct hf_flow f;

	if (conn_read_flow(cs, c, &f)) {
		cs->ops->send_spliced(cs->world, SEGMENT_RESET_CLIENT,
				      &c->tuple, &f, now_ms);
		cs->ops->send_spliced(cs->world, SEGMENT_RESET_SERVER,
				      &c->tuple, &f, now_ms);
		if (end)
			cs->ops->note(cs->world, c->service,
				      HF_CNT_SPLICE_RESET);
	}
	if (end)
		conn_end(cs, c, now_ms);
}

static void act_forget(struct conns *cs, struct conn *c)
{
	struct hf_half_open h;

	if (conn_read_half_open(cs, c, &h))
		reaper_forget(&cs->reaper, &c->tuple, &h);
	conn_free(cs, c);
}

/* To whom the leg speaks: a peer of a splice, or the client. */
static int send_probe(struct conns *cs, struct leg *leg,
		      const struct hf_flow *f, uint64_t now_ms)
{
	const struct hf_tuple *t = &leg_conn(leg)->tuple;

	if (!conn_is_spliced(leg_conn(leg)))
		return cs->ops->send_probe(cs->world, t, f, now_ms);
	return cs->ops->send_spliced(cs->world,
				     leg->which == HF_LEG_CLIENT
					     ? SEGMENT_PROBE_CLIENT
					     : SEGMENT_PROBE_SERVER,
				     t, f, now_ms);
}

static void act_probe(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	struct conn *c = leg_conn(leg);
	struct hf_flow f;

	if (!conn_read_flow(cs, c, &f)) {
		conn_follow(cs, c, now_ms);
		return;
	}
	if (!leg->tries)
		leg->heard_ms = f.dir[flow_dir_in(leg->which)].last_ms;
	if (!send_probe(cs, leg, &f, now_ms))
		cs->ops->note(cs->world, c->service, HF_CNT_PROBE_SENT);
	leg->tries++;
	wait_probe(cs, leg, now_ms);
}

/*
 * Its program shall see an error; the RST that follows ends the record. Both
 * sides of a splice get one: the survivor knows, and the dead one may come back.
 */
static void act_destroy(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	struct conn *c = leg_conn(leg);
	struct socket_info info;
	int err;

	if (conn_is_spliced(c)) {
		cs->ops->note(cs->world, c->service, HF_CNT_PROBE_DEAD);
		conn_reset(cs, c, false, now_ms);
		conn_end(cs, c, now_ms);
		return;
	}
	err = cs->ops->find_socket(cs->world, &c->tuple, &info);
	if (!err)
		err = cs->ops->destroy_socket(cs->world, &c->tuple, &info);
	if (!err)
		cs->ops->note(cs->world, c->service, HF_CNT_PROBE_DEAD);
	else if (err != -ENOENT)
		log_error("keepalive: a dead connection cannot be ended: %s",
			  strerror(-err));
	wait_check(cs, leg, now_ms);
}

/*
 * A client that proved itself says nothing of the server's side, whose leg waits
 * to be known: it has no other timer then. The server's SYN-ACK opens the window
 * of a client that may be waiting.
 */
static void act_opened(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	struct leg *client = &leg_conn(leg)->leg[HF_LEG_CLIENT];
	struct leg *server = &leg_conn(leg)->leg[HF_LEG_SERVER];

	wait_idle(cs, leg, now_ms);
	if (leg == client && !conn_is_spliced(leg_conn(leg)))
		wait_server(cs, server, now_ms);
	if (leg->which == HF_LEG_SERVER && client->state == HF_ESTABLISHED)
		wait_update(cs, client, now_ms);
}

/* The record ends with the last of its legs. */
static void act_end(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	timer_stop(&leg->timer);
	if (!conn_is_open(leg_conn(leg)))
		conn_end(cs, leg_conn(leg), now_ms);
}

static void act(struct conns *cs, struct leg *leg, enum fsm_action action,
		uint64_t now_ms)
{
	switch (action) {
	case FSM_FOLLOW:
	case FSM_ADOPT: conn_follow(cs, leg_conn(leg), now_ms); break;
	case FSM_NONE: wait_by_state(cs, leg, now_ms); break;
	case FSM_AWAIT_ACK: act_await_ack(cs, leg, now_ms); break;
	case FSM_REPEAT: act_repeat(cs, leg, now_ms); break;
	case FSM_REPEAT_SYN: act_repeat_syn(cs, leg, now_ms); break;
	case FSM_ABORT: act_abort(cs, leg_conn(leg), now_ms); break;
	case FSM_FORGET: act_forget(cs, leg_conn(leg)); break;
	case FSM_OPENED: act_opened(cs, leg, now_ms); break;
	case FSM_WAIT_2MSL: wait_2msl(cs, leg, now_ms); break;
	case FSM_PROBE: act_probe(cs, leg, now_ms); break;
	case FSM_DESTROY: act_destroy(cs, leg, now_ms); break;
	case FSM_END: act_end(cs, leg, now_ms); break;
	case FSM_ACTION_NR: break;
	}
}

void conn_event(struct conns *cs, struct conn *c, enum hf_leg which,
		enum hf_event event, uint64_t now_ms)
{
	struct leg *leg = &c->leg[which];
	const struct fsm_cell *cell;

	if (event == HF_EV_SND_SYN && leg->role == FSM_NO_ROLE)
		leg->role = FSM_ACTIVE;		/* a leg begins with its SYN */
	cell = &fsm_table[leg->state][event][leg->role];
	if (cell->action != FSM_FOLLOW)
		leg_enter(cs, leg, cell->next, event);
	act(cs, leg, cell->action, now_ms);
}

static enum fsm_role role_of(const struct hf_flow *f, enum hf_leg which)
{
	return which == HF_LEG_SERVER ||
			       f->dir[HF_DIR_OUT].flags & HF_DIR_ACTIVE
		       ? FSM_ACTIVE
		       : FSM_PASSIVE;
}

#define OPENED_LATELY_MS 5000

/* Is its server unknown, or did it answer in the moment in which its leg became
 * known? */
static bool has_just_opened(const struct leg *leg, const struct hf_flow *f,
			    uint64_t now_ms)
{
	if (leg->which == HF_LEG_CLIENT)
		return leg->state == HF_ESTABLISHED &&
		       f->life & HF_LIFE_PENDING;
	return leg->which == HF_LEG_SERVER && leg->state == HF_ESTABLISHED &&
	       clock_age_ms(f->created_ms, now_ms) < OPENED_LATELY_MS;
}

/* A leg that is where its record says, and waits, goes on waiting. */
static void follow_leg(struct conns *cs, struct leg *leg,
		       const struct hf_flow *f, uint64_t now_ms)
{
	const struct hf_flow_dir *in = &f->dir[flow_dir_in(leg->which)];
	enum hf_state state = flow_state(f, leg->which);
	enum fsm_role role = role_of(f, leg->which);

	if (leg->state == state && leg->role == role && leg->timer.next)
		return;
	leg->role = role;
	leg_enter(cs, leg, state, -1);
	if (state == HF_SYN_SENT && leg->which == HF_LEG_SERVER)
		wait_syn_since(cs, leg, clock_age_ms(f->created_ms, now_ms),
			       now_ms);
	else if (state == HF_TIME_WAIT)
		wait_2msl_since(cs, leg, clock_age_ms(in->fin_last_ms, now_ms),
				now_ms);
	else if (has_just_opened(leg, f, now_ms))
		act_opened(cs, leg, now_ms);
	else
		wait_by_state(cs, leg, now_ms);
}

void conn_follow_flow(struct conns *cs, struct conn *c, const struct hf_flow *f,
		      uint64_t now_ms)
{
	/* A handshake whose event was lost, or is yet to come. */
	cs->states->created += conn_is_half_open(c) && !cs->quiet;
	c->epoch = cs->epoch;
	c->service = f->service;
	if (c->id != flow_id(f))
		conn_renew(c, flow_id(f));
	for (int i = 0; i < HF_LEG_NR; i++)
		if (flow_has_leg(f, i))
			follow_leg(cs, &c->leg[i], f, now_ms);
	if (!conn_is_open(c))
		conn_end(cs, c, now_ms);
}

void conn_follow_half_open(struct conns *cs, struct conn *c,
			   const struct hf_half_open *h, uint64_t now_ms)
{
	struct leg *leg = &c->leg[HF_LEG_CLIENT];

	c->epoch = cs->epoch;
	if (c->id == h->irs && conn_is_half_open(c))
		return;
	conn_renew(c, h->irs);
	c->service = h->service;
	leg->role = FSM_PASSIVE;
	leg_enter(cs, leg, HF_SYN_RECEIVED, -1);
	wait_syn_ack_since(cs, leg, clock_age_ms(h->made_ms, now_ms), now_ms);
}

void conn_follow(struct conns *cs, struct conn *c, uint64_t now_ms)
{
	struct hf_half_open h;
	struct hf_flow f;

	if (conns_read_flow(cs, &c->tuple, &f))
		conn_follow_flow(cs, c, &f, now_ms);
	else if (!conn_is_half_open(c) ||
		 !conns_read_half_open(cs, &c->tuple, &h))
		conn_free(cs, c);
}
