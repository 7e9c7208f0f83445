/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A flood of a lab, and its clients meanwhile. */
#ifndef HANDFAST_RUN_H
#define HANDFAST_RUN_H

#include "flood.h"

/* What came of it so far. */
struct run_sums {
	uint64_t at_us;		/* since it began */
	uint64_t sent;		/* SYNs */
	uint64_t served, failed;	/* clients */
	uint64_t slowest_us;	/* of those that were served */
};

struct run_asked {
	uint64_t rate;		/* SYN/s */
	unsigned int seconds;
	/* Each second, with the sums now and a second ago; false ends it. */
	bool (*fn)(const struct run_sums *is, const struct run_sums *was);
};

/*
 * Clients come one after the other, of both IP versions in turn. It ends with SIGINT
 * or SIGTERM as well. 0, or -1 with the failure; then no frame was sent, or none from
 * then on.
 */
int lab_run(struct lab *l, const struct run_asked *asked, struct run_sums *sums,
	    struct failure *why);

#endif
