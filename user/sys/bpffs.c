// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Where the pins are, and how to take them away.
 *
 * Hooks go by their pins alone (hook_pin.h); all other pins are maps.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/abi.h"
#include "bpffs.h"
#include "lib/hook_pin.h"
#include "process.h"

#define BPFFS_OWN	"/sys/fs/bpf"
#define BPFFS_INIT	"/proc/1/root/sys/fs/bpf"

static int is_bpffs(const char *path)
{
	struct statfs st;

	return !statfs(path, &st) && (unsigned int)st.f_type == BPF_FS_MAGIC;
}

static int held = -1;		/* a bpffs that others see, not we */

/* Open: who sees it may end, and who gives up privileges may not look there. */
static void hold(const char *path)
{
	if (held < 0 && is_bpffs(path))
		held = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* The nearest ancestor that sees one: the shell of `ip netns exec`, where
 * process 1 is out of reach. */
static void hold_of_ancestor(void)
{
	char path[PATH_MAX];
	pid_t pid = getppid();

	for (; held < 0 && pid > 1; pid = process_parent(pid)) {
		snprintf(path, sizeof(path), "/proc/%d/root" BPFFS_OWN, pid);
		hold(path);
	}
}

int bpffs_find(char *path)
{
	if (held < 0 && is_bpffs(BPFFS_OWN)) {
		strcpy(path, BPFFS_OWN);
		return 0;
	}
	hold(BPFFS_INIT);
	hold_of_ancestor();
	if (held < 0)
		return -ENOENT;
	snprintf(path, PATH_MAX, "/proc/self/fd/%d/.", held);
	return 0;
}

/* In a child: a mount made in this namespace would end with this process. */
static int mount_for_init(void)
{
	int status, fd;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		fd = open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC);
		if (fd < 0 || setns(fd, CLONE_NEWNS))
			_exit(1);
		_exit(mount("bpf", BPFFS_OWN, "bpf", 0, "mode=0700") ? 1 : 0);
	}
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return status ? -EPERM : 0;
}

int bpffs_find_or_mount(char *path)
{
	if (!bpffs_find(path))
		return 0;
	/* Under another root, as in a chroot, init's is not to be seen. */
	if (mount_for_init() || bpffs_find(path))
		if (mount("bpf", BPFFS_OWN, "bpf", 0, "mode=0700"))
			return -errno;
	return bpffs_find(path);
}

int bpffs_instance(char *path, const char *root, const char *name)
{
	int len = snprintf(path, PATH_MAX, "%s/handfast/%s", root, name);

	return len < PATH_MAX ? 0 : -ENAMETOOLONG;
}

int bpffs_layout(char *path, const char *root, const char *name)
{
	int len = snprintf(path, PATH_MAX, "%s/handfast/%s/v%d", root, name,
			   HF_LAYOUT_VERSION);

	return len < PATH_MAX ? 0 : -ENAMETOOLONG;
}

int bpffs_mkdir(const char *path)
{
	char part[PATH_MAX];
	char *slash;

	snprintf(part, sizeof(part), "%s", path);
	slash = strstr(part, "/handfast/");
	if (!slash)
		return -EINVAL;
	for (slash++; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(part, 0700) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(part, 0700) && errno != EEXIST ? -errno : 0;
}

/* Call `fn` for each entry of a directory that begins with `prefix`; the sum of what
 * it says. */
static int for_each_entry(const char *dir, const char *prefix,
			  int (*fn)(const char *path, void *arg), void *arg)
{
	char path[PATH_MAX];
	struct dirent *d;
	int nr = 0;
	DIR *dp;

	dp = opendir(dir);
	if (!dp)
		return 0;
	while ((d = readdir(dp))) {
		if (d->d_name[0] == '.' ||
		    strncmp(d->d_name, prefix, strlen(prefix)))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, d->d_name);
		nr += fn(path, arg);
	}
	closedir(dp);
	return nr;
}

/* A map's; of hooks only those are left that could not be taken off. */
static int remove_pin(const char *path, void *arg)
{
	struct hook_pin pin;

	(void)arg;
	if (!hook_pin_read(&pin, strrchr(path, '/') + 1))
		unlink(path);
	return 0;
}

int bpffs_remove_layout(const char *dir)
{
	int nr = hook_pin_detach(dir, 0);

	for_each_entry(dir, "", remove_pin, NULL);
	rmdir(dir);
	return nr;
}

static int remove_layout(const char *dir, void *arg)
{
	(void)arg;
	return bpffs_remove_layout(dir);
}

int bpffs_teardown(const char *name)
{
	char root[PATH_MAX], dir[PATH_MAX];
	char *slash;
	int nr;

	if (bpffs_find(root) || bpffs_instance(dir, root, name))
		return 0;
	nr = for_each_entry(dir, "v", remove_layout, NULL);
	rmdir(dir);
	slash = strrchr(dir, '/');
	*slash = '\0';
	rmdir(dir);
	return nr;
}

void bpffs_for_each_instance(int (*fn)(const char *path, void *arg), void *arg)
{
	char root[PATH_MAX], dir[PATH_MAX];

	if (!bpffs_find(root) && !bpffs_instance(dir, root, "."))
		for_each_entry(dir, "", fn, arg);
}
