/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Network namespaces by name, path, process or number. */
#ifndef HANDFAST_NETNS_H
#define HANDFAST_NETNS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Which namespace: its inode number, by which it is found, and its cookie,
 * which no other one ever has (SO_NETNS_COOKIE); inode numbers come again.
 */
struct netns_id {
	ino_t ino;
	uint64_t cookie;
};

/* Of this process; zero if it cannot be told. */
struct netns_id netns_own(void);
bool netns_same(const struct netns_id *a, const struct netns_id *b);

/* The namespace called `netns`: a name in /run/netns, a path, or a process id. A
 * file descriptor to be closed, or -errno. */
int netns_open(const char *netns);

/* The inode number of that namespace, or 0. */
ino_t netns_number(const char *netns);

/* Enter it. 0 or -errno. */
int netns_enter(const char *netns);

/* A new one, which we are in then: a file descriptor to be closed, or -errno. */
int netns_make(void);

/*
 * Give the namespace that we are in a name in /run/netns, as `ip netns add` does.
 * 0 or -errno; -EEXIST: something is called so.
 */
int netns_name(const char *name);

/* Is there something in /run/netns that is called so? */
bool netns_is_name(const char *name);

/* Take a name away, as `ip netns delete` does: who is in the namespace stays there,
 * without anybody it ends. 0 or -errno. */
int netns_unname(const char *name);

/*
 * Call `fn` in that namespace, wherever a name, a process or a mount shows it:
 * in a child if it is not our own. Returns what `fn` returns (0 to 100), or
 * -ESRCH where nobody shows it any more, or -errno.
 */
int netns_call(const struct netns_id *id, int (*fn)(void *arg), void *arg);

/* Is it still there, as far as can be seen? */
bool netns_exists(const struct netns_id *id);

#endif
