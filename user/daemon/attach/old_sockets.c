// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Sockets from before SYNs were answered: see dataplane.h. */
#include "dataplane.h"

#define OLD_SOCKETS_MS		120000
#define OLD_SOCKETS_FIRST_MS	1000	/* SYNs that passed last are sockets */
#define OLD_SOCKETS_LOOK_MS	5000

void dataplane_ask_sockets(struct dataplane *dp, __u32 now_ms)
{
	dp->control->ask_until_ms = now_ms + OLD_SOCKETS_MS;
	dp->sockets_due_ms = now_ms + OLD_SOCKETS_FIRST_MS;
	__atomic_store_n(&dp->control->old_sockets, 1, __ATOMIC_RELEASE);
}

struct dataplane_ask_state dataplane_ask_state(const struct dataplane *dp)
{
	const struct hf_control *c = dp->control;

	return (struct dataplane_ask_state){
		.ask_until_ms = c->ask_until_ms,
		.old_sockets = c->old_sockets,
		.due_ms = dp->sockets_due_ms,
	};
}

void dataplane_ask_restore(struct dataplane *dp,
			   const struct dataplane_ask_state *before)
{
	struct hf_control *c = dp->control;

	c->ask_until_ms = before->ask_until_ms;
	c->old_sockets = before->old_sockets;
	dp->sockets_due_ms = before->due_ms;
}

bool dataplane_old_sockets_due(struct dataplane *dp, __u32 now_ms)
{
	struct hf_control *c = dp->control;

	if ((__s32)(c->ask_until_ms - now_ms) <= 0)
		c->old_sockets = 0;
	if (!c->old_sockets || (__s32)(dp->sockets_due_ms - now_ms) > 0)
		return false;
	dp->sockets_due_ms = now_ms + OLD_SOCKETS_LOOK_MS;
	return true;
}

void dataplane_no_sockets(struct dataplane *dp)
{
	dp->control->old_sockets = 0;
}
