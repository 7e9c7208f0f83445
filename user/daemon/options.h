/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command line of handfastd. */
#ifndef HANDFAST_OPTIONS_H
#define HANDFAST_OPTIONS_H

#include "lib/config.h"

/* The command line, kept so that it can be read again. */
struct options {
	int argc;
	char **argv;
	char file[PATH_MAX + 256];	/* absolute, after the first reading */
	uint64_t replaced;		/* lists that an option has begun, as
					 * rows of config_keys */
	struct config_error error;
};

/*
 * Fill the configuration: defaults, then the file, then the options. Returns
 * -1 to go on, or the exit status (0 after --help, 1 bad file, 2 bad use), with
 * o->error unless it is 0.
 */
int options_read(struct options *o, struct config *c);

#endif
