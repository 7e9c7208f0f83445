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
#include "view/instance.h"

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
	struct handfast *skel;
	const struct hf_iface *iface;
	uint32_t slot;
	uint8_t mac[6];		/* of the interface */
	struct hf_counters before;
	struct hf_meta meta;
};

/* For frames that come in by the interface of this row. 0, or -1 with the failure
 * and nothing to end. */
int rehearsal_begin(struct rehearsal *r, const struct instance *i,
		    uint32_t slot, const struct hf_iface *iface,
		    const struct hf_tuple *t, struct failure *f);

/* What a segment of the client does is seen by the next one. 0 or -errno. */
int rehearsal_run(struct rehearsal *r, const struct segment *seg,
		  struct rehearsed *out);

void rehearsal_end(struct rehearsal *r);

#endif
