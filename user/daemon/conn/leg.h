/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The legs that the daemon knows: their states, and who changes them.
 */
#ifndef HANDFAST_LEG_H
#define HANDFAST_LEG_H

#include "lib/config.h"
#include "lib/fsm.h"
#include "ops.h"
#include "reaper.h"
#include "timer.h"

/* What a leg waits for; its only timer. */
enum leg_wait {
	LEG_WAIT_SYN_ACK, /* repeat the SYN-ACK, or give up */
	LEG_WAIT_2MSL,
	LEG_WAIT_IDLE,	/* keepalive: silent for long enough? */
	LEG_WAIT_PROBE, /* keepalive: was the last one answered? */
	LEG_WAIT_CHECK, /* does the kernel have the socket still? */
	LEG_WAIT_NR,
};

/*
 * One leg. `state` is written by leg_enter() alone, which also moves the
 * gauges. A leg lives as long as its record: in `half_open` while SYN_RECEIVED
 * by a passive open, in `flows` from then on.
 */
struct leg {
	struct timer timer; /* first: timers lead to their leg */
	struct hf_tuple tuple;
	__u32 id;	      /* the record's generation; irs while
			       * half open */
	__u32 heard_ms;	      /* keepalive: last before these probes */
	struct leg *next;     /* of the same bucket */
	__u16 service;
	__u8 state; /* enum hf_state */
	__u8 wait;  /* enum leg_wait */
	__u8 tries; /* SYN-ACKs or probes sent */
	__u8 epoch; /* of the sweep that met it */
};

#define LEG_SYN_ACK_RTO_MS 1000U /* RFC 6298 2.1; doubles */
#define LEG_SILENT_MS 65000	 /* the kernel's 60 s and timer slack */
#define LEG_QUEUES_MAX 256	 /* different timeouts at a time */

struct leg_queue {
	struct timer_queue timers;
	uint64_t after_ms;
};

struct legs {
	const struct conn_ops *ops;
	void *world; /* theirs */
	const struct config *config;
	struct hf_states *states;
	struct leg **bucket;
	unsigned int buckets, nr;
	struct leg_queue queue[LEG_QUEUES_MAX];
	int queues;
	struct reaper reaper;
	__u64 lost;	 /* events, when the last sweep began */
	uint64_t swept_ms, sweep_took_ms;
	uint64_t second_ms;	      /* of the budgets below */
	unsigned int repeats, checks; /* in this second */
	__u8 epoch;
	bool quiet; /* taking over: nothing is entered */
};

/* Where the tuple's leg hangs, or would: *place is NULL without one. */
struct leg **leg_place(const struct legs *l, const struct hf_tuple *t);
/* NULL without memory: the next sweep tries again. */
struct leg *leg_new(struct legs *l, const struct hf_tuple *t,
		    enum hf_state state);
/* The leg's record is gone or another one's. */
void leg_free(struct legs *l, struct leg *leg);
/* The one writer of a leg's state. `event`: the arrow, or -1: the record. */
void leg_enter(struct legs *l, struct leg *leg, enum hf_state to, int event);
/* The tuple's record, unless it is dying. */
bool leg_read_flow(const struct legs *l, const struct hf_tuple *t,
		   struct hf_flow *f);
/* The tuple's half-open record, if we answered its SYN. */
bool leg_read_half(const struct legs *l, const struct hf_tuple *t,
		   struct hf_half_open *h);
/* In SYN_RECEIVED by a passive open. */
bool leg_is_half_open(const struct leg *leg);
/*
 * Of a record's clock, which wraps after 49.7 days. Who has not been there yet
 * counts as now: records change meanwhile.
 */
__u32 leg_age_ms(__u32 then_ms, __u32 now_ms);
/* The timers of its service. */
const struct config_timers *leg_timers(const struct legs *l,
				       const struct leg *leg);

/* (Re)start the leg's timer. */
void leg_wait(struct legs *l, struct leg *leg, enum leg_wait what,
	      uint64_t now_ms, uint64_t after_ms);
/* How long a leg may be silent before its socket is asked for. */
__u32 leg_silent_ms(const struct legs *l, const struct leg *leg);
/* When nothing else is waited for: is the socket still there? */
void leg_wait_check(struct legs *l, struct leg *leg, uint64_t now_ms);
/* Keepalive, if its service has it. */
void leg_wait_idle(struct legs *l, struct leg *leg, uint64_t now_ms);
void leg_wait_2msl(struct legs *l, struct leg *leg, uint64_t now_ms);
void leg_wait_syn_ack(struct legs *l, struct leg *leg, uint64_t now_ms);
/* The rest of a timeout of which `gone_ms` are over; late by a 32nd at most. */
void leg_wait_rest(struct legs *l, struct leg *leg, enum leg_wait what,
		   uint64_t now_ms, uint64_t after_ms, uint64_t gone_ms);
/* What a leg in its state waits for. */
void leg_rest(struct legs *l, struct leg *leg, uint64_t now_ms);
/* How many repetitions lie before an age: at 1, 3, 7, 15, 31 s. */
unsigned int leg_syn_ack_tries(__u32 age);

#endif
