/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the CLI shows, shown by the daemon for those to whom it gives no maps. */
#ifndef HANDFAST_SHOWN_H
#define HANDFAST_SHOWN_H

#include "daemon.h"
#include "show/show.h"

/*
 * Do `command` as `request` says it (lib/ctl.h). Returns a file with what the CLI
 * would print, which nobody can change, to be closed, and its exit; or -1 with the
 * failure.
 */
int shown_make(const struct daemon *d, const struct show_command *command,
	       json_object *request, int *exit, struct failure *f);

#endif
