// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Loading programs: see loading.h. What receives packets shares its CPU with us as
 * soon as it has much to do (ksoftirqd, NAPI's threads), and its ring overflows
 * meanwhile. Who receives SYNs is told by the map that is pinned already.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "handfast.skel.h"
#include "lib/clock.h"
#include "loading.h"
#include "sys/cpu.h"

/* SYNs a second of each CPU, to be freed; all 0 where nothing is pinned. */
static uint64_t *read_rates(const struct dataplane *dp, int *cpus)
{
	char path[PATH_MAX + 8];
	uint64_t *rates = NULL;
	struct maps m;

	snprintf(path, sizeof(path), "%s/%s", dp->pins, map_names[HF_MAP_RATE]);
	m.fd[HF_MAP_RATE] = bpf_obj_get(path);
	if (m.fd[HF_MAP_RATE] >= 0) {
		rates = map_read_syn_rates(&m, clock_mono_ms(), cpus);
		close(m.fd[HF_MAP_RATE]);
	}
	if (rates)
		return rates;
	*cpus = libbpf_num_possible_cpus();
	return *cpus > 0 ? calloc(*cpus, sizeof(*rates)) : NULL;
}

int loading_run(const struct dataplane *dp, struct handfast *skel)
{
	int cpus, err;
	uint64_t *rates = read_rates(dp, &cpus);
	bool gone = false;
	cpu_set_t before;

	if (rates)
		gone = !cpu_go_to_least(rates, cpus, &before);
	err = handfast__load(skel);
	if (gone)
		cpu_go_back(&before);
	free(rates);
	return err;
}
