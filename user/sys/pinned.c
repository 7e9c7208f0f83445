// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who holds a BPF program that is in our way. */
#include <bpf/bpf.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bpffs.h"
#include "pinned.h"

#define WALK_FDS	16

/* nftw() takes no argument for its callback. */
static uint32_t wanted;
static size_t root_len;
static char *found;

/* A program's id, a link's program's id, or 0. */
static uint32_t prog_id_of(int fd)
{
	union {
		struct bpf_prog_info prog;
		struct bpf_link_info link;
	} info = {};
	__u32 len = sizeof(info.link);
	char target[64], self[64];
	ssize_t n;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	n = readlink(self, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	if (strstr(target, "bpf-link") || strstr(target, "bpf_link"))
		return bpf_obj_get_info_by_fd(fd, &info.link, &len)
			       ? 0
			       : info.link.prog_id;
	len = sizeof(info.prog);
	if (strstr(target, "bpf-prog"))
		return bpf_obj_get_info_by_fd(fd, &info.prog, &len)
			       ? 0
			       : info.prog.id;
	return 0;
}

static int look(const char *path, const struct stat *st, int type,
		struct FTW *ftw)
{
	uint32_t id;
	int fd;

	(void)st;
	(void)ftw;
	if (type != FTW_F)
		return 0;
	fd = bpf_obj_get(path);
	if (fd < 0)
		return 0;
	id = prog_id_of(fd);
	close(fd);
	if (id != wanted)
		return 0;
	snprintf(found, PATH_MAX, "/sys/fs/bpf%s", path + root_len);
	return 1;
}

bool pinned_by(uint32_t prog_id, char *path)
{
	char root[PATH_MAX];

	path[0] = '\0';
	if (bpffs_find(root))
		return false;
	wanted = prog_id;
	root_len = strlen(root);
	found = path;
	return nftw(root, look, WALK_FDS, FTW_PHYS) == 1;
}
