/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Timing one way through the data plane; its rows and the clients. */
#ifndef TESTS_COST_RUN_H
#define TESTS_COST_RUN_H

#include "cost.h"
#include "rig.h"

/* What is timed. DROP, TX and DROP_TC are what the rows below are compared to. */
enum cost_target {
	COST_DROP,
	COST_TX,
	COST_LOOKUP,  /* the kernel's socket lookup */
	COST_FIND,    /* the flow's */
	COST_NOTE,    /* ... and the least that a segment adds to it */
	COST_ASK,     /* the least of knowing that there is none */
	COST_FLOOR,   /* the least answer, tests/bench/floor.bpf.c */
	COST_INGRESS, /* hf_ingress */
	COST_DROP_TC,
	COST_FIND_TC,
	COST_RENUMBER_TC, /* the least of a translated one */
	COST_TC_IN,  /* hf_tc_in */
	COST_TC_OUT, /* hf_tc_out */
};

/* What a row is a multiple of. */
enum cost_base {
	COST_OF_NOTHING,
	COST_OF_FIND,  /* the look-up of a flow alone */
	COST_OF_FLOOR, /* the floor; both above a bare XDP_TX */
	COST_OF_OTHER, /* a port that is not protected */
	COST_OF_LEAST, /* the least that such a segment can cost */
	COST_BASES,
};

struct cost_row {
	const char *name;
	const char *key; /* of the result; NULL: nobody asks for it */
	struct spec in;
	enum cost_target target;
	enum cost_pick pick;
	bool from_server;
	int verdict;
	enum hf_counter counter; /* that all packets must count as */
	bool uncounted;		 /* ... but this way has none */
	bool above_lookup;	 /* compared to the socket lookup above it */
	bool flood;
	bool calm;  /* SYNs are remembered */
	bool idle;  /* mode auto, calm, nothing is recorded */
	bool fresh;  /* of clients without a flow, which get one */
	bool proved; /* of clients whose third segment XDP just saw */
	enum cost_base base, of; /* it is one, or a multiple of one above */
	bool of_least; /* it is a multiple of COST_OF_LEAST besides */
};

struct cost_table {
	const struct cost_row *row;
	int nr;
};

extern const struct cost_table cost_reqsk, cost_splice;

#define COST_FRESH	32768U	/* clients without a flow, for one round */
#define COST_CHUNK	4096U	/* packets whose events the ring holds */

extern struct rig cost_rig;

/* The data plane and the front ends; room for `max_flows` + fresh clients. */
void cost_load(uint32_t max_flows);

/* Nanoseconds a packet, the front end included; checks where they went. */
double cost_run(const struct cost_row *row, uint32_t first, uint32_t count,
		uint32_t packets);

/* Map `clients`: the flows' (IPv4, then IPv6), then those without. */
void clients_map(int fd, uint32_t max_flows);
uint32_t clients_first(bool ip6);
uint32_t clients_fresh(void);

/* New clients, each with a cookie for its third segment. */
void clients_mint(uint32_t first, uint32_t count, bool ip6);

/* Their servers have answered: the spliced flows are open. */
void clients_open(uint32_t first, uint32_t count, bool ip6);

/* The table's memory is in the order of creation: ask in another one. */
void clients_shuffle(uint32_t first, uint32_t count);

/* End their flows, as the daemon does. */
void clients_remove(uint32_t first, uint32_t count, bool ip6);

#endif
