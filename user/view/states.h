/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How many legs are in each state, and how often each was entered. */
#ifndef HANDFAST_VIEW_STATES_H
#define HANDFAST_VIEW_STATES_H

#include "kernel.h"

struct states_view {
	struct hf_leg_states leg[HF_LEG_NR];
	struct kernel_view kernel;
	bool splices;		/* some connection had a server's leg */
};

/*
 * The daemon's gauges while it answers, else what the records say at this
 * moment. 0 or -errno.
 */
int states_view_read(const struct instance *i, struct states_view *v);

/* The same, and `kernel` is left as it is: all sockets of this host are a walk. */
int states_view_read_legs(const struct instance *i, struct states_view *v);

#endif
