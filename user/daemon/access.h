/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who may ask what over the control socket. */
#ifndef HANDFAST_ACCESS_H
#define HANDFAST_ACCESS_H

#include <sys/types.h>

#include "lib/failure.h"

enum access {
	ACCESS_NONE,
	ACCESS_READ,		/* what is shown */
	ACCESS_ALL,
};

#define ACCESS_NO_GROUP	((gid_t)-1)

/*
 * The socket's file becomes root's alone ("") or of the group, too, and *gid that
 * group. 0, or -1 with the failure: it is root's alone then.
 */
int access_set(const char *path, const char *group, gid_t *gid,
	       struct failure *f);

/* Of whoever connected: root may all, members of `gid` may read. */
enum access access_of(int fd, gid_t gid);

#endif
