// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a leg waits for, each timeout in a queue of its own. */
#include "wait.h"

#define SYN_RTO_MS 1000U /* of SYN and SYN-ACK, RFC 6298 2.1; doubles */
#define SYN_TRIES_MAX 20 /* 12 days */
#define SERVER_MS 2000	     /* a socket is made in one softirq */
#define UPDATES 3	     /* of a window, at 0.2, 1 and 3 s */
#define SILENT_MS 65000	     /* the kernel's 60 s and timer slack */
#define REST_STEPS 32	     /* of what is left of a timeout */
#define IDLE_STEPS 32	     /* keepalive: idleness is looked at */
#define CHECK_OPEN_MS 600000
#define BEHIND_CLOSING_MS 300000U
#define BEHIND_HALF_CLOSED_MS 7200000U
#define BEHIND_OPEN_MS 432000000U /* 5 days */

static const struct config_timers *timers_of(const struct conns *cs,
					     struct leg *leg)
{
	return conn_timers(cs, leg_conn(leg));
}

/* The queue for a timeout; a timeout too many waits in the nearest one. */
static struct timer_queue *queue_for(struct conns *cs, uint64_t after_ms)
{
	int i = 0;

	while (i < cs->queues && cs->queue[i].after_ms != after_ms)
		i++;
	if (i == CONN_QUEUES_MAX)
		i--;
	if (i == cs->queues) {
		timer_queue_init(&cs->queue[i].timers);
		cs->queue[i].after_ms = after_ms;
		cs->queues++;
	}
	return &cs->queue[i].timers;
}

void wait_for(struct conns *cs, struct leg *leg, enum leg_wait what,
	      uint64_t now_ms, uint64_t after_ms)
{
	leg->wait = what;
	timer_set(&leg->timer, queue_for(cs, after_ms), now_ms, after_ms);
}

/*
 * The rest of a timeout, in steps: each step has its queue, so there must not
 * be many. Late by a step at most.
 */
static uint64_t rest_of(uint64_t after_ms, uint64_t gone_ms)
{
	uint64_t step = after_ms / REST_STEPS ?: 1;
	uint64_t rest = after_ms > gone_ms ? after_ms - gone_ms : 0;

	return (rest + step - 1) / step * step;
}

static void wait_rto(struct conns *cs, struct leg *leg, enum leg_wait what,
		     uint64_t now_ms)
{
	unsigned int tries = leg->tries;

	if (tries > SYN_TRIES_MAX)
		tries = SYN_TRIES_MAX;
	wait_for(cs, leg, what, now_ms, (uint64_t)SYN_RTO_MS << tries);
}

/* When so many were sent: at 0, 1, 3, 7, 15, 31 s. */
static __u32 rto_at_ms(unsigned int tries)
{
	return ((1U << tries) - 1) * SYN_RTO_MS;
}

/* The same of a leg that waits for `age_ms` already; returns what is left. */
static uint64_t rto_left(struct leg *leg, __u32 age_ms)
{
	unsigned int tries = 0;

	while (tries < SYN_TRIES_MAX && age_ms >= rto_at_ms(tries + 1))
		tries++;
	leg->tries = tries;
	return rest_of((uint64_t)SYN_RTO_MS << tries,
		       age_ms - rto_at_ms(tries));
}

void wait_syn_ack(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	wait_rto(cs, leg, LEG_WAIT_SYN_ACK, now_ms);
}

void wait_syn_ack_since(struct conns *cs, struct leg *leg, __u32 age_ms,
			uint64_t now_ms)
{
	wait_for(cs, leg, LEG_WAIT_SYN_ACK, now_ms, rto_left(leg, age_ms));
}

void wait_syn(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	wait_rto(cs, leg, LEG_WAIT_SYN, now_ms);
}

void wait_syn_since(struct conns *cs, struct leg *leg, __u32 age_ms,
		    uint64_t now_ms)
{
	wait_for(cs, leg, LEG_WAIT_SYN, now_ms, rto_left(leg, age_ms));
}

void wait_2msl(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	leg->tries = 0;
	wait_for(cs, leg, LEG_WAIT_2MSL, now_ms,
		 2ULL * timers_of(cs, leg)->msl_ms);
}

void wait_2msl_since(struct conns *cs, struct leg *leg, __u32 age_ms,
		     uint64_t now_ms)
{
	wait_for(cs, leg, LEG_WAIT_2MSL, now_ms,
		 rest_of(2ULL * timers_of(cs, leg)->msl_ms, age_ms));
}

void wait_server(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	wait_for(cs, leg, LEG_WAIT_SERVER, now_ms, SERVER_MS);
}

bool wait_update(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	static const unsigned int after_ms[UPDATES] = { 200, 800, 2000 };

	if (leg->tries == UPDATES)
		return false;
	wait_for(cs, leg, LEG_WAIT_UPDATE, now_ms, after_ms[leg->tries]);
	return true;
}

void wait_idle(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	const struct config_timers *t = timers_of(cs, leg);

	leg->tries = 0;
	if (t->keepalive)
		wait_for(cs, leg, LEG_WAIT_IDLE, now_ms,
			 t->tcp_keepalive_time_ms / IDLE_STEPS ?: 1);
	else
		wait_check(cs, leg, now_ms);
}

void wait_probe(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	wait_for(cs, leg, LEG_WAIT_PROBE, now_ms,
		 timers_of(cs, leg)->tcp_keepalive_intvl_ms);
}

/*
 * No socket can be asked whether a connection is over whose server is behind this
 * host. Its peers' retransmissions lie up to 120 s apart, half closed it may rest,
 * and open it may be silent as long as conntrack lets it be
 * (nf_conntrack_tcp_timeout_*).
 */
static __u32 behind_silent_ms(enum hf_state state)
{
	if (state == HF_ESTABLISHED)
		return BEHIND_OPEN_MS;
	return state == HF_CLOSE_WAIT || state == HF_FIN_WAIT_2
		       ? BEHIND_HALF_CLOSED_MS
		       : BEHIND_CLOSING_MS;
}

__u32 wait_silent_ms(const struct conns *cs, struct leg *leg, bool has_socket)
{
	if (!has_socket)
		return behind_silent_ms(leg->state);
	return leg->state == HF_FIN_WAIT_2
		       ? timers_of(cs, leg)->tcp_fin_timeout_ms
		       : SILENT_MS;
}

static bool is_open(const struct leg *leg)
{
	return leg->state == HF_ESTABLISHED || leg->state == HF_CLOSE_WAIT;
}

void wait_check(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	wait_for(cs, leg, LEG_WAIT_CHECK, now_ms,
		 is_open(leg) ? CHECK_OPEN_MS : wait_silent_ms(cs, leg, true));
}

void wait_check_rest(struct conns *cs, struct leg *leg, uint64_t now_ms,
		     __u32 limit_ms, __u32 silent_ms)
{
	uint64_t rest_ms = rest_of(limit_ms, silent_ms);

	if (is_open(leg) || rest_ms > CHECK_OPEN_MS)
		rest_ms = CHECK_OPEN_MS;
	wait_for(cs, leg, LEG_WAIT_CHECK, now_ms, rest_ms);
}

void wait_by_state(struct conns *cs, struct leg *leg, uint64_t now_ms)
{
	switch ((enum hf_state)leg->state) {
	case HF_ESTABLISHED:
	case HF_CLOSE_WAIT: wait_idle(cs, leg, now_ms); break;
	case HF_TIME_WAIT: wait_2msl(cs, leg, now_ms); break;
	case HF_SYN_SENT:
		if (leg->which == HF_LEG_SERVER)
			wait_syn(cs, leg, now_ms);
		else /* the kernel repeats it */
			wait_check(cs, leg, now_ms);
		break;
	case HF_SYN_RECEIVED:
	case HF_FIN_WAIT_1:
	case HF_FIN_WAIT_2:
	case HF_CLOSING:
	case HF_LAST_ACK: wait_check(cs, leg, now_ms); break;
	case HF_CLOSED:
	case HF_LISTEN: timer_stop(&leg->timer); break;
	case HF_STATE_NR: break;
	}
}
