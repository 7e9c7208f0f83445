/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The daemon's connections in a world of one connection, where the test says what time
 * it is.
 *
 *	peer_sends(), host_sends()
 *	     | facts.bpf.h: the record, events
 *	     v
 *	flow, half, ring -> user/daemon/conn -> sent[]
 *	     ^                                  socket
 *	     +---- reap: mark, remove, forget -----+
 *
 * The world alone is made up, as struct conn_ops. Time goes from one due timer
 * to the next, so a year of silence takes no longer than its sweeps.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include "run.h"
#include "facts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "daemon/conn/conns.h"
#include "daemon/conn/sweep.h"
#include "lib/flow_state.h"
#include "lib/fsm.h"
#include "lib/log.h"

#define SECOND	1000ULL
#define HOUR	(3600 * SECOND)
#define DAY	(24 * HOUR)

#define GENERATION	77
#define RING_MAX	16
#define SENT_MAX	64

enum sent_what {
	SENT_SYN_ACK,
	SENT_PROBE,
	SENT_DESTROY,
	SENT_SYN,	/* to the server of a splice */
	SENT_UPDATE,	/* to its client */
	SENT_PROBE_SERVER,
	SENT_RESET,	/* to the client */
	SENT_RESET_SERVER,
};

struct sent {
	enum sent_what what;
	uint64_t at_ms;
};

struct side {
	uint32_t snd_nxt, rcv_nxt;
};

static struct world {
	uint64_t now_ms;
	struct config config;
	struct conns conns;
	struct hf_states states;
	struct hf_tuple tuple;
	bool has_flow, has_half;
	struct hf_flow flow;
	struct hf_half_open half;
	struct hf_phase phase;
	uint64_t flows_created;	/* as the data plane counts */
	struct hf_event_rec ring[RING_MAX];
	int on_ring;
	bool loses_events;
	bool opens;	/* the host does, actively */
	struct side peer, host;
	struct socket_info socket;
	int find_error, destroy_error;
	bool splice_has_socket;
	unsigned int looks;	/* how often that was asked */
	struct sent sent[SENT_MAX];
	int nr_sent;
	unsigned int notes[HF_CNT_NR];
	unsigned int errors_said;
} w;

/* The outside. */

static bool is_ours(const struct hf_tuple *t)
{
	return !memcmp(t, &w.tuple, sizeof(w.tuple));
}

static struct hf_states *states(void *world)
{
	(void)world;
	return &w.states;
}

static bool read_flow(void *world, const struct hf_tuple *t, struct hf_flow *f)
{
	(void)world;
	*f = w.flow;
	return w.has_flow && is_ours(t);
}

static bool read_half_open(void *world, const struct hf_tuple *t,
			   struct hf_half_open *h)
{
	(void)world;
	*h = w.half;
	return w.has_half && is_ours(t);
}

static bool read_phase(void *world, struct hf_phase *ph)
{
	(void)world;
	*ph = w.phase;
	return true;
}

static bool read_counters(void *world, struct hf_counters *sum)
{
	(void)world;
	memset(sum, 0, sizeof(*sum));
	sum->n[HF_CNT_FLOW_CREATED] = w.flows_created;
	return true;
}

/* In three pieces, of which one has the record. */
static bool is_in_piece(struct map_cursor *cursor)
{
	cursor->at++;
	cursor->end = cursor->at == 3;
	return cursor->at == 2;
}

static void walk_flows(void *world, struct map_cursor *cursor, on_flow_fn fn,
		       void *arg)
{
	struct hf_flow copy = w.flow;

	(void)world;
	if (is_in_piece(cursor) && w.has_flow)
		fn(&w.tuple, &copy, arg);
}

static void walk_half_open(void *world, struct map_cursor *cursor,
			   on_half_open_fn fn, void *arg)
{
	struct hf_half_open copy = w.half;

	(void)world;
	if (is_in_piece(cursor) && w.has_half)
		fn(&w.tuple, &copy, arg);
}

static void walk_events(void *world, on_event_fn fn, void *arg)
{
	(void)world;
	for (int i = 0; i < w.on_ring; i++)
		fn(&w.ring[i], arg);
	w.on_ring = 0;
}

/* As bpf/flow/reap.bpf.h. */
static bool reap_one(struct hf_reap_arg *arg)
{
	if (!is_ours(&arg->tuple))
		return false;
	if (arg->op == HF_REAP_FORGET) {
		bool same = w.has_half &&
			    arg->life == ((__u64)w.half.irs << 32 | w.half.iss);

		w.has_half = w.has_half && !same;
		return same;
	}
	if (!w.has_flow || w.flow.life != arg->life)
		return false;
	if (arg->op == HF_REAP_UNANSWERED)
		return true;
	if (arg->op == HF_REAP_CONFIRM) {
		w.flow.life &= ~(__u64)HF_LIFE_PENDING;
		return true;
	}
	if (arg->op == HF_REAP_REMOVE) {
		ck_assert(arg->life & HF_LIFE_DYING);
		w.has_flow = false;
		return true;
	}
	if (arg->life & HF_LIFE_DYING)
		return false;
	arg->life = w.flow.life |= HF_LIFE_DYING;
	return true;
}

static void reap(void *world, struct hf_reap_arg *arg)
{
	(void)world;
	arg->done = reap_one(arg);
}

static void note(void *world, __u16 service, enum hf_counter counter)
{
	(void)world;
	(void)service;
	w.notes[counter]++;
}

static void note_sent(enum sent_what what)
{
	ck_assert_int_lt(w.nr_sent, SENT_MAX);
	w.sent[w.nr_sent++] = (struct sent){ what, w.now_ms };
}

static int repeat_syn_ack(void *world, const struct hf_half_open *h)
{
	(void)world;
	ck_assert_uint_eq(h->irs, w.half.irs);
	note_sent(SENT_SYN_ACK);
	return 0;
}

static int send_probe(void *world, const struct hf_tuple *t,
		      const struct hf_flow *f, __u32 now_ms)
{
	(void)world;
	(void)f;
	ck_assert(is_ours(t));
	ck_assert_uint_eq(now_ms, (__u32)w.now_ms);
	note_sent(SENT_PROBE);
	return 0;
}

static int send_spliced(void *world, enum segment_kind kind,
			const struct hf_tuple *t, const struct hf_flow *f,
			__u32 now_ms)
{
	static const enum sent_what whats[] = {
		[SEGMENT_SYN] = SENT_SYN,
		[SEGMENT_UPDATE] = SENT_UPDATE,
		[SEGMENT_PROBE_CLIENT] = SENT_PROBE,
		[SEGMENT_PROBE_SERVER] = SENT_PROBE_SERVER,
		[SEGMENT_RESET_CLIENT] = SENT_RESET,
		[SEGMENT_RESET_SERVER] = SENT_RESET_SERVER,
	};

	(void)world;
	(void)f;
	ck_assert(is_ours(t));
	ck_assert_uint_eq(now_ms, (__u32)w.now_ms);
	note_sent(whats[kind]);
	return 0;
}

#define WORLD_IFINDEX 3

static unsigned int splice_ifindex(void *world, const struct hf_tuple *t,
				   const struct hf_flow *f)
{
	(void)world;
	(void)f;
	ck_assert(is_ours(t));
	return WORLD_IFINDEX;
}

static bool splice_has_socket(void *world, const struct hf_tuple *t,
			      const struct hf_flow *f)
{
	(void)world;
	(void)f;
	ck_assert(is_ours(t));
	w.looks++;
	return w.splice_has_socket;
}

static int find_socket(void *world, const struct hf_tuple *t,
		       struct socket_info *info)
{
	(void)world;
	ck_assert(is_ours(t));
	*info = w.socket;
	return w.find_error;
}

static int destroy_socket(void *world, const struct hf_tuple *t,
			  const struct socket_info *info)
{
	(void)world;
	(void)info;
	ck_assert(is_ours(t));
	note_sent(SENT_DESTROY);
	return w.destroy_error;
}

static const struct conn_ops world_ops = {
	.states = states,
	.read_flow = read_flow,
	.read_half_open = read_half_open,
	.read_phase = read_phase,
	.read_counters = read_counters,
	.walk_flows = walk_flows,
	.walk_half_open = walk_half_open,
	.walk_events = walk_events,
	.reap = reap,
	.note = note,
	.repeat_syn_ack = repeat_syn_ack,
	.send_probe = send_probe,
	.send_spliced = send_spliced,
	.splice_ifindex = splice_ifindex,
	.splice_has_socket = splice_has_socket,
	.find_socket = find_socket,
	.destroy_socket = destroy_socket,
};

void log_debug(const char *fmt, ...)
{
	(void)fmt;
}

void log_error(const char *fmt, ...)
{
	(void)fmt;
	w.errors_said++;
}

/* Time. */

static void earlier(uint64_t *next_ms, uint64_t at_ms)
{
	if (at_ms < *next_ms)
		*next_ms = at_ms;
}

/* When the loop has something to do. */
static uint64_t next_wake(void)
{
	uint64_t next_ms = w.conns.swept_ms + SWEEP_EVERY_MS;

	for (int i = 0; i < w.conns.queues; i++) {
		const struct timer *head = &w.conns.queue[i].timers.head;

		if (head->next != head)
			earlier(&next_ms, head->next->due_ms);
	}
	for (int i = 0; i < w.conns.reaper.nr; i++)
		earlier(&next_ms,
			w.conns.reaper.dying[i].since_ms + REAPER_DYING_MS);
	return next_ms > w.now_ms ? next_ms : w.now_ms + 1;
}

/* A sweep goes on when the loop comes by again. */
static void run(void)
{
	do
		conns_run(&w.conns, w.now_ms);
	while (w.conns.sweep.part);
}

static void wait_until(uint64_t end_ms)
{
	for (uint64_t at = next_wake(); at <= end_ms; at = next_wake()) {
		w.now_ms = at;
		run();
	}
	w.now_ms = end_ms;
	run();
}

static void wait_ms(uint64_t ms)
{
	wait_until(w.now_ms + ms);
}

/* The daemon. */

static void daemon_start(void)
{
	memset(&w.conns, 0, sizeof(w.conns));
	w.conns.ops = &world_ops;
	ck_assert_int_eq(conns_open(&w.conns, &w.config, w.now_ms), 0);
}

static void daemon_stop(void)
{
	conns_close(&w.conns);
}

static void world_make(uint64_t now_ms)
{
	memset(&w, 0, sizeof(w));
	w.now_ms = now_ms;
	config_init(&w.config);
	w.socket.state = 1;	/* TCP_ESTABLISHED, no timer runs */
	w.tuple = (struct hf_tuple){
		.client = { 0, 0, htonl(0xffff), htonl(0x0a000001) },
		.server = { 0, 0, htonl(0xffff), htonl(0x0a000002) },
		.client_port = htons(40000),
		.server_port = htons(80),
	};
	daemon_start();
	w.conns.buckets = 1;	/* sweeps look at each */
}

static void world_end(void)
{
	daemon_stop();
}

static struct conn *conn(void)
{
	return conn_find(&w.conns, &w.tuple);
}

/* The client's. */
static struct leg *leg(void)
{
	return conn() ? &conn()->leg[HF_LEG_CLIENT] : NULL;
}

static uint64_t taken(enum hf_state from, enum hf_event event)
{
	return w.states.leg[HF_LEG_CLIENT].taken[from][event];
}

/* The wire. */

static void report_of(enum hf_leg which, enum hf_event event, uint32_t id)
{
	if (w.loses_events) {
		w.phase.events_lost++;
		return;
	}
	ck_assert_int_lt(w.on_ring, RING_MAX);
	w.ring[w.on_ring++] = (struct hf_event_rec){
		.tuple = w.tuple,
		.generation = id,
		.at_ms = w.now_ms,
		.event = event,
		.leg = which,
	};
}

static void report(enum hf_event event, uint32_t id)
{
	report_of(HF_LEG_CLIENT, event, id);
}

/* A segment that arrives in order and at once; the daemon looks afterwards. */
static void sends(struct side *from, struct side *to, enum hf_direction d,
		  uint8_t flags, uint32_t payload)
{
	struct packet p = {
		.seq = from->snd_nxt,
		.ack = from->rcv_nxt,
		.flags = flags | TCP_ACK,
		.payload = payload,
		.window = 60000,
		.now_ms = w.now_ms,
	};
	struct flow_events events;

	from->snd_nxt = to->rcv_nxt = flow_seg_end(&p);
	ck_assert(flow_add_facts(&w.flow, &p, d, &events));
	for (int ev = 0; ev < HF_EV_REPEAT; ev++)
		for (int leg = 0; leg < HF_LEG_NR; leg++)
			if (events.leg[leg] & 1U << ev)
				report_of(leg, ev, w.flow.life >> 32);
	run();
}

static void peer_sends(uint8_t flags, uint32_t payload)
{
	sends(&w.peer, &w.host, HF_DIR_IN, flags, payload);
}

static void host_sends(uint8_t flags, uint32_t payload)
{
	sends(&w.host, &w.peer, HF_DIR_OUT, flags, payload);
}

/* The FIN once more, as its sender repeats it. */
static inline void peer_repeats_fin(void)
{
	w.peer.snd_nxt--;
	peer_sends(TCP_FIN, 0);
}

/* Legs, each made from the one before. */

static void leg_listen(void)
{
	w.peer = (struct side){ .snd_nxt = 0xfffffff0, .rcv_nxt = 0x7ffffff0 };
	w.host = (struct side){ .snd_nxt = 0x7ffffff0, .rcv_nxt = 0xfffffff0 };
}

/* A SYN was answered and remembered. */
static void leg_half_open(void)
{
	leg_listen();
	w.half = (struct hf_half_open){
		.irs = w.peer.snd_nxt++,
		.iss = w.host.snd_nxt++,
		.made_ms = w.now_ms,
		.kind = HF_HALF_COOKIE,
	};
	w.peer.rcv_nxt++;
	w.host.rcv_nxt++;
	w.has_half = true;
	report(HF_EV_RCV_SYN, w.half.irs);
	run();
}

/* An active open, as bpf/flow/active.bpf.h leaves it. */
static void leg_syn_sent(void)
{
	struct packet syn = { .flags = TCP_SYN, .window = 60000 };
	struct flow_events events;

	leg_listen();
	syn.seq = w.host.snd_nxt++;
	syn.now_ms = w.now_ms;
	w.flow = (struct hf_flow){
		.life = (__u64)GENERATION << 32,
		.iss = syn.seq,
		.created_ms = w.now_ms,
		.snd_wscale = HF_WSCALE_NONE,
		.rcv_wscale = HF_WSCALE_NONE,
		.handoff = HF_HANDOFF_KERNEL,
	};
	w.flow.dir[HF_DIR_OUT].flags = HF_DIR_SYN | HF_DIR_ACTIVE;
	w.flow.dir[HF_DIR_OUT].seq_hi = syn.seq;
	flow_add_facts(&w.flow, &syn, HF_DIR_OUT, &events);
	w.has_flow = true;
	w.flows_created++;
	report(HF_EV_SND_SYN, GENERATION);
	run();
}

/* The peer's SYN, with TCP_ACK or without, meets ours. */
static void peer_answers(uint8_t flags, enum hf_event event)
{
	struct packet syn = {
		.seq = w.peer.snd_nxt++,
		.ack = flags & TCP_ACK ? w.host.snd_nxt : 0,
		.flags = TCP_SYN | flags,
		.window = 60000,
		.now_ms = w.now_ms,
	};
	struct flow_events events;

	ck_assert(flow_add_facts(&w.flow, &syn, HF_DIR_IN, &events));
	ck_assert_uint_eq(events.leg[HF_LEG_CLIENT], 1U << event);
	w.host.rcv_nxt++;
	w.peer.rcv_nxt++;
	report(event, GENERATION);
	run();
}

/* Simultaneous open: a SYN without ACK crosses ours. */
static void leg_syn_crossed(void)
{
	leg_syn_sent();
	peer_answers(0, HF_EV_RCV_SYN);
}

/* By a cookie's ACK, as bpf/open/ack.bpf.h leaves it, or by a SYN-ACK. */
static void leg_established(void)
{
	if (w.opens) {
		leg_syn_sent();
		peer_answers(TCP_ACK, HF_EV_RCV_SYN_ACK);
		host_sends(0, 0);
		return;
	}
	leg_half_open();
	w.flow = (struct hf_flow){
		.life = (__u64)GENERATION << 32,
		.irs = w.half.irs,
		.iss = w.half.iss,
		.created_ms = w.now_ms,
		.snd_wscale = HF_WSCALE_NONE,
		.rcv_wscale = HF_WSCALE_NONE,
	};
	w.flow.dir[HF_DIR_IN] = (struct hf_flow_dir){
		.seq_hi = w.peer.snd_nxt,
		.ack_hi = w.peer.rcv_nxt,
		.window = 60000,
		.last_ms = w.now_ms,
		.flags = HF_DIR_SEEN | HF_DIR_SYN | HF_DIR_ACK,
	};
	w.flow.dir[HF_DIR_OUT] = (struct hf_flow_dir){
		.seq_hi = w.host.snd_nxt,
		.ack_hi = w.host.rcv_nxt,
		.window = 60000,
		.last_ms = w.now_ms,
		.flags = HF_DIR_SYN | HF_DIR_ACK,
	};
	w.has_flow = true;
	w.flows_created++;
	w.has_half = false;
	report(HF_EV_RCV_ACK, GENERATION);
	run();
}

static void leg_fin_wait_1(void)
{
	leg_established();
	host_sends(TCP_FIN, 0);
}

static void leg_fin_wait_2(void)
{
	leg_fin_wait_1();
	peer_sends(0, 0);
}

static void leg_close_wait(void)
{
	leg_established();
	peer_sends(TCP_FIN, 0);
	host_sends(0, 0);
}

static void leg_last_ack(void)
{
	leg_close_wait();
	host_sends(TCP_FIN, 0);
}

/* Both FINs crossed. */
static void leg_closing(void)
{
	leg_established();
	host_sends(TCP_FIN, 0);
	w.peer.rcv_nxt--;
	peer_sends(TCP_FIN, 0);
	w.peer.rcv_nxt++;
	host_sends(0, 0);
}

static void leg_time_wait(void)
{
	leg_fin_wait_2();
	peer_sends(TCP_FIN, 0);
	host_sends(0, 0);
}

/* A leg in a state; SYN_RECEIVED by a simultaneous open. */
static void (*const leg_in[HF_STATE_NR])(void) = {
	[HF_LISTEN] = leg_listen,
	[HF_SYN_SENT] = leg_syn_sent,
	[HF_SYN_RECEIVED] = leg_syn_crossed,
	[HF_ESTABLISHED] = leg_established,
	[HF_FIN_WAIT_1] = leg_fin_wait_1,
	[HF_FIN_WAIT_2] = leg_fin_wait_2,
	[HF_CLOSE_WAIT] = leg_close_wait,
	[HF_CLOSING] = leg_closing,
	[HF_LAST_ACK] = leg_last_ack,
	[HF_TIME_WAIT] = leg_time_wait,
};

#endif
