/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes ended connections out of the flow table.
 *
 * A sweep goes through the table and decides by the facts; the syscall program
 * hf_reap carries it out, in two steps at least 100 ms apart (bpf/reap.bpf.h).
 */
#ifndef HANDFAST_REAPER_H
#define HANDFAST_REAPER_H

#include <stdint.h>

#include "dataplane.h"

struct reaper {
	struct hf_reap_arg *dying;	/* marked, to be deleted */
	int nr, room;
	uint64_t marked_ms;		/* when the last of them was marked */
	uint64_t swept_ms;
};

/* Delete what was marked long enough ago, and sweep if it is time. */
void reaper_run(struct reaper *r, const struct dataplane *dp, uint64_t now_ms);
void reaper_free(struct reaper *r);

#endif
