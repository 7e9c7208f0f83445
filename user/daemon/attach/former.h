/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an earlier daemon of the same name left pinned: may it be taken over?
 *
 * Of another layout only what every version reads alike is: the hooks, by their
 * pins, and `splice_v1`, which translates spliced connections. Both pins move to
 * this version's directory; programs are replaced in their places as ever, and
 * each connection gets a new record (bpf/flow/carry.bpf.h): before the first
 * program is replaced, and again after the last one was, for those that were
 * made meanwhile. Then what is left of the other version goes. Its keys do too:
 * a handshake that is under way at that moment is refused.
 */
#ifndef HANDFAST_FORMER_H
#define HANDFAST_FORMER_H

#include "dataplane.h"

/*
 * Is there another layout? `dp->former` is its directory, if its connections can
 * go on. 0, or -1 with the failure: it cannot be taken over.
 */
int former_check_layout(struct dataplane *dp, const char *name,
			struct failure *f);

/* 0, or -1 with the failure: attached in another network namespace. What is
 * left of one that is gone is removed. */
int former_check_netns(struct dataplane *dp, const char *name,
		       struct failure *f);

/* Move the pins of `dp->former` that are taken over; none is there: nothing. 0,
 * or -1 with the failure. */
int former_take(const struct dataplane *dp, const struct config *c,
		struct failure *f);

/* Make the records of its connections that have none. Returns how many. */
unsigned int former_carry(const struct dataplane *dp);

/* All programs were replaced: remove what is left of it. */
void former_forget(struct dataplane *dp);

#endif
