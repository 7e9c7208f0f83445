// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Network namespaces: see netns.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns.h"

#define NETNS_NAMES	"/run/netns"

ino_t netns_own(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) ? 0 : st.st_ino;
}

int netns_enter(const char *netns)
{
	char path[PATH_MAX];
	int fd, err = 0;

	if (strchr(netns, '/'))
		snprintf(path, sizeof(path), "%s", netns);
	else if (netns[strspn(netns, "0123456789")])
		snprintf(path, sizeof(path), NETNS_NAMES "/%s", netns);
	else
		snprintf(path, sizeof(path), "/proc/%s/ns/net", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (setns(fd, CLONE_NEWNET))
		err = -errno;
	close(fd);
	return err;
}

/* Open what `dir`/ENTRY`below` shows, if one of them is it. */
static int find_below(const char *dir, const char *below, ino_t ino)
{
	char path[PATH_MAX];
	struct dirent *d;
	struct stat st;
	int fd = -1;
	DIR *dp = opendir(dir);

	while (dp && fd < 0 && (d = readdir(dp))) {
		snprintf(path, sizeof(path), "%s/%s%s", dir, d->d_name, below);
		if (d->d_name[0] != '.' && !stat(path, &st) &&
		    st.st_ino == ino)
			fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (dp)
		closedir(dp);
	return fd;
}

int netns_call(ino_t ino, int (*fn)(void *arg), void *arg)
{
	int fd, status;
	pid_t pid;

	if (ino == netns_own())
		return fn(arg);
	fd = find_below(NETNS_NAMES, "", ino);
	if (fd < 0)
		fd = find_below("/proc", "/ns/net", ino);
	if (fd < 0)
		return -ESRCH;
	pid = fork();
	if (!pid)
		_exit(setns(fd, CLONE_NEWNET) ? 127 : fn(arg) & 127);
	close(fd);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}
