// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* sd_notify(3), the protocol of systemd.exec: one datagram. */
#include <stdlib.h>
#include <string.h>

#include "notify.h"
#include "unix.h"

void notify(const char *state)
{
	const char *name = getenv("NOTIFY_SOCKET");

	if (name && name[0])
		unix_send(name, state, strlen(state), 0);
}
