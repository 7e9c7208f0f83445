// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Beginning and ending to listen: see listen_watch.h. */
#include <errno.h>
#include <string.h>

#include "lib/log.h"
#include "listen_watch.h"
#include "listening.skel.h"
#include "sys/netns.h"

struct listening *listen_watch_open(void)
{
	struct listening *watch = listening__open();

	if (watch) {
		watch->rodata->netns_cookie = netns_own().cookie;
		if (!listening__load(watch) && !listening__attach(watch))
			return watch;
	}
	log_info("services: no tracing (%s), listening sockets are looked for "
		 "now and then",
		 strerror(errno));
	listening__destroy(watch);
	return NULL;
}

const volatile __u32 *listen_watch_changes(const struct listening *watch)
{
	return &watch->bss->changes;
}

void listen_watch_close(struct listening *watch)
{
	listening__destroy(watch);
}
