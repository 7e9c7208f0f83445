/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* handfastd: what its parts share. One thread, one event loop. */
#ifndef HANDFAST_DAEMON_H
#define HANDFAST_DAEMON_H

#include <event2/event.h>

#include "daemon/service/brakes.h"
#include "lib/config.h"
#include "daemon/attach/dataplane.h"
#include "daemon/attach/exits.h"
#include "lib/failure.h"
#include "daemon/attach/iface.h"
#include "daemon/conn/effects.h"
#include "daemon/conn/conns.h"
#include "incident.h"
#include "options.h"
#include "daemon/service/keys.h"
#include "daemon/service/listen_watch.h"
#include "daemon/service/services.h"

struct daemon {
	struct config config;
	struct options options;		/* to read it again */
	struct dataplane dp;
	struct iface iface[HF_IFACES_MAX];
	struct exits exits;
	struct listening *watch;	/* of `listeners`, or NULL */
	struct listeners listeners;
	struct services services;
	struct brakes brakes;
	struct keys keys;
	struct effects effects;
	struct conns conns;
	struct hf_meta meta;		/* as last published */
	struct services_view view;
	struct event_base *base;
	struct event *tick;
	struct event *poll;		/* events and timers */
	struct event *filters;		/* of tc, where it has such, or NULL */
	struct event *signals[4];
	int lock;			/* held as long as it runs */
	struct event *control;		/* the listening socket */
	struct client *clients;		/* connected to it */
	struct metrics *metrics;	/* by HTTP, or NULL */
	gid_t control_gid;		/* whose members may read, or -1 */
	bool draining;			/* ends when all interfaces are drained */
	int services_err;		/* of the last look at sockets */
	uint32_t flood_since_ms;	/* of the last flood that was met */
	struct incident incident;
	bool leave;			/* exit, the data plane stays */
};

/* The services stand in the maps before the first packet looks for them. 0, or
 * -1 with the failure. */
int daemon_fill_services(struct daemon *d, struct failure *f);

/* All hooks are this version's: what is left of another layout goes, but for its
 * spliced connections. */
void daemon_end_former(struct daemon *d, uint64_t now_ms);

/* Connections that exist already get their records: after attaching, before
 * arming, so that no segment of them is missed. */
void daemon_adopt(struct daemon *d, uint64_t now_ms);

/* Look at everything that may have changed; publish what people read. */
void daemon_refresh(struct daemon *d, uint64_t now_ms);

/* What the data plane holds by itself is looked at, mended and let go. */
void daemon_let_go(struct daemon *d, uint64_t now_ms);

/* New keys at once. 0, or -1 with the failure, and then the old ones stay. */
int daemon_rotate_keys(struct daemon *d, uint64_t now_ms, struct failure *f);

/* What is to be done every quarter of a second. */
void daemon_tick(struct daemon *d, uint64_t now_ms);

#endif
