// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Beginning and ending to listen: see listen_watch.h. */
#include <errno.h>
#include <string.h>

#include "lib/log.h"
#include "listen_watch.h"
#include "listening.skel.h"
#include "sys/netns.h"

/* By the functions, or by the tracepoint. NULL and errno: not here. */
static struct listening *try_to_watch(bool functions)
{
	struct listening *watch = listening__open();
	int err;

	if (!watch)
		return NULL;
	bpf_program__set_autoload(watch->progs.hf_listen_start, functions);
	bpf_program__set_autoload(watch->progs.hf_listen_stop, functions);
	bpf_program__set_autoload(watch->progs.hf_listening, !functions);
	watch->rodata->netns_cookie = netns_own().cookie;
	if (!listening__load(watch) && !listening__attach(watch))
		return watch;
	err = errno;
	listening__destroy(watch);
	errno = err;
	return NULL;
}

struct listening *listen_watch_open(void)
{
	struct listening *watch = try_to_watch(true) ?: try_to_watch(false);

	if (!watch)
		log_info("services: no tracing (%s), listening sockets are "
			 "looked for now and then",
			 strerror(errno));
	return watch;
}

const volatile __u32 *listen_watch_changes(const struct listening *watch)
{
	return &watch->bss->changes;
}

void listen_watch_close(struct listening *watch)
{
	listening__destroy(watch);
}
