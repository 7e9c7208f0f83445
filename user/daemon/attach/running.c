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

#include "lib/skeleton.h"
#include "running.h"
#include "sys/programs.h"

/* Are the constants of that program those that `skel` would be loaded with? */
static bool program_holds(__u32 id, const struct handfast *skel)
{
	size_t size;
	const void *own = bpf_map__initial_value(skel->maps.rodata, &size);
	int prog = bpf_prog_get_fd_by_id(id);
	void *value;
	bool same;

	if (prog < 0)
		return false;
	value = program_value(prog, bpf_map__name(skel->maps.rodata), size);
	same = value && !memcmp(value, own, size);
	free(value);
	close(prog);
	return same;
}

bool running_is(const struct hook_place *at, const struct handfast *skel)
{
	bool all = true;
	__u32 id;

	for (int kind = 0; all && kind < HOOK_NR; kind++) {
		id = hook_running(kind, at);
		all = id && program_holds(id, skel);
	}
	return all;
}
