// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Timers that are due become events, or are started again: what a timer waits
 * for may have happened meanwhile, and the record tells.
 */
#include <errno.h>

#include "due.h"
#include "lib/clock.h"
#include "lib/flow_state.h"
#include "machine.h"
#include "wait.h"

#define CHECKS_A_SECOND 256
#define ASKS_A_SECOND 4096 /* of records that are PENDING */
#define NOT_ASKED_SLACK_MS 5000 /* kernel's timers, if it may not be asked */

static void event(struct conns *cs, struct leg *leg, enum hf_event ev,
		  uint64_t now_ms)
{
	conn_event(cs, leg_conn(leg), leg->which, ev, now_ms);
}

/* What the leg received. */
static const struct hf_flow_dir *received(const struct leg *leg,
					  const struct hf_flow *f)
{
	return &f->dir[flow_dir_in(leg->which)];
}

/* Is, or was, the server a socket that may be asked for? */
static bool has_socket(const struct conns *cs, struct leg *leg,
		       const struct hf_flow *f)
{
	const struct conn *c = leg_conn(leg);

	return !conn_is_spliced(c) ||
	       cs->ops->splice_has_socket(cs->world, &c->tuple, f);
}

static int find_socket(const struct conns *cs, struct leg *leg,
		       struct socket_info *info)
{
	return cs->ops->find_socket(cs->world, &leg_conn(leg)->tuple, info);
}

/* 0, -ENOENT, -EOPNOTSUPP where there is none to ask, or -errno: nothing is
 * learned. */
static int ask_socket(const struct conns *cs, struct leg *leg,
		      const struct hf_flow *f, struct socket_info *info)
{
	return has_socket(cs, leg, f) ? find_socket(cs, leg, info)
				      : -EOPNOTSUPP;
}

static int destroy_socket(const struct conns *cs, struct leg *leg,
			  const struct socket_info *info)
{
	return cs->ops->destroy_socket(cs->world, &leg_conn(leg)->tuple, info);
}

static void due_syn_ack(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	const struct config_timers *t = conn_timers(cs, leg_conn(leg));
	bool last = leg->tries >= t->tcp_synack_retries;

	event(cs, leg, last ? HF_EV_GIVE_UP : HF_EV_REPEAT, now_ms);
}

static void due_syn(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	const struct config_timers *t = conn_timers(cs, leg_conn(leg));
	bool last = leg->tries >= t->tcp_syn_retries;

	event(cs, leg, last ? HF_EV_GIVE_UP : HF_EV_REPEAT, now_ms);
}

/* It waits for room, as a half-open one of the kernel does, and as long. */
static bool meets_full_queue(const struct hf_flow *f, uint64_t now_ms)
{
	return f->handoff == HF_HANDOFF_REQSK &&
	       f->dir[HF_DIR_OUT].fin_last_ms == HF_FLOW_MET_FULL &&
	       clock_age_ms(f->created_ms, now_ms) < HF_COOKIE_LIFETIME_MS;
}

/* A record whose server was never seen is a ghost if the kernel has no socket for
 * it. */
static void due_server(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	struct conn *c = leg_conn(leg);
	struct socket_info info;
	struct hf_flow f;
	int err;

	if (!conn_read_flow(cs, c, &f)) {
		conn_follow(cs, c, now_ms);
		return;
	}
	if (!(f.life & HF_LIFE_PENDING))
		return;
	if (cs->asks >= ASKS_A_SECOND || meets_full_queue(&f, now_ms)) {
		wait_server(cs, leg, now_ms);
		return;
	}
	cs->asks++;
	err = ask_socket(cs, leg, &f, &info);
	if (err == -ENOENT)
		event(cs, &c->leg[HF_LEG_CLIENT], HF_EV_GONE, now_ms);
	else if (!err)
		reaper_confirm(&cs->reaper, &c->tuple, f.life);
}

/*
 * The client of a splice was told of its window by one ACK, which nobody repeats
 * if it is lost, and some ask only after 5 s. Until either side sends more it is
 * told again.
 */
static void due_update(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	struct conn *c = leg_conn(leg);
	struct hf_flow f;

	if (!conn_read_flow(cs, c, &f)) {
		conn_follow(cs, c, now_ms);
		return;
	}
	if (f.dir[HF_DIR_IN].packets > 1 || f.dir[HF_DIR_OUT].packets) {
		wait_idle(cs, leg, now_ms);
		return;
	}
	if (!cs->ops->send_spliced(cs->world, SEGMENT_UPDATE, &c->tuple, &f,
				   now_ms))
		cs->ops->note(cs->world, c->service, HF_CNT_WINDOW_AGAIN);
	leg->tries++;
	if (!wait_update(cs, leg, now_ms))
		wait_idle(cs, leg, now_ms);
}

/* Ends TIME_WAIT in the kernel; false: it could not be asked. */
static bool end_kernel_time_wait(const struct conns *cs, struct leg *leg,
				 const struct hf_flow *f)
{
	struct socket_info info;
	int err = ask_socket(cs, leg, f, &info);

	if (!err && info.state == SOCKET_TIME_WAIT)
		err = destroy_socket(cs, leg, &info);
	return !err || err == -ENOENT;
}

static void due_2msl(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	struct conn *c = leg_conn(leg);
	struct hf_flow f;
	__u32 age;

	if (!conn_read_flow(cs, c, &f)) {
		conn_follow(cs, c, now_ms);
		return;
	}
	/* The event of a repeated FIN may have been lost. */
	age = clock_age_ms(received(leg, &f)->fin_last_ms, now_ms);
	if (age < 2ULL * conn_timers(cs, c)->msl_ms) {
		wait_2msl_since(cs, leg, age, now_ms);
		return;
	}
	if (!leg->tries && !end_kernel_time_wait(cs, leg, &f)) {
		leg->tries = 1;
		wait_for(cs, leg, LEG_WAIT_2MSL, now_ms, NOT_ASKED_SLACK_MS);
		return;
	}
	event(cs, leg, HF_EV_MSL2, now_ms);
}

static void due_idle(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	const struct config_timers *t = conn_timers(cs, leg_conn(leg));
	struct socket_info info;
	struct hf_flow f;
	int err;

	if (!conn_read_flow(cs, leg_conn(leg), &f)) {
		conn_follow(cs, leg_conn(leg), now_ms);
		return;
	}
	if (!t->keepalive || clock_age_ms(received(leg, &f)->last_ms, now_ms) <
				     t->tcp_keepalive_time_ms) {
		wait_idle(cs, leg, now_ms);
		return;
	}
	/* No probe where the program's own keepalive runs, nor where the
	 * kernel retransmits, nor where nothing can be learned. Of a server
	 * behind this host the peers alone can tell. */
	err = ask_socket(cs, leg, &f, &info);
	if (err == -ENOENT)
		event(cs, leg, HF_EV_GONE, now_ms);
	else if (err == -EOPNOTSUPP ||
		 (!err && info.timer == SOCKET_TIMER_NONE))
		event(cs, leg, HF_EV_IDLE, now_ms);
	else
		wait_idle(cs, leg, now_ms);
}

static void due_probe(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	const struct config_timers *t = conn_timers(cs, leg_conn(leg));
	struct hf_flow f;

	if (!conn_read_flow(cs, leg_conn(leg), &f))
		conn_follow(cs, leg_conn(leg), now_ms);
	else if (!t->keepalive || received(leg, &f)->last_ms != leg->heard_ms)
		wait_idle(cs, leg, now_ms); /* it lives */
	else if (leg->tries >= t->tcp_keepalive_probes)
		event(cs, leg, HF_EV_DEAD, now_ms);
	else
		event(cs, leg, HF_EV_IDLE, now_ms);
}

/*
 * Is the kernel's socket gone? In FIN_WAIT_2 it is ended after tcp_fin_timeout,
 * if no program has it: nobody would read what the client still sends.
 */
static bool is_gone(const struct conns *cs, struct leg *leg)
{
	struct socket_info info;
	int err = find_socket(cs, leg, &info);

	if (!err && leg->state == HF_FIN_WAIT_2 &&
	    info.state == SOCKET_FIN_WAIT_2 && info.orphan)
		return !destroy_socket(cs, leg, &info);
	return err == -ENOENT;
}

/* Nobody has it any more: neither leg, for one alone would be what the record
 * says again. */
static void gone(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	struct leg *other = &leg_conn(leg)->leg[!leg->which];

	if (other->state != HF_CLOSED)
		event(cs, other, HF_EV_GONE, now_ms);
	event(cs, leg, HF_EV_GONE, now_ms);
}

/* ms since a segment of either side. */
static __u32 silent_for(const struct hf_flow *f, uint64_t now_ms)
{
	__u32 in = clock_age_ms(f->dir[HF_DIR_IN].last_ms, now_ms);
	__u32 out = clock_age_ms(f->dir[HF_DIR_OUT].last_ms, now_ms);

	return in < out ? in : out;
}

static void due_check(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	__u32 silent_ms, limit_ms;
	struct hf_flow f;
	bool asks;

	if (cs->checks >= CHECKS_A_SECOND) {
		wait_check(cs, leg, now_ms);
		return;
	}
	cs->checks++;
	if (!conn_read_flow(cs, leg_conn(leg), &f)) {
		conn_follow(cs, leg_conn(leg), now_ms);
		return;
	}
	asks = has_socket(cs, leg, &f);
	silent_ms = silent_for(&f, now_ms);
	limit_ms = wait_silent_ms(cs, leg, asks);
	if (silent_ms < limit_ms)
		wait_check_rest(cs, leg, now_ms, limit_ms, silent_ms);
	else if (!asks || is_gone(cs, leg))
		gone(cs, leg, now_ms);
	else
		wait_by_state(cs, leg, now_ms); /* keepalive may be on by now */
}

static void (*const due[LEG_WAIT_NR])(struct conns *, struct leg *,
				      uint64_t) = {
	[LEG_WAIT_SYN_ACK] = due_syn_ack, [LEG_WAIT_SYN] = due_syn,
	[LEG_WAIT_SERVER] = due_server,	  [LEG_WAIT_UPDATE] = due_update,
	[LEG_WAIT_2MSL] = due_2msl,	  [LEG_WAIT_IDLE] = due_idle,
	[LEG_WAIT_PROBE] = due_probe,	  [LEG_WAIT_CHECK] = due_check,
};

void due_run(struct conns *cs, uint64_t now_ms)
{
	struct timer *t;

	for (int i = 0; i < cs->queues; i++) {
		while ((t = timer_due(&cs->queue[i].timers, now_ms))) {
			struct leg *leg = (struct leg *)t;

			due[leg->wait](cs, leg, now_ms);
		}
	}
}
