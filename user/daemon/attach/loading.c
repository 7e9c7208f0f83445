// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Loading programs: see loading.h. What receives packets shares its CPU with us as
 * soon as it has much to do (ksoftirqd, NAPI's threads), and its ring overflows
 * meanwhile. Who receives is told by the map of an earlier daemon; without one, or
 * while no CPU receives much, any will do.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "handfast.skel.h"
#include "lib/clock.h"
#include "loading.h"
#include "sys/cpu.h"

#define MANY_SYNS	2000	/* a second: 0.2 % of a CPU */

/* SYNs a second of each CPU. False: nowhere are they many. */
static bool read_rates(const struct dataplane *dp, uint64_t *rates, int cpus)
{
	char path[PATH_MAX + 8];
	bool many = false;
	struct maps m;
	int err;

	snprintf(path, sizeof(path), "%s/%s", dp->pins, map_names[HF_MAP_RATE]);
	m.fd[HF_MAP_RATE] = bpf_obj_get(path);
	if (m.fd[HF_MAP_RATE] < 0)
		return false;
	err = map_read_syn_rates(&m, clock_mono_ms(), rates, cpus);
	close(m.fd[HF_MAP_RATE]);
	for (int i = 0; !err && i < cpus; i++)
		many |= rates[i] >= MANY_SYNS;
	return many;
}

/* False: nothing is to be undone. */
static bool go_aside(const struct dataplane *dp, cpu_set_t *before)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t *rates = cpus > 0 ? calloc(cpus, sizeof(*rates)) : NULL;
	bool gone = rates && read_rates(dp, rates, cpus) &&
		    !cpu_keep_to_least(rates, cpus, before);

	free(rates);
	return gone;
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
