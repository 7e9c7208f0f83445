/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The outside of the daemon's connections: see ops.h. */
#ifndef HANDFAST_EFFECTS_H
#define HANDFAST_EFFECTS_H

#include "daemon/attach/dataplane.h"
#include "ops.h"
#include "lib/segment.h"

struct ring_buffer;

/* The `world` of effects_ops. */
struct effects {
	const struct dataplane *dp;
	struct hf_states *states;	/* mapped */
	struct segment_sockets sockets;
	struct ring_buffer *ring;
	on_event_fn on_event;		/* of the walk that goes on */
	void *on_event_arg;
	bool reap_failed;		/* and it was said */
};

extern const struct conn_ops effects_ops;

/* In the attached namespace, of a data plane that is open. 0, or -1 with the
 * failure; effects_close() in any case. */
int effects_open(struct effects *e, const struct dataplane *dp,
		 struct failure *f);
void effects_close(struct effects *e);

#endif
