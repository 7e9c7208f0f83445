/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* File and command line once more, under a running data plane. */
#ifndef HANDFAST_RELOAD_H
#define HANDFAST_RELOAD_H

#include "daemon.h"

#define RELOAD_LATER_MAX	64	/* as many as there may be keys */

/* Keys that changed and take effect at the next start only. */
struct reload {
	const char *later[RELOAD_LATER_MAX];
	int later_nr;
};

/*
 * Read again and bring everything in step; what is done is logged. 0, or -1
 * with the failure and with everything as it was.
 */
int reload_config(struct daemon *d, struct reload *r, struct failure *f);

#endif
