// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who may ask what: see access.h. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access.h"

static int give(const char *path, gid_t gid, mode_t mode)
{
	if (fchmodat(AT_FDCWD, path, 0600, 0) ||
	    fchownat(AT_FDCWD, path, -1, gid, 0) ||
	    fchmodat(AT_FDCWD, path, mode, 0))
		return -errno;
	return 0;
}

int access_set(const char *path, const char *group, gid_t *gid,
	       struct failure *f)
{
	const struct group *g = *group ? getgrnam(group) : NULL;
	int err;

	*gid = ACCESS_NO_GROUP;
	if (*group && !g)
		return failure_set(f, "control_group: '%s': no such group",
				   group);
	err = give(path, g ? g->gr_gid : 0, g ? 0660 : 0600);
	if (err)
		return failure_set(f, "%s: %s", path, strerror(-err));
	if (g)
		*gid = g->gr_gid;
	return 0;
}

/* Supplementary groups, of the moment of connecting. */
static bool has_group(int fd, gid_t gid)
{
	socklen_t len = 0;
	gid_t *groups, none;
	bool has = false;

	if (!getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, &none, &len) ||
	    errno != ERANGE)
		return false;	/* there are none */
	groups = malloc(len);
	if (groups && !getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len))
		for (size_t i = 0; !has && i < len / sizeof(*groups); i++)
			has = groups[i] == gid;
	free(groups);
	return has;
}

enum access access_of(int fd, gid_t gid)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return ACCESS_NONE;
	if (!cred.uid)
		return ACCESS_ALL;
	if (gid == ACCESS_NO_GROUP)
		return ACCESS_NONE;
	return cred.gid == gid || has_group(fd, gid) ? ACCESS_READ
						     : ACCESS_NONE;
}
