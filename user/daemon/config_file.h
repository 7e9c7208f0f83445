/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The configuration file: INI, [handfast] and [service SPEC]. */
#ifndef HANDFAST_CONFIG_FILE_H
#define HANDFAST_CONFIG_FILE_H

#include "lib/config.h"

/* Set what a file says. 0, -ENOENT, or -EINVAL with "file:line: ...". */
int config_read(struct config *c, const char *path, struct config_error *e);

#endif
