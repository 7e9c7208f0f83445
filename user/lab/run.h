/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A flood of a lab, and its clients meanwhile. */
#ifndef HANDFAST_RUN_H
#define HANDFAST_RUN_H

#include "flood.h"
#include "view/lab.h"

struct run_asked {
	uint64_t rate;		/* SYN/s */
	unsigned int seconds;
	/* Each second, with the sums now and a second ago; false ends it. */
	bool (*fn)(const struct lab_view *is, const struct lab_view *was);
};

/*
 * Clients come one after the other, of both IP versions in turn. It ends with SIGINT
 * or SIGTERM as well. 0, or -1 with the failure; then no frame was sent, or none from
 * then on.
 */
int lab_run(struct lab *l, const struct run_asked *asked, struct lab_view *sums,
	    struct failure *why);

#endif
