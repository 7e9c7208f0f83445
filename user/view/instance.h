/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An instance as it is found: its maps, and whether its daemon answers. */
#ifndef HANDFAST_INSTANCE_H
#define HANDFAST_INSTANCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/ctl.h"
#include "lib/maps.h"

struct instance {
	const char *name;
	struct maps maps;
	bool running;		/* the daemon answers within CTL_TIMEOUT_MS */
	json_object *config;	/* in force, KEY: value; NULL: not known */
};

/*
 * The maps, from the daemon if it answers, else from the pins. 0, -ENOENT if
 * it is not attached, -EPROTO if another version attached it, -EPERM with
 * `running` if the daemon gives its maps to others only, or -errno.
 * Nothing is open after an error; `running` is set in any case.
 */
int instance_open(struct instance *i, const char *name);

/* What instance_open() returned, in words. */
const char *instance_why(int err);

/* After instance_open() returned 0. */
void instance_close(struct instance *i);

/* Do pins of the instance exist? 0, -ENOENT, or why they cannot be seen. */
int instance_pins(const char *name);

/*
 * " -n NAME" for commands that are proposed, "" for the default; until the next
 * call.
 */
const char *instance_option(const char *name);

#endif
