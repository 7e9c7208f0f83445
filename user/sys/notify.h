/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* sd_notify(3): tell whoever started us that we are ready. */
#ifndef HANDFAST_NOTIFY_H
#define HANDFAST_NOTIFY_H

/* Send `state` ("READY=1") to $NOTIFY_SOCKET, if there is one. */
void notify(const char *state);

#endif
