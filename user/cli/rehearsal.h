/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the data plane would do with a segment now.
 *
 * The XDP program of an interface is loaded once more, with the constants of the one
 * that runs and with copies of its maps, and is given the segment by
 * BPF_PROG_TEST_RUN: nothing that runs is changed, nothing is sent, nothing is
 * counted. Of the connections only that of the tuple is copied. Not copied are rates:
 * a rehearsal is in the phase that the instance is in.
 */
#ifndef HANDFAST_REHEARSAL_H
#define HANDFAST_REHEARSAL_H

#include "lib/datagram.h"
#include "lib/failure.h"
#include "sys/netns.h"
#include "view/status.h"

#define REHEARSAL_FRAME_MAX	2048

/* What became of a segment. */
struct rehearsed {
	int verdict;		/* XDP_* */
	struct hf_counters counted;
	uint8_t frame[REHEARSAL_FRAME_MAX];	/* as it left */
	uint32_t len;
};

struct handfast;

struct rehearsal {
	/* The caller's: whose frames come in by `iface`. */
	const struct instance *instance;
	const struct iface_view *iface;
	const struct hf_tuple *tuple;

	struct handfast *skel;
	struct netns_id netns;	/* of the interface */
	uint8_t mac[6];		/* likewise */
	uint32_t found;		/* the program's id, 0: none yet */
	bool same;		/* ... and it is of our build */
	struct hf_counters before;
};

/* The rest is zero. 0, or -1 with the failure and nothing to end. */
int rehearsal_begin(struct rehearsal *r, struct failure *f);

/* What a segment of the client does is seen by the next one. 0 or -errno. */
int rehearsal_run(struct rehearsal *r, const struct segment *seg,
		  struct rehearsed *out);

void rehearsal_end(struct rehearsal *r);

#endif
