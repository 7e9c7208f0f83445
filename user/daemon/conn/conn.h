/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The connections that the daemon knows, their legs, and who changes a leg's
 * state.
 */
#ifndef HANDFAST_CONN_H
#define HANDFAST_CONN_H

#include "budget.h"
#include "lib/config.h"
#include "lib/fsm.h"
#include "ops.h"
#include "reaper.h"
#include "timer.h"

/* What a leg waits for; its only timer. */
enum leg_wait {
	LEG_WAIT_SYN_ACK, /* repeat the SYN-ACK, or give up */
	LEG_WAIT_SYN,	  /* the same with the SYN to the server */
	LEG_WAIT_SERVER, /* a record that is PENDING: is there a socket? Of the
			  * server's leg while it has no role */
	LEG_WAIT_UPDATE, /* of a splice: has the client heard of its window? */
	LEG_WAIT_2MSL,
	LEG_WAIT_IDLE,	/* keepalive: silent for long enough? */
	LEG_WAIT_PROBE, /* keepalive: was the last one answered? */
	LEG_WAIT_CHECK, /* does the kernel have the socket still? */
	LEG_WAIT_NR,
};

/* One end of TCP (RFC 9293 3.3.2). `state` is written by leg_enter() alone. */
struct leg {
	struct timer timer; /* first: timers lead to their leg */
	__u32 heard_ms;	    /* keepalive: last before these probes */
	__u8 which;	    /* enum hf_leg: its place in the connection */
	__u8 role;	    /* enum fsm_role: none if there is no such leg */
	__u8 state;	    /* enum hf_state */
	__u8 wait;	    /* enum leg_wait */
	__u8 tries;	    /* SYN-ACKs, SYNs or probes sent */
};

/*
 * One connection. It lives as long as its record: in `half_open` while the
 * client's leg is in SYN_RECEIVED by a passive open, in `flows` from then on.
 */
struct conn {
	struct hf_tuple tuple;
	__u32 id; /* the record's generation; irs while half open */
	__u16 service;
	__u8 epoch;	   /* of the sweep that met it */
	bool half_over;	   /* counted as a client's leg in CLOSED whose
			    * record is there: the server's leg is open */
	struct conn *next; /* of the same bucket */
	struct leg leg[HF_LEG_NR];
};

#define CONN_QUEUES_MAX 256 /* different timeouts at a time */

struct conn_queue {
	struct timer_queue timers;
	uint64_t after_ms;
};

/* Where a sweep stands: sweep.h. */
enum sweep_part {
	SWEEP_NONE,
	SWEEP_FLOWS,
	SWEEP_HALF_OPEN,
	SWEEP_UNMET,
};

struct sweep {
	enum sweep_part part;
	struct map_cursor cursor;
	unsigned int bucket;
};

struct conns {
	const struct conn_ops *ops;
	void *world; /* theirs */
	const struct config *config;
	struct hf_states *states;
	struct conn **bucket;
	unsigned int buckets, nr;
	__u64 secret[2]; /* of the hash: clients choose their tuples */
	struct conn_queue queue[CONN_QUEUES_MAX];
	int queues;
	struct reaper reaper;
	__u64 lost; /* events, when the last sweep began */
	struct sweep sweep;
	uint64_t swept_ms; /* when the last one ended */
	uint64_t second_ms;	      /* of the budgets below */
	unsigned int checks, asks;    /* in this second */
	struct budget repeats;
	__u8 epoch;
	bool quiet; /* taking over: nothing is entered */
};

/* The table of connections, empty. 0, or -errno. */
int conn_table_open(struct conns *cs);
/* All connections go; nothing is counted any more. */
void conn_table_close(struct conns *cs);

/* The connection of a tuple, or NULL. */
struct conn *conn_find(const struct conns *cs, const struct hf_tuple *t);
/*
 * A connection whose client's leg is in LISTEN, for a passive open, or in
 * CLOSED: for an active one, until its record tells. NULL without memory: the
 * next sweep tries again.
 */
struct conn *conn_new(struct conns *cs, const struct hf_tuple *t,
		      enum hf_state state);
/* Its tuple has another record: whatever its legs waited for is void. */
void conn_renew(struct conn *c, __u32 id);
/* Its record is gone, or is another connection's. */
void conn_free(struct conns *cs, struct conn *c);

/* The connection that a leg is of. */
struct conn *leg_conn(struct leg *leg);
/*
 * The one writer of a leg's state: moves the gauges and counts. `event` is the
 * arrow, or -1: the record says so.
 */
void leg_enter(struct conns *cs, struct leg *leg, enum hf_state to, int event);

/* In SYN_RECEIVED by a passive open: its record is in `half_open`. */
bool conn_is_half_open(const struct conn *c);
/* Has it a leg towards the server, too? */
bool conn_is_spliced(const struct conn *c);
/* Is some leg not CLOSED? */
bool conn_is_open(const struct conn *c);
/* The timers of its service. */
const struct config_timers *conn_timers(const struct conns *cs,
					const struct conn *c);

/* The tuple's record, whatever its generation, unless it is dying. */
bool conns_read_flow(const struct conns *cs, const struct hf_tuple *t,
		     struct hf_flow *f);
/* The tuple's half-open record, if we answered its SYN. */
bool conns_read_half_open(const struct conns *cs, const struct hf_tuple *t,
			  struct hf_half_open *h);
/* The same, if it is the connection's own. */
bool conn_read_flow(const struct conns *cs, const struct conn *c,
		    struct hf_flow *f);
bool conn_read_half_open(const struct conns *cs, const struct conn *c,
			 struct hf_half_open *h);

#endif
