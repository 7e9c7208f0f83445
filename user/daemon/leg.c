// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The connection state machine at work.
 *
 * Events come from three sides: the ring buffer (what passed), timers (what did
 * not), and the kernel's sockets (what ended without a packet). Each goes
 * through the table of user/lib/fsm.c; leg_enter() writes the state.
 *
 * The ring is bounded, so its events are hints. Where one does not fit the leg's
 * state, or the data plane says that some were lost, the records decide: a sweep
 * sets every leg to what its facts say. It costs 0.3 s for a million flows, so
 * it runs at takeover, after a loss (not more than a tenth of the time), and
 * once in a while. A leg that the daemon has and the table has not is dropped.
 *
 * A connection may end without a packet: the kernel gave up, or an orphan's
 * FIN_WAIT_2 timed out (tcp_fin_timeout). So legs that are silent for long are
 * looked up by sock_diag, a few a second. If that is refused nothing is learned,
 * and nothing else breaks.
 *
 * TIME_WAIT: when 2 MSL are over, the kernel's own TIME_WAIT is ended as well if
 * it is still there (its timer is coarse, or msl_s is shorter than the kernel's
 * 30 s); otherwise its socket would answer in place of a new connection.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "flow_state.h"
#include "leg.h"
#include "log.h"
#include "socket.h"

#define BUCKETS_MIN		4096U
#define SYN_ACK_RTO_MS		1000U	/* RFC 6298 2.1; doubles */
#define REST_STEPS		32	/* of what is left of a timeout */
#define IDLE_STEPS		32	/* keepalive: idleness is looked at */
#define CHECK_CLOSING_MS	65000	/* tcp_fin_timeout and timer slack */
#define CHECK_OPEN_MS		600000
#define CHECKS_A_SECOND		256
#define SWEEP_EVERY_MS		60000
#define SWEEP_PAUSE_MS		250
#define SWEEP_SHARE		10	/* of the time may go into sweeps: 1/n */
#define NOT_ASKED_SLACK_MS	5000	/* kernel's timers, if it may not be asked */

/* --- the table of legs ---------------------------------------------------- */

static __u32 tuple_hash(const struct hf_tuple *t)
{
	const __u32 *word = (const __u32 *)t;
	__u64 hash = 0x9e3779b97f4a7c15ULL;

	for (size_t i = 0; i < sizeof(*t) / 4; i++) {
		hash = (hash ^ word[i]) * 0xff51afd7ed558ccdULL;
		hash ^= hash >> 32;
	}
	return hash;
}

static struct leg **leg_place(const struct legs *l, const struct hf_tuple *t)
{
	struct leg **at = &l->bucket[tuple_hash(t) & (l->buckets - 1)];

	while (*at && memcmp(&(*at)->tuple, t, sizeof(*t)))
		at = &(*at)->next;
	return at;
}

static void legs_grow(struct legs *l)
{
	unsigned int buckets = l->buckets * 2;
	struct leg **fresh = calloc(buckets, sizeof(*fresh)), *leg, *next;

	if (!fresh)
		return;
	for (unsigned int i = 0; i < l->buckets; i++) {
		for (leg = l->bucket[i]; leg; leg = next) {
			struct leg **at = &fresh[tuple_hash(&leg->tuple) &
						 (buckets - 1)];

			next = leg->next;
			leg->next = *at;
			*at = leg;
		}
	}
	free(l->bucket);
	l->bucket = fresh;
	l->buckets = buckets;
}

static struct leg *leg_new(struct legs *l, const struct hf_tuple *t,
			   enum hf_state state)
{
	struct leg *leg = calloc(1, sizeof(*leg)), **at;

	if (!leg)
		return NULL;	/* the next sweep tries again */
	if (l->nr >= l->buckets)
		legs_grow(l);
	leg->tuple = *t;
	leg->state = state;
	leg->epoch = l->epoch;
	at = leg_place(l, t);
	*at = leg;
	l->nr++;
	return leg;
}

static bool is_counted(enum hf_state state)
{
	return state != HF_CLOSED && state != HF_LISTEN;
}

/* The leg's record is gone or another one's. */
static void leg_free(struct legs *l, struct leg *leg)
{
	struct leg **at = leg_place(l, &leg->tuple);

	timer_stop(&leg->timer);
	if (is_counted(leg->state))
		l->states->now[leg->state]--;
	*at = leg->next;
	l->nr--;
	free(leg);
}

/* The one writer of a leg's state. `event`: the arrow, or -1 for a sweep. */
static void leg_enter(struct legs *l, struct leg *leg, enum hf_state to,
		      int event)
{
	enum hf_state from = leg->state;

	if (event >= 0)
		l->states->taken[from][event]++;
	else if (from != to && from != HF_CLOSED && from != HF_LISTEN)
		l->states->resynced++;
	if (from == to)
		return;
	log_debug("%s -> %s, %s", state_names[from], state_names[to],
		  event < 0 ? "the record says so" : event_names[event]);
	leg->state = to;
	if (is_counted(from))
		l->states->now[from]--;
	if (is_counted(to))
		l->states->now[to]++;
	if (to != HF_CLOSED && !l->quiet)	/* CLOSED is counted in BPF */
		l->states->entered[to]++;
}

/* --- what the maps say ---------------------------------------------------- */

static bool read_flow(const struct legs *l, const struct hf_tuple *t,
		      struct hf_flow *f)
{
	return !bpf_map_lookup_elem(l->dp->maps.fd[HF_MAP_FLOWS], t, f) &&
	       !(f->life & HF_LIFE_DYING);
}

static bool read_half(const struct legs *l, const struct hf_tuple *t,
		      struct hf_half_open *h)
{
	return !bpf_map_lookup_elem(l->dp->maps.fd[HF_MAP_HALF_OPEN], t, h) &&
	       h->kind == HF_HALF_COOKIE;
}

static bool is_half_open(const struct leg *leg)
{
	return leg->state == HF_SYN_RECEIVED && leg->wait == LEG_WAIT_SYN_ACK;
}

/* Who has not been there yet counts as now: records change meanwhile. */
static __u32 age_ms(__u32 then_ms, __u32 now_ms)
{
	return (__s32)(now_ms - then_ms) > 0 ? now_ms - then_ms : 0;
}

static const struct config_timers *timers_of(const struct legs *l,
					     const struct leg *leg)
{
	struct in6_addr server;

	memcpy(&server, leg->tuple.server, sizeof(server));
	return &config_service_of(l->config, &server,
				  ntohs(leg->tuple.server_port))->timers;
}

static void note(const struct legs *l, __u16 service, enum hf_counter counter)
{
	struct hf_note_arg arg = { .service = service, .counter = counter };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &arg,
		    .ctx_size_in = sizeof(arg));

	bpf_prog_test_run_opts(l->dp->note_fd, &opts);
}

/* --- timers --------------------------------------------------------------- */

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

static void leg_wait(struct legs *l, struct leg *leg, enum leg_wait what,
		     uint64_t now_ms, uint64_t after_ms)
{
	leg->wait = what;
	timer_set(&leg->timer, queue_for(l, after_ms), now_ms, after_ms);
}

/* When nothing else is waited for: is the socket still there? */
static void wait_check(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	bool open = leg->state == HF_ESTABLISHED ||
		    leg->state == HF_CLOSE_WAIT;

	leg_wait(l, leg, LEG_WAIT_CHECK, now_ms,
		 open ? CHECK_OPEN_MS : CHECK_CLOSING_MS);
}

static void wait_idle(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	const struct config_timers *t = timers_of(l, leg);

	leg->tries = 0;
	if (t->keepalive)
		leg_wait(l, leg, LEG_WAIT_IDLE, now_ms,
			 t->tcp_keepalive_time_ms / IDLE_STEPS ?: 1);
	else
		wait_check(l, leg, now_ms);
}

static void wait_2msl(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	leg_wait(l, leg, LEG_WAIT_2MSL, now_ms,
		 2ULL * timers_of(l, leg)->msl_ms);
}

/* How many repetitions lie before an age: at 1, 3, 7, 15, 31 s. */
static unsigned int syn_ack_tries(__u32 age)
{
	unsigned int tries = 0;

	while (tries < 20 && age >= ((2U << tries) - 1) * SYN_ACK_RTO_MS)
		tries++;
	return tries;
}

static void wait_syn_ack(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	leg_wait(l, leg, LEG_WAIT_SYN_ACK, now_ms,
		 (uint64_t)SYN_ACK_RTO_MS << leg->tries);
}

/*
 * The rest of a timeout, in steps: each step has its queue, so there must not be
 * many. Late by a step at most.
 */
static void leg_wait_rest(struct legs *l, struct leg *leg, enum leg_wait what,
			  uint64_t now_ms, uint64_t after_ms, uint64_t gone_ms)
{
	uint64_t step = after_ms / REST_STEPS ?: 1;
	uint64_t rest = after_ms > gone_ms ? after_ms - gone_ms : 0;

	leg_wait(l, leg, what, now_ms, (rest + step - 1) / step * step);
}

/* What a leg in its state waits for. */
static void leg_rest(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	switch ((enum hf_state)leg->state) {
	case HF_ESTABLISHED:
	case HF_CLOSE_WAIT:
		wait_idle(l, leg, now_ms);
		break;
	case HF_TIME_WAIT:
		wait_2msl(l, leg, now_ms);
		break;
	case HF_SYN_SENT:
	case HF_SYN_RECEIVED:
	case HF_FIN_WAIT_1:
	case HF_FIN_WAIT_2:
	case HF_CLOSING:
	case HF_LAST_ACK:
		wait_check(l, leg, now_ms);
		break;
	case HF_CLOSED:
	case HF_LISTEN:
	case HF_STATE_NR:
		break;
	}
}

/* --- what the table tells to do ------------------------------------------- */

/* The record ends, and the leg with it; both only if they are still one. */
static void leg_end(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	struct hf_flow f;

	for (int i = 0; i < 3; i++) {	/* `life` may change beneath us */
		if (!read_flow(l, &leg->tuple, &f) || f.life >> 32 != leg->id ||
		    reaper_end(&l->reaper, l->dp, &leg->tuple, f.life, now_ms))
			break;
	}
	leg_free(l, leg);
}

static void leg_follow(struct legs *l, struct leg *leg, const struct hf_flow *f,
		       uint64_t now_ms);

/* Something was missed: the records decide. */
static void leg_look(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	struct hf_half_open h;
	struct hf_flow f;

	if (read_flow(l, &leg->tuple, &f))
		leg_follow(l, leg, &f, now_ms);
	else if (!is_half_open(leg) || !read_half(l, &leg->tuple, &h))
		leg_free(l, leg);
}

static bool is_flood(const struct legs *l, uint64_t now_ms)
{
	struct hf_phase ph;

	return !map_read(&l->dp->maps, HF_MAP_PHASE, 0, &ph) && ph.flood &&
	       (__s32)(ph.flood_until_ms - (__u32)now_ms) > 0;
}

/*
 * The SYN-ACK once more. Under flood, and beyond reflect_rate, it is left out:
 * the client's own SYN does it then.
 */
static void leg_repeat(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	struct hf_half_open h;

	if (!read_half(l, &leg->tuple, &h) || h.irs != leg->id) {
		leg_look(l, leg, now_ms);
		return;
	}
	if (l->repeats < l->config->reflect_rate && !is_flood(l, now_ms) &&
	    !segment_repeat(&l->sockets, &h)) {
		l->repeats++;
		note(l, leg->service, HF_CNT_SYN_ACK_AGAIN);
	}
	leg->tries++;
	wait_syn_ack(l, leg, now_ms);
}

static void leg_forget(struct legs *l, struct leg *leg)
{
	struct hf_half_open h;

	if (read_half(l, &leg->tuple, &h) && h.irs == leg->id)
		reaper_forget(&l->reaper, l->dp, &leg->tuple, &h);
	leg_free(l, leg);
}

static void leg_probe(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	struct hf_flow f;

	if (!read_flow(l, &leg->tuple, &f) || f.life >> 32 != leg->id) {
		leg_look(l, leg, now_ms);
		return;
	}
	if (!leg->tries)
		leg->waits_since_ms = now_ms;
	if (!segment_probe(&l->sockets, &leg->tuple, &f, now_ms))
		note(l, leg->service, HF_CNT_PROBE_SENT);
	leg->tries++;
	leg_wait(l, leg, LEG_WAIT_PROBE, now_ms,
		 timers_of(l, leg)->tcp_keepalive_intvl_ms);
}

/* Its program shall see an error; the RST that follows ends the record. */
static void leg_destroy(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	struct socket_info info;
	int err = socket_find(&info, &leg->tuple);

	if (!err)
		err = socket_destroy(&info, &leg->tuple);
	if (!err)
		note(l, leg->service, HF_CNT_PROBE_DEAD);
	else if (err != -ENOENT)
		log_error("keepalive: a dead connection cannot be ended: %s",
			  strerror(-err));
	wait_check(l, leg, now_ms);
}

static void leg_act(struct legs *l, struct leg *leg, enum fsm_action action,
		    uint64_t now_ms)
{
	switch (action) {
	case FSM_NONE:
		leg_rest(l, leg, now_ms);
		break;
	case FSM_OPENED:
		wait_idle(l, leg, now_ms);
		break;
	case FSM_WAIT_2MSL:
		wait_2msl(l, leg, now_ms);
		break;
	case FSM_LOOK:
		leg_look(l, leg, now_ms);
		break;
	case FSM_REPEAT:
		leg_repeat(l, leg, now_ms);
		break;
	case FSM_FORGET:
		leg_forget(l, leg);
		break;
	case FSM_PROBE:
		leg_probe(l, leg, now_ms);
		break;
	case FSM_DESTROY:
		leg_destroy(l, leg, now_ms);
		break;
	case FSM_END:
		leg_end(l, leg, now_ms);
		break;
	case FSM_ACTION_NR:
		break;
	}
}

/* The leg may be gone afterwards. */
static void leg_event(struct legs *l, struct leg *leg, enum hf_event event,
		      uint64_t now_ms)
{
	const struct fsm_cell *cell = &fsm_table[leg->state][event];

	if (cell->action != FSM_LOOK)
		leg_enter(l, leg, cell->next, event);
	leg_act(l, leg, cell->action, now_ms);
}

/* --- from a record -------------------------------------------------------- */

static void leg_follow(struct legs *l, struct leg *leg, const struct hf_flow *f,
		       uint64_t now_ms)
{
	enum hf_state state = flow_state(f, HF_DIR_OUT);

	leg->epoch = l->epoch;
	leg->service = f->service;
	if (leg->id == f->life >> 32 && leg->state == state)
		return;
	leg->id = f->life >> 32;
	leg_enter(l, leg, state, -1);
	if (state == HF_CLOSED)
		leg_end(l, leg, now_ms);
	else if (state == HF_TIME_WAIT)
		leg_wait_rest(l, leg, LEG_WAIT_2MSL, now_ms,
			      2ULL * timers_of(l, leg)->msl_ms,
			      age_ms(f->dir[HF_DIR_IN].fin_last_ms, now_ms));
	else
		leg_rest(l, leg, now_ms);
}

static void half_follow(struct legs *l, struct leg *leg,
			const struct hf_half_open *h, uint64_t now_ms)
{
	__u32 age = age_ms(h->made_ms, now_ms);

	leg->epoch = l->epoch;
	if (leg->id == h->irs && is_half_open(leg))
		return;
	leg->id = h->irs;
	leg->service = h->service;
	leg->tries = syn_ack_tries(age);
	leg_enter(l, leg, HF_SYN_RECEIVED, -1);
	leg_wait_rest(l, leg, LEG_WAIT_SYN_ACK, now_ms,
		      (uint64_t)SYN_ACK_RTO_MS << leg->tries,
		      age - ((1U << leg->tries) - 1) * SYN_ACK_RTO_MS);
}

/* --- events of the data plane --------------------------------------------- */

/* A new record, perhaps on a tuple that had one; its leg begins anew. */
static struct leg *leg_begin(struct legs *l, struct leg *leg,
			     const struct hf_event_rec *rec)
{
	bool active = rec->event == HF_EV_SND_SYN ||
		      rec->event == HF_EV_ADOPTED;

	if (leg && !is_half_open(leg) && leg->id != rec->generation) {
		leg_free(l, leg);
		leg = NULL;
	}
	if (!leg)
		leg = leg_new(l, &rec->tuple,
			      active ? HF_CLOSED : HF_LISTEN);
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
	if (leg && !is_half_open(leg)) {
		leg_look(l, leg, now_ms);	/* is over, or it was not one */
		leg = *leg_place(l, &rec->tuple);
		if (leg)
			return;
	}
	if (leg && leg->id == rec->generation) {
		l->states->taken[HF_SYN_RECEIVED][HF_EV_RCV_SYN]++;
		return;			/* its timer goes on */
	}
	if (!leg)
		leg = leg_new(l, &rec->tuple, HF_LISTEN);
	if (!leg)
		return;
	leg->id = rec->generation;
	leg->service = rec->service;
	leg->tries = 0;
	leg_enter(l, leg, HF_SYN_RECEIVED, HF_EV_RCV_SYN);
	wait_syn_ack(l, leg, now_ms);
}

static void on_record(struct legs *l, const struct hf_event_rec *rec,
		      uint64_t now_ms)
{
	struct leg *leg = *leg_place(l, &rec->tuple);
	struct hf_flow f;

	if (rec->event >= HF_EVENT_NR)
		return;
	if (rec->event == HF_EV_RCV_SYN &&
	    !(leg && leg->state == HF_SYN_SENT &&
	      leg->id == rec->generation)) {
		on_half_open(l, leg, rec, now_ms);
		return;
	}
	if ((rec->event == HF_EV_RCV_ACK && !(leg && !is_half_open(leg) &&
					      leg->id == rec->generation)) ||
	    rec->event == HF_EV_SND_SYN || rec->event == HF_EV_ADOPTED)
		leg = leg_begin(l, leg, rec);
	else if (!leg && read_flow(l, &rec->tuple, &f)) {
		leg = leg_new(l, &rec->tuple, HF_CLOSED);
		if (leg)
			leg_follow(l, leg, &f, now_ms);
		return;
	}
	if (!leg)
		return;
	if (rec->event == HF_EV_ADOPTED)
		l->states->taken[HF_CLOSED][HF_EV_ADOPTED]++;
	if (leg->id == rec->generation)
		leg_event(l, leg, rec->event, now_ms);
	else if (is_half_open(leg))
		leg_look(l, leg, now_ms);
}

/* What lay in the ring before the first sweep is in the records already. */
static int on_ring(void *arg, void *data, size_t size)
{
	struct legs *l = arg;

	if (size >= sizeof(struct hf_event_rec) && l->swept_ms)
		on_record(l, data, l->now_ms);
	return 0;
}

static void take_events(struct legs *l, uint64_t now_ms)
{
	l->now_ms = now_ms;
	ring_buffer__consume(l->ring);
}

/* --- timers that are due -------------------------------------------------- */

static void due_syn_ack(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	bool last = leg->tries >= timers_of(l, leg)->tcp_synack_retries;

	leg_event(l, leg, last ? HF_EV_GIVE_UP : HF_EV_REPEAT, now_ms);
}

/* Ends TIME_WAIT in the kernel; false: it could not be asked. */
static bool end_kernel_time_wait(const struct leg *leg)
{
	struct socket_info info;
	int err = socket_find(&info, &leg->tuple);

	if (!err && info.state == SOCKET_TIME_WAIT)
		err = socket_destroy(&info, &leg->tuple);
	return !err || err == -ENOENT;
}

static void due_2msl(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	uint64_t wait_ms = 2ULL * timers_of(l, leg)->msl_ms;
	struct hf_flow f;
	__u32 age;

	if (!read_flow(l, &leg->tuple, &f) || f.life >> 32 != leg->id) {
		leg_look(l, leg, now_ms);
		return;
	}
	/* The event of a repeated FIN may have been lost. */
	age = age_ms(f.dir[HF_DIR_IN].fin_last_ms, now_ms);
	if (age < wait_ms) {
		leg_wait_rest(l, leg, LEG_WAIT_2MSL, now_ms, wait_ms, age);
		return;
	}
	if (!leg->tries && !end_kernel_time_wait(leg)) {
		leg->tries = 1;
		leg_wait(l, leg, LEG_WAIT_2MSL, now_ms, NOT_ASKED_SLACK_MS);
		return;
	}
	leg_event(l, leg, HF_EV_MSL2, now_ms);
}

/* May the daemon probe? Not where the program's own keepalive runs, nor where
 * the kernel retransmits, nor where nothing can be learned. */
static bool may_probe(const struct leg *leg)
{
	struct socket_info info;

	return !socket_find(&info, &leg->tuple) &&
	       info.timer == SOCKET_TIMER_NONE;
}

static void due_idle(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	const struct config_timers *t = timers_of(l, leg);
	struct hf_flow f;

	if (!read_flow(l, &leg->tuple, &f) || f.life >> 32 != leg->id)
		leg_look(l, leg, now_ms);
	else if (age_ms(f.dir[HF_DIR_IN].last_ms, now_ms) <
		 t->tcp_keepalive_time_ms || !may_probe(leg))
		wait_idle(l, leg, now_ms);
	else
		leg_event(l, leg, HF_EV_IDLE, now_ms);
}

static void due_probe(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	struct hf_flow f;

	if (!read_flow(l, &leg->tuple, &f) || f.life >> 32 != leg->id)
		leg_look(l, leg, now_ms);
	else if ((__s32)(f.dir[HF_DIR_IN].last_ms - leg->waits_since_ms) >= 0)
		wait_idle(l, leg, now_ms);	/* it lives */
	else if (leg->tries >= timers_of(l, leg)->tcp_keepalive_probes)
		leg_event(l, leg, HF_EV_DEAD, now_ms);
	else
		leg_event(l, leg, HF_EV_IDLE, now_ms);
}

static void due_check(struct legs *l, struct leg *leg, uint64_t now_ms)
{
	struct socket_info info;
	struct hf_flow f;
	__u32 idle, other;

	if (!read_flow(l, &leg->tuple, &f) || f.life >> 32 != leg->id) {
		leg_look(l, leg, now_ms);
		return;
	}
	idle = age_ms(f.dir[HF_DIR_IN].last_ms, now_ms);
	other = age_ms(f.dir[HF_DIR_OUT].last_ms, now_ms);
	if ((idle < other ? idle : other) < CHECK_CLOSING_MS ||
	    l->checks >= CHECKS_A_SECOND) {
		wait_check(l, leg, now_ms);
		return;
	}
	l->checks++;
	if (socket_find(&info, &leg->tuple) == -ENOENT)
		leg_event(l, leg, HF_EV_GONE, now_ms);
	else
		wait_check(l, leg, now_ms);
}

static void (*const due[LEG_WAIT_NR])(struct legs *, struct leg *, uint64_t) = {
	[LEG_WAIT_SYN_ACK] = due_syn_ack,
	[LEG_WAIT_2MSL] = due_2msl,
	[LEG_WAIT_IDLE] = due_idle,
	[LEG_WAIT_PROBE] = due_probe,
	[LEG_WAIT_CHECK] = due_check,
};

static void run_timers(struct legs *l, uint64_t now_ms)
{
	struct timer *t;

	for (int i = 0; i < l->queues; i++) {
		while ((t = timer_due(&l->queue[i].timers, now_ms))) {
			struct leg *leg = (struct leg *)t;

			due[leg->wait](l, leg, now_ms);
		}
	}
}

/* --- sweeps --------------------------------------------------------------- */

struct sweep {
	struct legs *legs;
	uint64_t now_ms;
};

static int sweep_flow(const struct hf_tuple *t, const struct hf_flow *f,
		      void *arg)
{
	struct sweep *s = arg;
	struct leg *leg = *leg_place(s->legs, t);

	if (f->life & HF_LIFE_DYING) {
		if (!(f->life & HF_LIFE_TAKEN))
			reaper_take(&s->legs->reaper, t, f->life, s->now_ms);
		return 0;
	}
	if (!leg)
		leg = leg_new(s->legs, t, HF_CLOSED);
	if (leg)
		leg_follow(s->legs, leg, f, s->now_ms);
	return 0;
}

static int sweep_half(const struct hf_tuple *t, const struct hf_half_open *h,
		      void *arg)
{
	struct sweep *s = arg;
	struct leg *leg = *leg_place(s->legs, t);

	if (h->kind != HF_HALF_COOKIE || (leg && !is_half_open(leg)))
		return 0;
	if (age_ms(h->made_ms, s->now_ms) > HF_HALF_OPEN_MS) {
		reaper_forget(&s->legs->reaper, s->legs->dp, t, h);
		return 0;
	}
	if (!leg)
		leg = leg_new(s->legs, t, HF_LISTEN);
	if (leg)
		half_follow(s->legs, leg, h, s->now_ms);
	return 0;
}

/* Legs that the sweep did not meet: a walk may miss one, a look does not. */
static void sweep_rest(struct legs *l, uint64_t now_ms)
{
	struct leg *leg, *next;

	for (unsigned int i = 0; i < l->buckets; i++) {
		for (leg = l->bucket[i]; leg; leg = next) {
			next = leg->next;
			if (leg->epoch != l->epoch)
				leg_look(l, leg, now_ms);
		}
	}
}

static void sweep(struct legs *l, uint64_t now_ms)
{
	struct sweep s = { .legs = l, .now_ms = now_ms };
	struct hf_phase ph;

	if (!map_read(&l->dp->maps, HF_MAP_PHASE, 0, &ph))
		l->lost = ph.events_lost;
	l->epoch++;
	map_for_each_flow(&l->dp->maps, sweep_flow, &s);
	map_for_each_half_open(&l->dp->maps, sweep_half, &s);
	sweep_rest(l, now_ms);
	l->swept_ms = now_ms;
}

static bool sweep_is_due(const struct legs *l, uint64_t now_ms)
{
	uint64_t pause_ms = l->sweep_took_ms * SWEEP_SHARE;
	struct hf_phase ph;

	if (now_ms - l->swept_ms >= SWEEP_EVERY_MS)
		return true;
	if (pause_ms < SWEEP_PAUSE_MS)
		pause_ms = SWEEP_PAUSE_MS;
	return now_ms - l->swept_ms >= pause_ms &&
	       !map_read(&l->dp->maps, HF_MAP_PHASE, 0, &ph) &&
	       ph.events_lost != l->lost;
}

/* --- life ----------------------------------------------------------------- */

/*
 * What the daemon before left, if there was one. Meanwhile states were entered
 * that nobody counted: at least the difference, and every flow began.
 */
static void take_over(struct legs *l, uint64_t now_ms)
{
	struct hf_states *s = l->states;
	struct hf_counters sum;
	__u64 before[HF_STATE_NR];

	memcpy(before, s->now, sizeof(before));
	memset(s->now, 0, sizeof(s->now));
	s->now[HF_LISTEN] = before[HF_LISTEN];
	l->quiet = true;
	sweep(l, now_ms);
	l->quiet = false;
	for (int i = 0; i < HF_STATE_NR; i++)
		if (i != HF_ESTABLISHED && s->now[i] > before[i])
			s->entered[i] += s->now[i] - before[i];
	if (map_read_all_counters(&l->dp->maps, &sum))
		return;
	s->entered[HF_ESTABLISHED] += sum.n[HF_CNT_FLOW_CREATED] - s->created;
	s->created = sum.n[HF_CNT_FLOW_CREATED];
}

int legs_open(struct legs *l, const struct dataplane *dp,
	      const struct config *c, uint64_t now_ms, struct failure *f)
{
	int err;

	l->dp = dp;
	l->config = c;
	l->buckets = BUCKETS_MIN;
	l->bucket = calloc(l->buckets, sizeof(*l->bucket));
	l->states = mmap(NULL, sizeof(*l->states), PROT_READ | PROT_WRITE,
			 MAP_SHARED, dp->maps.fd[HF_MAP_STATES], 0);
	if (!l->bucket || l->states == MAP_FAILED) {
		l->states = NULL;
		return failure_set(f, "states: no memory");
	}
	err = segment_open(&l->sockets);
	if (err)
		return failure_set(f, "raw sockets: %s", strerror(-err));
	l->ring = ring_buffer__new(dp->maps.fd[HF_MAP_EVENTS], on_ring, l,
				   NULL);
	if (!l->ring)
		return failure_set(f, "events: %s", strerror(errno));
	l->second_ms = now_ms;
	take_events(l, now_ms);
	take_over(l, now_ms);
	return 0;
}

void legs_close(struct legs *l)
{
	struct leg *leg, *next;

	for (unsigned int i = 0; l->bucket && i < l->buckets; i++) {
		for (leg = l->bucket[i]; leg; leg = next) {
			next = leg->next;
			free(leg);
		}
	}
	free(l->bucket);
	l->bucket = NULL;
	ring_buffer__free(l->ring);
	l->ring = NULL;
	if (l->states)
		munmap(l->states, sizeof(*l->states));
	l->states = NULL;
	segment_close(&l->sockets);
	reaper_free(&l->reaper);
}

void legs_run(struct legs *l, uint64_t now_ms)
{
	if (now_ms - l->second_ms >= 1000) {
		l->second_ms = now_ms;
		l->repeats = l->checks = 0;
	}
	take_events(l, now_ms);
	run_timers(l, now_ms);
	if (sweep_is_due(l, now_ms))
		sweep(l, now_ms);
	reaper_run(&l->reaper, l->dp, now_ms);
}

void legs_listening(struct legs *l, unsigned int sockets)
{
	struct hf_states *s = l->states;

	if (sockets > s->now[HF_LISTEN])
		s->entered[HF_LISTEN] += sockets - s->now[HF_LISTEN];
	s->now[HF_LISTEN] = sockets;
}

void legs_summary(const struct legs *l, char *text, size_t size)
{
	size_t at = snprintf(text, size, "%u connections", l->nr);

	for (int s = HF_SYN_SENT; s < HF_STATE_NR && at < size; s++)
		if (l->states->now[s])
			at += snprintf(text + at, size - at, ", %llu %s",
				       l->states->now[s], state_names[s]);
}
