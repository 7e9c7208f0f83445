// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The connection state machine at work.
 *
 * Events come from three sides: the ring buffer (what passed), timers (what did
 * not), and the kernel's sockets (what ended without a packet). Each goes
 * through the table of user/lib/fsm.c; leg_enter() writes the state.
 *
 * The ring is bounded, so its events are hints. Where one does not fit the
 * leg's state, or the data plane says that some were lost, the records decide:
 * a sweep sets every leg to what its facts say. It costs 0.3 s for a million
 * flows, so it runs at takeover, after a loss (not more than a tenth of the
 * time), and once in a while. A leg that the daemon has and the table has not
 * is dropped.
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

#include "lib/flow_state.h"
#include "leg.h"
#include "lib/log.h"
#include "machine.h"

/* The record ends, and the leg with it; both only if they are still one. */
static void leg_end(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	struct hf_flow f;

	for (int i = 0; i < 3; i++) { /* `life` may change beneath us */
		if (!leg_read_flow(l, &leg->tuple, &f) ||
		    f.life >> 32 != leg->id ||
		    reaper_end(&l->reaper, &leg->tuple, f.life, now_ms))
			break;
	}
	leg_free(l, leg);
}

/* Something was missed: the records decide. */
void machine_look(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	struct hf_half_open h;
	struct hf_flow f;

	if (leg_read_flow(l, &leg->tuple, &f))
		machine_follow(l, leg, &f, now_ms);
	else if (!leg_is_half_open(leg) || !leg_read_half(l, &leg->tuple, &h))
		leg_free(l, leg);
}

static bool is_flood(const struct legs *l, uint64_t now_ms)
{
	struct hf_phase ph;

	return l->ops->read_phase(l->world, &ph) && ph.flood &&
	       (__s32)(ph.flood_until_ms - (__u32)now_ms) > 0;
}

/*
 * The SYN-ACK once more. Under flood, and beyond reflect_rate, it is left out:
 * the client's own SYN does it then.
 */
static void leg_repeat(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	struct hf_half_open h;

	if (!leg_read_half(l, &leg->tuple, &h) || h.irs != leg->id) {
		machine_look(l, leg, now_ms);
		return;
	}
	if (l->repeats < l->config->reflect_rate && !is_flood(l, now_ms) &&
	    !l->ops->repeat_syn_ack(l->world, &h)) {
		l->repeats++;
		l->ops->note(l->world, leg->service, HF_CNT_SYN_ACK_AGAIN);
	}
	leg->tries++;
	leg_wait_syn_ack(l, leg, now_ms);
}

static void leg_forget(struct legs *l, struct leg *leg)
{
	struct hf_half_open h;

	if (leg_read_half(l, &leg->tuple, &h) && h.irs == leg->id)
		reaper_forget(&l->reaper, &leg->tuple, &h);
	leg_free(l, leg);
}

static void leg_probe(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	struct hf_flow f;

	if (!leg_read_flow(l, &leg->tuple, &f) || f.life >> 32 != leg->id) {
		machine_look(l, leg, now_ms);
		return;
	}
	if (!leg->tries)
		leg->heard_ms = f.dir[HF_DIR_IN].last_ms;
	if (!l->ops->send_probe(l->world, &leg->tuple, &f, now_ms))
		l->ops->note(l->world, leg->service, HF_CNT_PROBE_SENT);
	leg->tries++;
	leg_wait(l, leg, LEG_WAIT_PROBE, now_ms,
		 leg_timers(l, leg)->tcp_keepalive_intvl_ms);
}

/* Its program shall see an error; the RST that follows ends the record. */
static void leg_destroy(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	struct socket_info info;
	int err = l->ops->find_socket(l->world, &leg->tuple, &info);

	if (!err)
		err = l->ops->destroy_socket(l->world, &leg->tuple, &info);
	if (!err)
		l->ops->note(l->world, leg->service, HF_CNT_PROBE_DEAD);
	else if (err != -ENOENT)
		log_error("keepalive: a dead connection cannot be ended: %s",
			  strerror(-err));
	leg_wait_check(l, leg, now_ms);
}

static void leg_act(struct legs *l, struct leg *leg, enum fsm_action action,
		    uint64_t now_ms)
{
	switch (action) {
	case FSM_NONE: leg_rest(l, leg, now_ms); break;
	case FSM_OPENED: leg_wait_idle(l, leg, now_ms); break;
	case FSM_WAIT_2MSL: leg_wait_2msl(l, leg, now_ms); break;
	case FSM_LOOK: machine_look(l, leg, now_ms); break;
	case FSM_REPEAT: leg_repeat(l, leg, now_ms); break;
	case FSM_FORGET: leg_forget(l, leg); break;
	case FSM_PROBE: leg_probe(l, leg, now_ms); break;
	case FSM_DESTROY: leg_destroy(l, leg, now_ms); break;
	case FSM_END: leg_end(l, leg, now_ms); break;
	case FSM_ACTION_NR: break;
	}
}

/*
 * SYN_RECEIVED is a passive open's in the table. After a simultaneous open it
 * ends as the active open that it was: in CLOSED, with its record (RFC 9293
 * 3.10.7.4).
 */
static const struct fsm_cell *cell_for(const struct leg *leg,
				       enum hf_event event)
{
	bool ends = event == HF_EV_RCV_RST || event == HF_EV_SND_RST ||
		    event == HF_EV_GONE;

	if (leg->state == HF_SYN_RECEIVED && ends && !leg_is_half_open(leg))
		return &fsm_table[HF_SYN_SENT][event];
	return &fsm_table[leg->state][event];
}

/* The leg may be gone afterwards. */
void machine_event(struct legs *l, struct leg *leg, enum hf_event event,
		   uint64_t now_ms)
{
	const struct fsm_cell *cell = cell_for(leg, event);

	if (cell->action != FSM_LOOK)
		leg_enter(l, leg, cell->next, event);
	leg_act(l, leg, cell->action, now_ms);
}

void machine_follow(struct legs *l, struct leg *leg, const struct hf_flow *f,
		    uint64_t now_ms)
{
	enum hf_state state = flow_state(f, HF_LEG_CLIENT);

	leg->epoch = l->epoch;
	leg->service = f->service;
	if (leg->id == f->life >> 32 && leg->state == state &&
	    state != HF_CLOSED)
		return;
	leg->id = f->life >> 32;
	leg_enter(l, leg, state, -1);
	if (state == HF_CLOSED)
		leg_end(l, leg, now_ms);
	else if (state == HF_TIME_WAIT)
		leg_wait_rest(l, leg, LEG_WAIT_2MSL, now_ms,
			      2ULL * leg_timers(l, leg)->msl_ms,
			      leg_age_ms(f->dir[HF_DIR_IN].fin_last_ms,
					 now_ms));
	else
		leg_rest(l, leg, now_ms);
}

void machine_follow_half(struct legs *l, struct leg *leg,
			 const struct hf_half_open *h, uint64_t now_ms)
{
	__u32 age = leg_age_ms(h->made_ms, now_ms);

	leg->epoch = l->epoch;
	if (leg->id == h->irs && leg_is_half_open(leg))
		return;
	leg->id = h->irs;
	leg->service = h->service;
	leg_enter(l, leg, HF_SYN_RECEIVED, -1);
	leg->tries = leg_syn_ack_tries(age);
	leg_wait_rest(l, leg, LEG_WAIT_SYN_ACK, now_ms,
		      (uint64_t)LEG_SYN_ACK_RTO_MS << leg->tries,
		      age - ((1U << leg->tries) - 1) * LEG_SYN_ACK_RTO_MS);
}

/* A new record, perhaps on a tuple that had one; its leg begins anew. */
static struct leg *leg_begin(struct legs *l, struct leg *leg,
			     const struct hf_event_rec *rec)
{
	bool active = rec->event == HF_EV_SND_SYN ||
		      rec->event == HF_EV_ADOPTED;

	if (leg && !leg_is_half_open(leg) && leg->id != rec->generation) {
		leg_free(l, leg);
		leg = NULL;
	}
	if (!leg)
		leg = leg_new(l, &rec->tuple, active ? HF_CLOSED : HF_LISTEN);
	if (!leg)
		return NULL;
	leg->id = rec->generation;
	leg->service = rec->service;
	l->states->created++;
	return leg;
}

/* A SYN was remembered: a new half-open leg, or the same one again. */
static void on_half_open(struct legs *l, struct leg *leg,
			 const struct hf_event_rec *rec, uint64_t now_ms)
{
	if (leg && !leg_is_half_open(leg)) {
		machine_look(l, leg, now_ms); /* is over, or it was not one */
		leg = *leg_place(l, &rec->tuple);
		if (leg)
			return;
	}
	if (leg && leg->id == rec->generation) {
		l->states->leg[HF_LEG_CLIENT]
			.taken[HF_SYN_RECEIVED][HF_EV_RCV_SYN]++;
		return; /* its timer goes on */
	}
	if (!leg)
		leg = leg_new(l, &rec->tuple, HF_LISTEN);
	if (!leg)
		return;
	leg->id = rec->generation;
	leg->service = rec->service;
	leg->tries = 0;
	leg_enter(l, leg, HF_SYN_RECEIVED, HF_EV_RCV_SYN);
	leg_wait_syn_ack(l, leg, now_ms);
}

void machine_take(struct legs *l, const struct hf_event_rec *rec,
		  uint64_t now_ms)
{
	struct leg *leg = *leg_place(l, &rec->tuple);
	struct hf_flow f;

	if (rec->event >= HF_EVENT_NR)
		return;
	if (rec->event == HF_EV_RCV_SYN &&
	    !(leg && leg->state == HF_SYN_SENT && leg->id == rec->generation)) {
		on_half_open(l, leg, rec, now_ms);
		return;
	}
	if ((rec->event == HF_EV_RCV_ACK &&
	     !(leg && !leg_is_half_open(leg) && leg->id == rec->generation)) ||
	    rec->event == HF_EV_SND_SYN || rec->event == HF_EV_ADOPTED)
		leg = leg_begin(l, leg, rec);
	else if (!leg && leg_read_flow(l, &rec->tuple, &f)) {
		leg = leg_new(l, &rec->tuple, HF_CLOSED);
		l->states->created++;
		if (leg)
			machine_follow(l, leg, &f, now_ms);
		return;
	}
	if (!leg)
		return;
	if (rec->event == HF_EV_ADOPTED)
		l->states->leg[HF_LEG_CLIENT].taken[HF_CLOSED][HF_EV_ADOPTED]++;
	if (leg->id == rec->generation)
		machine_event(l, leg, rec->event, now_ms);
	else if (leg_is_half_open(leg))
		machine_look(l, leg, now_ms);
}
