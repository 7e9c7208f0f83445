/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where the pins are: /sys/fs/bpf/handfast/NAME/vN/. */
#ifndef HANDFAST_BPFFS_H
#define HANDFAST_BPFFS_H

#include <limits.h>

/*
 * Path of a bpffs: /sys/fs/bpf, or the one that process 1 or else an ancestor
 * sees there (under `ip netns exec` and in some containers /sys is another
 * one). Good for this process only. Returns 0 or -ENOENT where there is none.
 */
int bpffs_find(char *path);

/* The same, but mounts one where there is none, for process 1 to see. */
int bpffs_find_or_mount(char *path);

/* .../handfast/NAME, and .../handfast/NAME/vN of this build. 0 or -errno. */
int bpffs_instance(char *path, const char *root, const char *name);
int bpffs_layout(char *path, const char *root, const char *name);

/* Make the directory and its parents below the bpffs. */
int bpffs_mkdir(const char *path);

/* Take off the hooks whose pins stand in the directory of one layout, and remove
 * all its pins. Returns how many were taken off. */
int bpffs_remove_layout(const char *dir);

/*
 * Take an instance down by its pins alone, whatever layout they have: XDP
 * first, then tc, then maps. Returns how many hooks were taken off.
 */
int bpffs_teardown(const char *name);

/* Call `fn`, which returns 0, with the directory of each instance that has pins: its
 * last part is the name. */
void bpffs_for_each_instance(int (*fn)(const char *path, void *arg), void *arg);

#endif
