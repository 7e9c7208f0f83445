// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a leg in its state waits for. */
#include "leg.h"

#define REST_STEPS 32 /* of what is left of a timeout */
#define IDLE_STEPS 32 /* keepalive: idleness is looked at */
#define CHECK_OPEN_MS 600000

/* The queue for a timeout; a timeout too many waits in the nearest one. */
static struct timer_queue *queue_for(struct legs *l, uint64_t after_ms)
{
	int i = 0;

	while (i < l->queues && l->queue[i].after_ms != after_ms)
		i++;
	if (i == LEG_QUEUES_MAX)
		i--;
	if (i == l->queues) {
		timer_queue_init(&l->queue[i].timers);
		l->queue[i].after_ms = after_ms;
		l->queues++;
	}
	return &l->queue[i].timers;
}

void leg_wait(struct legs *l, struct leg *leg, enum leg_wait what,
	      uint64_t now_ms, uint64_t after_ms)
{
	leg->wait = what;
	timer_set(&leg->timer, queue_for(l, after_ms), now_ms, after_ms);
}

__u32 leg_silent_ms(const struct legs *l, const struct leg *leg)
{
	return leg->state == HF_FIN_WAIT_2
		       ? leg_timers(l, leg)->tcp_fin_timeout_ms
		       : LEG_SILENT_MS;
}

/* When nothing else is waited for: is the socket still there? */
void leg_wait_check(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	bool open = leg->state == HF_ESTABLISHED || leg->state == HF_CLOSE_WAIT;

	leg_wait(l, leg, LEG_WAIT_CHECK, now_ms,
		 open ? CHECK_OPEN_MS : leg_silent_ms(l, leg));
}

void leg_wait_idle(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	const struct config_timers *t = leg_timers(l, leg);

	leg->tries = 0;
	if (t->keepalive)
		leg_wait(l, leg, LEG_WAIT_IDLE, now_ms,
			 t->tcp_keepalive_time_ms / IDLE_STEPS ?: 1);
	else
		leg_wait_check(l, leg, now_ms);
}

void leg_wait_2msl(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	leg->tries = 0;
	leg_wait(l, leg, LEG_WAIT_2MSL, now_ms,
		 2ULL * leg_timers(l, leg)->msl_ms);
}

/* How many repetitions lie before an age: at 1, 3, 7, 15, 31 s. */
unsigned int leg_syn_ack_tries(__u32 age)
{
	unsigned int tries = 0;

	while (tries < 20 && age >= ((2U << tries) - 1) * LEG_SYN_ACK_RTO_MS)
		tries++;
	return tries;
}

void leg_wait_syn_ack(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	leg_wait(l, leg, LEG_WAIT_SYN_ACK, now_ms,
		 (uint64_t)LEG_SYN_ACK_RTO_MS << leg->tries);
}

/*
 * The rest of a timeout, in steps: each step has its queue, so there must not
 * be many. Late by a step at most.
 */
void leg_wait_rest(struct legs *l, struct leg *leg, enum leg_wait what,
		   uint64_t now_ms, uint64_t after_ms, uint64_t gone_ms)
{
	uint64_t step = after_ms / REST_STEPS ?: 1;
	uint64_t rest = after_ms > gone_ms ? after_ms - gone_ms : 0;

	leg_wait(l, leg, what, now_ms, (rest + step - 1) / step * step);
}

/* What a leg in its state waits for. */
void leg_rest(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	switch ((enum hf_state)leg->state) {
	case HF_ESTABLISHED:
	case HF_CLOSE_WAIT: leg_wait_idle(l, leg, now_ms); break;
	case HF_TIME_WAIT: leg_wait_2msl(l, leg, now_ms); break;
	case HF_SYN_SENT:
	case HF_SYN_RECEIVED:
	case HF_FIN_WAIT_1:
	case HF_FIN_WAIT_2:
	case HF_CLOSING:
	case HF_LAST_ACK: leg_wait_check(l, leg, now_ms); break;
	case HF_CLOSED:
	case HF_LISTEN:
	case HF_STATE_NR: break;
	}
}
