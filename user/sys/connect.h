/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A client's TCP socket that does not block. */
#ifndef HANDFAST_CONNECT_H
#define HANDFAST_CONNECT_H

#include <stdint.h>

/* On its way to an address of either IP version: to be closed, or -errno. */
int connect_begin(const char *addr, uint16_t port);

/* Wait for events of poll(2). 0, -ETIMEDOUT or -errno. */
int connect_wait(int fd, short events, int timeout_ms);

#endif
