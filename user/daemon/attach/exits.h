/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which way answers leave, out of routes and rules: the map `exits`. */
#ifndef HANDFAST_EXITS_H
#define HANDFAST_EXITS_H

#include <netinet/in.h>

#include "dataplane.h"
#include "iface.h"

struct exits {
	int listener;		/* sys/route.h, or -1 */
	bool due;		/* the last look did not get to its end */
	bool told;		/* the data plane, at least once */
	uint64_t attached;	/* by slot, when it was */
	bool over;		/* there is more than the map holds */
	bool several;		/* some answers leave by no attached one */
	struct in6_addr from[HF_EXIT_ADDRS_MAX];	/* that rules name: the
					 * first is 1 in hf_service.exits */
	int froms;
	int err;		/* of the last look */
};

/* 0 or -errno. */
int exits_open(struct exits *x);
void exits_close(struct exits *x);

/* Read routes and rules again if any of them or of the interfaces changed, and
 * tell the data plane. 0 or -errno: it goes on by what was. */
int exits_follow(struct exits *x, const struct iface *iface,
		 const struct dataplane *dp);

#endif
