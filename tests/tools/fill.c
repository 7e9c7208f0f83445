// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * fill: copies of one record, for benchmarks of what many records cost.
 *
 *	fill MAP N	MAP: the pinned `flows`, which holds an open connection
 *
 * Copied is one that no FIN and no RST has begun to end. Each copy has a
 * client of its own out of 10.0.0.0/8 and is as old as the record itself. The
 * data plane does not know of them: they stand for idle connections.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handfast/flow.h"

static bool is_open(const struct hf_flow *f)
{
	return !(f->life & (HF_LIFE_DYING | HF_LIFE_CLAIMED)) &&
	       !((f->dir[HF_DIR_IN].flags | f->dir[HF_DIR_OUT].flags) &
		 (HF_DIR_FIN | HF_DIR_RST));
}

static bool find_open(int fd, struct hf_tuple *t, struct hf_flow *f)
{
	int end = bpf_map_get_next_key(fd, NULL, t);

	while (!end && (bpf_map_lookup_elem(fd, t, f) || !is_open(f)))
		end = bpf_map_get_next_key(fd, t, t);
	return !end;
}

int main(int argc, char **argv)
{
	unsigned long n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	int fd = argc == 3 ? bpf_obj_get(argv[1]) : -1;
	struct hf_tuple t;
	struct hf_flow f;

	if (!n || fd < 0 || !find_open(fd, &t, &f)) {
		fprintf(stderr, "usage: fill MAP N, MAP holds an open one\n");
		return 2;
	}
	for (unsigned long i = 0; i < n; i++) {
		t.client[3] = htonl(10U << 24 | i / 50000);
		t.client_port = htons(1024 + i % 50000);
		f.life = (i + 1ULL) << 32 | HF_LIFE_LIVE;
		if (bpf_map_update_elem(fd, &t, &f, BPF_NOEXIST)) {
			perror("fill");
			return 1;
		}
	}
	return 0;
}
