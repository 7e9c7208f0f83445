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
#define DISPATCHED_MAX	10	/* programs, MAX_DISPATCHER_ACTIONS of libxdp */
#define NAMES_MAX	176	/* of these, and what is between them */

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

/* The name of the program that is pinned there; false: none is. */
static bool name_at(const char *path, char name[BPF_OBJ_NAME_LEN])
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd = bpf_obj_get(path);
	bool known;

	if (fd < 0)
		return false;
	known = !bpf_obj_get_info_by_fd(fd, &info, &len) && info.name[0];
	if (known)
		memcpy(name, info.name, BPF_OBJ_NAME_LEN);
	close(fd);
	return known;
}

/*
 * Is it a dispatcher of libxdp? Then also whom it calls, in their order:
 * "xdp_filter, xdp_pass". By the pins that lib/libxdp/protocol.org of xdp-tools
 * names: libxdp finds its own programs by nothing else.
 */
static bool is_dispatcher(const struct link_info *link, uint32_t prog_id,
			  char names[NAMES_MAX])
{
	char root[PATH_MAX], path[PATH_MAX + 64], name[BPF_OBJ_NAME_LEN];
	size_t len = 0;
	int dir;

	names[0] = '\0';
	if (bpffs_find(root))
		return false;
	dir = snprintf(path, sizeof(path), "%s/xdp/dispatch-%d-%u", root,
		       link->ifindex, prog_id);
	if (access(path, F_OK))
		return false;
	for (int i = 0; i < DISPATCHED_MAX; i++) {
		snprintf(path + dir, sizeof(path) - dir, "/prog%d-prog", i);
		if (name_at(path, name))
			len += snprintf(names + len, NAMES_MAX - len, "%s%s",
					len ? ", " : "", name);
	}
	return true;
}

void xdp_owner_find(struct xdp_owner *o, const struct link_info *link,
		    uint32_t prog_id)
{
	bool pinned = pinned_by(prog_id, o->pin);
	char names[NAMES_MAX];

	if (is_dispatcher(link, prog_id, names)) {
		snprintf(o->what, sizeof(o->what),
			 "id %u, the dispatcher of libxdp%s%s", prog_id,
			 names[0] ? " with " : "", names);
		snprintf(o->cure, sizeof(o->cure), "xdp-loader unload %s --all",
			 link->name);
		return;
	}
	snprintf(o->what, sizeof(o->what), "id %u%s%.128s", prog_id,
		 pinned ? ", pinned at " : "", o->pin);
	snprintf(o->cure, sizeof(o->cure), "bpftool prog show id %u", prog_id);
}
