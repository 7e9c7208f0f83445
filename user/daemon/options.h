/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command line of handfastd. */
#ifndef HANDFAST_OPTIONS_H
#define HANDFAST_OPTIONS_H

#include "config.h"

/*
 * Fill the configuration: defaults, then the file, then the options. Returns
 * -1 to go on, or the exit status (0 after --help, 1 bad file, 2 bad use).
 */
int options_read(struct config *c, int argc, char **argv);

#endif
