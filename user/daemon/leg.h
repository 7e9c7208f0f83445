/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The legs that the daemon knows: their states, and who changes them.
 */
#ifndef HANDFAST_LEG_H
#define HANDFAST_LEG_H

#include "config.h"
#include "dataplane.h"
#include "fsm.h"
#include "reaper.h"
#include "segment.h"
#include "timer.h"

/* What a leg waits for; its only timer. */
enum leg_wait {
	LEG_WAIT_SYN_ACK,	/* repeat the SYN-ACK, or give up */
	LEG_WAIT_2MSL,
	LEG_WAIT_IDLE,		/* keepalive: silent for long enough? */
	LEG_WAIT_PROBE,		/* keepalive: was the last one answered? */
	LEG_WAIT_CHECK,		/* does the kernel have the socket still? */
	LEG_WAIT_NR,
};

/*
 * One leg. `state` is written by leg_enter() alone, which also moves the gauges.
 * A leg lives as long as its record: in `half_open` while SYN_RECEIVED by a
 * passive open, in `flows` from then on.
 */
struct leg {
	struct timer timer;		/* first: timers lead to their leg */
	struct hf_tuple tuple;
	__u32 id;			/* the record's generation; irs while
					 * half open */
	__u32 waits_since_ms;		/* keepalive: first probe of this row */
	struct leg *next;		/* of the same bucket */
	__u16 service;
	__u8 state;			/* enum hf_state */
	__u8 wait;			/* enum leg_wait */
	__u8 tries;			/* SYN-ACKs or probes sent */
	__u8 epoch;			/* of the sweep that met it */
};

#define LEG_QUEUES_MAX	256		/* different timeouts at a time */

struct leg_queue {
	struct timer_queue timers;
	uint64_t after_ms;
};

struct ring_buffer;

struct legs {
	const struct dataplane *dp;
	const struct config *config;
	struct hf_states *states;	/* mapped */
	struct leg **bucket;
	unsigned int buckets, nr;
	struct leg_queue queue[LEG_QUEUES_MAX];
	int queues;
	struct reaper reaper;
	struct segment_sockets sockets;
	struct ring_buffer *ring;
	uint64_t now_ms;		/* for its callback */
	__u64 lost;			/* events, when the last sweep began */
	uint64_t swept_ms, sweep_took_ms;
	uint64_t second_ms;		/* of the budgets below */
	unsigned int repeats, checks;	/* in this second */
	__u8 epoch;
	bool quiet;			/* taking over: nothing is entered */
};

/* Take the maps' legs over: states from the records, timers anew. 0, or -1. */
int legs_open(struct legs *l, const struct dataplane *dp,
	      const struct config *c, uint64_t now_ms, struct failure *f);
void legs_close(struct legs *l);

/* Take in what the data plane reported, and see to all timers. */
void legs_run(struct legs *l, uint64_t now_ms);

/* So many protected sockets listen. */
void legs_listening(struct legs *l, unsigned int sockets);

/* "3 connections (2 ESTABLISHED, 1 TIME_WAIT)", for the log. */
void legs_summary(const struct legs *l, char *text, size_t size);

#endif
