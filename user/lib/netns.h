/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Network namespaces by name, path, process or number. */
#ifndef HANDFAST_NETNS_H
#define HANDFAST_NETNS_H

#include <sys/types.h>

/* Inode number of the namespace of this process, or 0. */
ino_t netns_own(void);

/* Enter the namespace called `netns`: a name in /run/netns, a path, or a
 * process id. 0 or -errno. */
int netns_enter(const char *netns);

/*
 * Call `fn` in the namespace with inode number `ino`, wherever a name or a
 * process shows it: in a child if it is not our own. Returns what `fn` returns
 * (0 to 127), or -ESRCH where nobody shows it any more, or -errno.
 */
int netns_call(ino_t ino, int (*fn)(void *arg), void *arg);

#endif
