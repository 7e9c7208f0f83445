/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All records are looked at: after a loss, once in a while, at takeover. */
#ifndef HANDFAST_SWEEP_H
#define HANDFAST_SWEEP_H

#include "conn.h"

#define SWEEP_EVERY_MS 60000

/* Every connection becomes what its record says, at once. */
void sweep_run(struct conns *cs, uint64_t now_ms);

/* The same in slices of 2 ms at most, where it is time or events were lost. */
void sweep_slice(struct conns *cs, uint64_t now_ms);

/* The first sweep: what the daemon before left, if there was one. */
void sweep_take_over(struct conns *cs, uint64_t now_ms);

#endif
