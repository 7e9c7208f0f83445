/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All legs of the instance: what the daemon's loop calls. */
#ifndef HANDFAST_LEGS_H
#define HANDFAST_LEGS_H

#include "leg.h"

#define LEGS_SWEEP_MS 60000 /* records are looked at so often at least */

/* Take the maps' legs over: states from the records, timers anew. 0, or -errno;
 * legs_close() in any case. */
int legs_open(struct legs *l, const struct conn_ops *ops, void *world,
	      const struct config *c, uint64_t now_ms);
void legs_close(struct legs *l);

/* Take in what the data plane reported, and see to all timers. */
void legs_run(struct legs *l, uint64_t now_ms);

/* Records were made behind our back: look at all of them. */
void legs_look(struct legs *l, uint64_t now_ms);

/* So many protected sockets listen. */
void legs_listening(struct legs *l, unsigned int sockets);

/* "3 connections (2 ESTABLISHED, 1 TIME_WAIT)", for the log. */
void legs_summary(const struct legs *l, char *text, size_t size);

#endif
