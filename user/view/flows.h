/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The connections, one by one. */
#ifndef HANDFAST_VIEW_FLOWS_H
#define HANDFAST_VIEW_FLOWS_H

#include "instance.h"

/* Holds during the call that it is given to. */
struct flow_view {
	const struct hf_tuple *tuple;
	const struct hf_flow *flow;
	enum hf_state state;	/* of the client's leg */
	bool spliced;
	enum hf_state server_state;	/* then: of the server's */
	bool translated;	/* ... and the server has answered: by this */
	uint32_t delta_seq, delta_ts;
	const char *handoff;
	bool options_known;	/* SACK, timestamps, ECN */
	uint32_t idle_s;	/* since a segment of either side */
	uint32_t age_s;
};

/*
 * Call `fn` for each connection until it returns nonzero, which is returned;
 * else 0 or -errno. One may be met twice or not at all, as in
 * map_for_each_flow().
 */
int flows_view_for_each(const struct instance *i,
			int (*fn)(const struct flow_view *v, void *arg),
			void *arg);

#endif
