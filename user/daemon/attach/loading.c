// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Loading programs: see loading.h. What receives packets shares its CPU with us as
 * soon as it has much to do (ksoftirqd, NAPI's threads), and its ring overflows
 * meanwhile. Who receives is told by the map of an earlier daemon; without one, or
 * while no CPU receives much, any will do.
 */
#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/skeleton.h"
#include "lib/clock.h"
#include "loading.h"
#include "sys/cpu.h"

#define MANY_SYNS	2000	/* a second: 0.2 % of a CPU */

/* Of each CPU, to be freed; NULL: there is none to read. */
static struct map_rates *read_rates(const struct dataplane *dp, int *cpus)
{
	char path[PATH_MAX + 8];
	struct map_rates *rates;
	struct maps m;

	snprintf(path, sizeof(path), "%s/%s", dp->pins, map_names[HF_MAP_RATE]);
	m.fd[HF_MAP_RATE] = bpf_obj_get(path);
	if (m.fd[HF_MAP_RATE] < 0)
		return NULL;
	rates = map_read_rates(&m, clock_mono_ms(), cpus);
	close(m.fd[HF_MAP_RATE]);
	return rates;
}

/* False: nothing is to be undone. */
static bool go_aside(const struct dataplane *dp, cpu_set_t *before)
{
	int cpus = 0;
	struct map_rates *rates = read_rates(dp, &cpus);
	uint64_t *load = rates ? calloc(cpus, sizeof(*load)) : NULL;
	bool many = false;

	for (int i = 0; load && i < cpus; i++) {
		load[i] = rates[i].syns;
		many |= load[i] >= MANY_SYNS;
	}
	many = many && !cpu_keep_to_least(load, cpus, before);
	free(load);
	free(rates);
	return many;
}

int loading_run(const struct dataplane *dp, struct handfast *skel)
{
	cpu_set_t before;
	bool aside = go_aside(dp, &before);
	int err = handfast__load(skel);

	if (aside)
		cpu_allow(&before);
	return err;
}
