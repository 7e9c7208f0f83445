/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel tells when a socket of the namespace begins or ends to listen. */
#ifndef HANDFAST_LISTEN_WATCH_H
#define HANDFAST_LISTEN_WATCH_H

#include <linux/types.h>

struct listening;		/* the skeleton */

/* NULL: tracing is not allowed here, which is said. */
struct listening *listen_watch_open(void);

/* How often any did so far. */
const volatile __u32 *listen_watch_changes(const struct listening *watch);

/* NULL is none. */
void listen_watch_close(struct listening *watch);

#endif
