// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* BPF programs that are loaded: see programs.h. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "programs.h"

#define MAPS_MAX	128	/* of one program */

/* A program and its maps. */
struct loaded {
	struct bpf_prog_info info;
	__u32 map[MAPS_MAX];
};

static int read_loaded(int prog_fd, struct loaded *l)
{
	__u32 len = sizeof(l->info);

	memset(&l->info, 0, sizeof(l->info));
	l->info.nr_map_ids = MAPS_MAX;
	l->info.map_ids = (uintptr_t)l->map;
	if (bpf_obj_get_info_by_fd(prog_fd, &l->info, &len))
		return -errno;
	if (l->info.nr_map_ids > MAPS_MAX)
		l->info.nr_map_ids = MAPS_MAX;
	return 0;
}

static int read_map(int fd, struct bpf_map_info *info)
{
	__u32 len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(fd, info, &len) ? -errno : 0;
}

static int is_wanted(int prog_fd, const char *name, __u32 map)
{
	struct loaded l;

	if (read_loaded(prog_fd, &l) || (name && strcmp(l.info.name, name)))
		return 0;
	for (__u32 i = 0; i < l.info.nr_map_ids; i++)
		if (l.map[i] == map)
			return 1;
	return 0;
}

int programs_for_each(const char *name, int map_fd, on_program_fn fn, void *arg)
{
	struct bpf_map_info map;
	int err = read_map(map_fd, &map), fd;
	__u32 id = 0;

	while (!err && !bpf_prog_get_next_id(id, &id)) {
		fd = bpf_prog_get_fd_by_id(id);
		if (fd < 0)	/* it is gone */
			continue;
		if (is_wanted(fd, name, map.id))
			err = fn(fd, id, arg);
		close(fd);
	}
	return err;
}

int program_map(int prog_fd, const char *name)
{
	struct bpf_map_info map;
	struct loaded l;
	int err = read_loaded(prog_fd, &l), fd;

	for (__u32 i = 0; !err && i < l.info.nr_map_ids; i++) {
		fd = bpf_map_get_fd_by_id(l.map[i]);
		if (fd < 0)
			return -errno;
		if (!read_map(fd, &map) &&
		    !strncmp(map.name, name, sizeof(map.name) - 1))
			return fd;
		close(fd);
	}
	return err ?: -ENOENT;
}

static void *value_of(int map_fd, size_t size)
{
	struct bpf_map_info map;
	void *value;
	__u32 at = 0;

	if (read_map(map_fd, &map) || map.value_size != size)
		return NULL;
	value = malloc(size);
	if (value && !bpf_map_lookup_elem(map_fd, &at, value))
		return value;
	free(value);
	return NULL;
}

void *program_value(int prog_fd, const char *map, size_t size)
{
	int fd = program_map(prog_fd, map);
	void *value = fd < 0 ? NULL : value_of(fd, size);

	if (fd >= 0)
		close(fd);
	return value;
}

uint64_t program_run_ns(int prog_fd)
{
	struct loaded l;

	return read_loaded(prog_fd, &l) ? 0 : l.info.run_time_ns;
}

int programs_measure(void)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	return fd < 0 ? -errno : fd;
}
