/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes ended connections out of the flow table, by the syscall program
 * hf_reap, in two steps at least 100 ms apart (bpf/flow/reap.bpf.h).
 */
#ifndef HANDFAST_REAPER_H
#define HANDFAST_REAPER_H

#include <stdint.h>

#include "ops.h"

#define REAPER_DYING_MS	100	/* a program may hold the record still */

struct reaper_entry {
	struct hf_reap_arg arg;
	uint64_t since_ms;		/* when it was marked */
};

struct reaper {
	const struct conn_ops *ops;
	void *world;
	struct reaper_entry *dying;	/* to be deleted, oldest first */
	int nr, room;
};

/* Mark the record whose life is `life`. False: it is not that one any more. */
bool reaper_mark(struct reaper *r, const struct hf_tuple *t, __u64 life,
		 uint64_t now_ms);

/* Its server is silent: its client's prefix passes for a while. */
void reaper_unanswered(struct reaper *r, const struct hf_tuple *t, __u64 life);

/* Its server's side is there; it is not PENDING any more. */
void reaper_confirm(struct reaper *r, const struct hf_tuple *t, __u64 life);

/* A record that was found marked: delete it with the next ones. */
void reaper_add(struct reaper *r, const struct hf_tuple *t, __u64 life,
		uint64_t now_ms);

/* Forget a half-open record, unless it is a younger one. */
bool reaper_forget(struct reaper *r, const struct hf_tuple *t,
		   const struct hf_half_open *h);

/* Delete what was marked long enough ago. */
void reaper_run(struct reaper *r, uint64_t now_ms);
void reaper_free(struct reaper *r);

#endif
