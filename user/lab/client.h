/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A client of a lab: one connection that asks and is answered. */
#ifndef HANDFAST_CLIENT_H
#define HANDFAST_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * From the client's namespace, where we are: how long it took until the server's line
 * was there, in microseconds, or -errno; -ETIMEDOUT after a second, -EINTR where a
 * signal came.
 */
int64_t client_ask(bool ipv6);

#endif
