/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All connections of the instance: what the daemon's loop calls. */
#ifndef HANDFAST_CONNS_H
#define HANDFAST_CONNS_H

#include "conn.h"

/*
 * Take the connections of the maps over: states from the records, timers anew.
 * `ops` and `world` are set, all else is zero. 0, or -errno; conns_close() in
 * any case.
 */
int conns_open(struct conns *cs, const struct config *config, uint64_t now_ms);
void conns_close(struct conns *cs);

/* Receive what the data plane reported, and see to all timers. */
void conns_run(struct conns *cs, uint64_t now_ms);

/* Records were made behind our back: follow all of them. */
void conns_follow(struct conns *cs, uint64_t now_ms);

/* So many protected sockets listen. */
void conns_listening(struct conns *cs, unsigned int sockets);

/* Connections that a detach of the interface (0: of all) would break: spliced,
 * and not closed by both. */
unsigned int conns_spliced(const struct conns *cs, unsigned int ifindex);
bool conns_any_spliced(const struct conns *cs, unsigned int ifindex);

/*
 * Send both peers of each of them a RST; `end`: and let the connection go. How
 * many there were. Where data is on its way a peer may not believe the first
 * RST, so there have to be two, a moment apart.
 */
unsigned int conns_reset_spliced(struct conns *cs, unsigned int ifindex,
				 bool end, uint64_t now_ms);

/* "3 connections, 2 ESTABLISHED, 1 TIME_WAIT", for the log. */
void conns_summary(const struct conns *cs, char *text, size_t size);

#endif
