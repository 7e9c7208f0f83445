/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The sockets that listen, as the daemon knows them. The kernel's list is read in
 * pieces, a few with each poll, and the more pieces it has the longer the pause
 * after it: whoever opens sockets by the thousand makes the list old, and keeps
 * nobody waiting. Where tracing is allowed the list is read when a socket began or
 * ended to listen, and else now and then: options of sockets change silently.
 */
#ifndef HANDFAST_LISTENERS_H
#define HANDFAST_LISTENERS_H

#include <linux/types.h>

#include "sys/listener.h"

/* By port, then by address; those of one address and port are one. */
struct listener_list {
	struct listener *at;
	int nr, room;
};

struct listeners {
	struct listener_list list;	/* of the last reading that ended well */
	struct listener_list next;	/* of the one that is on */
	struct listener_reading reading;
	uint64_t begun_ms, ended_ms;	/* the reading that is on; the last one */
	uint32_t took_ms;
	int next_err;
	const volatile __u32 *changes;	/* how often sockets began or ended to
					 * listen; NULL: nobody tells */
	__u32 known;			/* ... when the last reading began */
	int err;			/* of the last one, 0 or -errno */
};

/* All of them at once: at the start. 0 or -errno. */
int listeners_read(struct listeners *l, uint64_t now_ms);

/* With each poll: a few pieces of a reading, where one is on or due. */
void listeners_follow(struct listeners *l, uint64_t now_ms);

void listeners_free(struct listeners *l);

#endif
