// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Timers that are due become events. */
#include <errno.h>

#include "leg.h"
#include "machine.h"

#define CHECKS_A_SECOND 256
#define NOT_ASKED_SLACK_MS 5000 /* kernel's timers, if it may not be asked */

static void due_syn_ack(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	bool last = leg->tries >= leg_timers(l, leg)->tcp_synack_retries;

	machine_event(l, leg, last ? HF_EV_GIVE_UP : HF_EV_REPEAT, now_ms);
}

/* Ends TIME_WAIT in the kernel; false: it could not be asked. */
static bool end_kernel_time_wait(const struct legs *l, const struct leg *leg)
{
	struct socket_info info;
	int err = l->ops->find_socket(l->world, &leg->tuple, &info);

	if (!err && info.state == SOCKET_TIME_WAIT)
		err = l->ops->destroy_socket(l->world, &leg->tuple, &info);
	return !err || err == -ENOENT;
}

static void due_2msl(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	uint64_t wait_ms = 2ULL * leg_timers(l, leg)->msl_ms;
	struct hf_flow f;
	__u32 age;

	if (!leg_read_flow(l, &leg->tuple, &f) || f.life >> 32 != leg->id) {
		machine_look(l, leg, now_ms);
		return;
	}
	/* The event of a repeated FIN may have been lost. */
	age = leg_age_ms(f.dir[HF_DIR_IN].fin_last_ms, now_ms);
	if (age < wait_ms) {
		leg_wait_rest(l, leg, LEG_WAIT_2MSL, now_ms, wait_ms, age);
		return;
	}
	if (!leg->tries && !end_kernel_time_wait(l, leg)) {
		leg->tries = 1;
		leg_wait(l, leg, LEG_WAIT_2MSL, now_ms, NOT_ASKED_SLACK_MS);
		return;
	}
	machine_event(l, leg, HF_EV_MSL2, now_ms);
}

static void due_idle(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	const struct config_timers *t = leg_timers(l, leg);
	struct socket_info info;
	struct hf_flow f;
	int err;

	if (!leg_read_flow(l, &leg->tuple, &f) || f.life >> 32 != leg->id) {
		machine_look(l, leg, now_ms);
		return;
	}
	if (!t->keepalive || leg_age_ms(f.dir[HF_DIR_IN].last_ms, now_ms) <
				     t->tcp_keepalive_time_ms) {
		leg_wait_idle(l, leg, now_ms);
		return;
	}
	/* No probe where the program's own keepalive runs, nor where the
	 * kernel retransmits, nor where nothing can be learned. */
	err = l->ops->find_socket(l->world, &leg->tuple, &info);
	if (err == -ENOENT)
		machine_event(l, leg, HF_EV_GONE, now_ms);
	else if (err || info.timer != SOCKET_TIMER_NONE)
		leg_wait_idle(l, leg, now_ms);
	else
		machine_event(l, leg, HF_EV_IDLE, now_ms);
}

static void due_probe(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	const struct config_timers *t = leg_timers(l, leg);
	struct hf_flow f;

	if (!leg_read_flow(l, &leg->tuple, &f) || f.life >> 32 != leg->id)
		machine_look(l, leg, now_ms);
	else if (!t->keepalive || f.dir[HF_DIR_IN].last_ms != leg->heard_ms)
		leg_wait_idle(l, leg, now_ms); /* it lives */
	else if (leg->tries >= t->tcp_keepalive_probes)
		machine_event(l, leg, HF_EV_DEAD, now_ms);
	else
		machine_event(l, leg, HF_EV_IDLE, now_ms);
}

/*
 * Is the kernel's socket gone? In FIN_WAIT_2 it is ended after tcp_fin_timeout,
 * if no program has it: nobody would read what the client still sends.
 */
static bool is_gone(const struct legs *l, const struct leg *leg)
{
	struct socket_info info;
	int err = l->ops->find_socket(l->world, &leg->tuple, &info);

	if (!err && leg->state == HF_FIN_WAIT_2 &&
	    info.state == SOCKET_FIN_WAIT_2 && info.orphan)
		return !l->ops->destroy_socket(l->world, &leg->tuple, &info);
	return err == -ENOENT;
}

static void due_check(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	struct hf_flow f;
	__u32 idle, other;

	if (l->checks >= CHECKS_A_SECOND) {
		leg_wait_check(l, leg, now_ms);
		return;
	}
	l->checks++;
	if (!leg_read_flow(l, &leg->tuple, &f) || f.life >> 32 != leg->id) {
		machine_look(l, leg, now_ms);
		return;
	}
	idle = leg_age_ms(f.dir[HF_DIR_IN].last_ms, now_ms);
	other = leg_age_ms(f.dir[HF_DIR_OUT].last_ms, now_ms);
	if ((idle < other ? idle : other) < leg_silent_ms(l, leg)) {
		leg_wait_check(l, leg, now_ms);
		return;
	}
	if (is_gone(l, leg))
		machine_event(l, leg, HF_EV_GONE, now_ms);
	else
		leg_rest(l, leg, now_ms); /* keepalive may be on by now */
}

static void (*const due[LEG_WAIT_NR])(struct legs *, struct leg *, uint64_t) = {
	[LEG_WAIT_SYN_ACK] = due_syn_ack, [LEG_WAIT_2MSL] = due_2msl,
	[LEG_WAIT_IDLE] = due_idle,	  [LEG_WAIT_PROBE] = due_probe,
	[LEG_WAIT_CHECK] = due_check,
};

void due_run(struct legs *l, uint64_t now_ms)
{
	struct timer *t;

	for (int i = 0; i < l->queues; i++) {
		while ((t = timer_due(&l->queue[i].timers, now_ms))) {
			struct leg *leg = (struct leg *)t;

			due[leg->wait](l, leg, now_ms);
		}
	}
}
