/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Generations of the marks that servers behind this host leave: see
 * bpf/state/seen.bpf.h. */
#ifndef HANDFAST_SEEN_H
#define HANDFAST_SEEN_H

#include "dataplane.h"

/* tc begins to listen somewhere: what is not marked says nothing for a
 * generation. */
void seen_restart(struct dataplane *dp, uint64_t now_ms);

/* With each tick: begin a new generation when it is time. */
void seen_follow(struct dataplane *dp, unsigned int idle_ms, uint64_t now_ms);

#endif
