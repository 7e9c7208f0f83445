// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Programs that run already: see running.h. To load and verify them costs more
 * than half a second of a processor that may have packets to receive.
 *
 * All that may differ stands in their constants, a hash of the object among them,
 * and these are a map that each of them holds.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "skeleton.h"
#include "running.h"

#define MAPS_MAX	128	/* of one program */

/* What the programs of `skel` would be loaded with. */
struct constants {
	const void *value;
	size_t size;
};

static bool map_holds(__u32 id, const struct constants *c)
{
	int fd = bpf_map_get_fd_by_id(id);
	struct bpf_map_info info = {};
	__u32 len = sizeof(info), at = 0;
	void *value = NULL;
	bool same = false;

	if (fd < 0)
		return false;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len) &&
	    info.type == BPF_MAP_TYPE_ARRAY && info.value_size == c->size &&
	    info.max_entries == 1)
		value = malloc(c->size);
	if (value && !bpf_map_lookup_elem(fd, &at, value))
		same = !memcmp(value, c->value, c->size);
	free(value);
	close(fd);
	return same;
}

static bool program_holds(__u32 id, const struct constants *c)
{
	int fd = bpf_prog_get_fd_by_id(id);
	__u32 map[MAPS_MAX];
	struct bpf_prog_info info = {
		.nr_map_ids = MAPS_MAX,
		.map_ids = (uintptr_t)map,
	};
	__u32 len = sizeof(info);
	bool holds = false;

	if (fd < 0)
		return false;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) ||
	    info.nr_map_ids > MAPS_MAX)
		info.nr_map_ids = 0;
	for (__u32 i = 0; !holds && i < info.nr_map_ids; i++)
		holds = map_holds(map[i], c);
	close(fd);
	return holds;
}

bool running_is(const struct hook_place *at, const struct handfast *skel)
{
	struct constants c;
	bool all = true;
	__u32 id;

	c.value = bpf_map__initial_value(skel->maps.rodata, &c.size);
	for (int kind = 0; all && kind < HOOK_NR; kind++) {
		id = hook_running(kind, at);
		all = id && program_holds(id, &c);
	}
	return all;
}
