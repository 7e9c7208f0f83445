// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Network namespaces: see netns.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns.h"

#define NETNS_NAMES	"/run/netns"

#define SO_NETNS_COOKIE_	71	/* asm-generic/socket.h, Linux 5.14 */
#define CHILD_FAILED	127
#define CHILD_OTHER	126		/* the inode number came again */

struct netns_id netns_own(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct netns_id id = {};
	socklen_t len = sizeof(id.cookie);
	struct stat st;

	if (!stat("/proc/self/ns/net", &st))
		id.ino = st.st_ino;
	if (fd < 0)
		return id;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE_, &id.cookie, &len))
		id.cookie = 0;
	close(fd);
	return id;
}

bool netns_same(const struct netns_id *a, const struct netns_id *b)
{
	return a->ino == b->ino && a->cookie == b->cookie;
}

static void name_path(char path[PATH_MAX], const char *name)
{
	snprintf(path, PATH_MAX, NETNS_NAMES "/%s", name);
}

int netns_open(const char *netns)
{
	char path[PATH_MAX];
	int fd;

	if (strchr(netns, '/'))
		snprintf(path, sizeof(path), "%s", netns);
	else if (netns[strspn(netns, "0123456789")])
		name_path(path, netns);
	else
		snprintf(path, sizeof(path), "/proc/%s/ns/net", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

ino_t netns_number(const char *netns)
{
	int fd = netns_open(netns);
	struct stat st;
	ino_t number;

	if (fd < 0)
		return 0;
	number = fstat(fd, &st) ? 0 : st.st_ino;
	close(fd);
	return number;
}

int netns_enter(const char *netns)
{
	int fd = netns_open(netns), err = 0;

	if (fd < 0)
		return fd;
	if (setns(fd, CLONE_NEWNET))
		err = -errno;
	close(fd);
	return err;
}

int netns_make(void)
{
	return unshare(CLONE_NEWNET) ? -errno : netns_open("/proc/self/ns/net");
}

/* Mounts below it have to be seen in other mount namespaces, as those of `ip netns
 * exec`: it is a mount of its own, and shared. */
static int share_names(void)
{
	if (mkdir(NETNS_NAMES, 0755) && errno != EEXIST)
		return -errno;
	if (!mount("", NETNS_NAMES, "none", MS_SHARED | MS_REC, NULL))
		return 0;
	if (errno != EINVAL ||
	    mount(NETNS_NAMES, NETNS_NAMES, "none", MS_BIND | MS_REC, NULL) ||
	    mount("", NETNS_NAMES, "none", MS_SHARED | MS_REC, NULL))
		return -errno;
	return 0;
}

int netns_name(const char *name)
{
	int err = share_names(), fd;
	char path[PATH_MAX];

	if (err)
		return err;
	name_path(path, name);
	fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	close(fd);
	if (!mount("/proc/self/ns/net", path, "none", MS_BIND, NULL))
		return 0;
	err = -errno;
	unlink(path);
	return err;
}

bool netns_is_name(const char *name)
{
	char path[PATH_MAX];

	name_path(path, name);
	return !access(path, F_OK);
}

int netns_unname(const char *name)
{
	char path[PATH_MAX];

	name_path(path, name);
	if (umount2(path, MNT_DETACH) && errno != EINVAL)
		return -errno;
	return unlink(path) ? -errno : 0;
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
		if (d->d_name[0] != '.' && !stat(path, &st) && st.st_ino == ino)
			fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (dp)
		closedir(dp);
	return fd;
}

/* Mounted anywhere: "... net:[4026532250] /where ... - nsfs ..." */
static int find_mount(ino_t ino)
{
	char line[PATH_MAX + 256], root[64], path[PATH_MAX], want[64];
	FILE *fp = fopen("/proc/self/mountinfo", "re");
	int fd = -1;

	snprintf(want, sizeof(want), "net:[%lu]", (unsigned long)ino);
	while (fp && fd < 0 && fgets(line, sizeof(line), fp))
		if (sscanf(line, "%*s %*s %*s %63s %4095s", root, path) == 2 &&
		    !strcmp(root, want))
			fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fp)
		fclose(fp);
	return fd;
}

static int find_open(ino_t ino)
{
	int fd = find_below(NETNS_NAMES, "", ino);

	if (fd < 0)
		fd = find_below("/proc", "/ns/net", ino);
	return fd < 0 ? find_mount(ino) : fd;
}

static int call_in_child(int fd, const struct netns_id *id,
			 int (*fn)(void *arg), void *arg)
{
	struct netns_id there;

	if (setns(fd, CLONE_NEWNET))
		return CHILD_FAILED;
	there = netns_own();
	return netns_same(&there, id) ? fn(arg) : CHILD_OTHER;
}

int netns_call(const struct netns_id *id, int (*fn)(void *arg), void *arg)
{
	struct netns_id own = netns_own();
	int fd, status;
	pid_t pid;

	if (netns_same(&own, id))
		return fn(arg);
	fd = find_open(id->ino);
	if (fd < 0)
		return -ESRCH;
	pid = fork();
	if (!pid)
		_exit(call_in_child(fd, id, fn, arg));
	close(fd);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	if (!WIFEXITED(status) || WEXITSTATUS(status) == CHILD_FAILED)
		return -EPERM;
	return WEXITSTATUS(status) == CHILD_OTHER ? -ESRCH
						  : WEXITSTATUS(status);
}

static int nothing(void *arg)
{
	(void)arg;
	return 0;
}

bool netns_exists(const struct netns_id *id)
{
	return !netns_call(id, nothing, NULL);
}
