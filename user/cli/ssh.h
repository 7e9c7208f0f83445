/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Is this a terminal of somebody who came by ssh? */
#ifndef HANDFAST_SSH_H
#define HANDFAST_SSH_H

#include <stdbool.h>

/* A terminal, and the session's packets come in by this interface. */
bool ssh_comes_by(const char *iface);

#endif
