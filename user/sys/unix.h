/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A datagram to a Unix socket: systemd's, and journald's. */
#ifndef HANDFAST_UNIX_H
#define HANDFAST_UNIX_H

#include <stddef.h>

/* To the socket of that name; one that begins with @ is in the abstract namespace.
 * `flags` of send(2). 0 or -errno. */
int unix_send(const char *name, const void *bytes, size_t len, int flags);

#endif
