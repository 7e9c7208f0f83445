// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Processors: see cpu.h. */
#include <errno.h>

#include "cpu.h"

int cpu_keep_to_least(const uint64_t *load, int nr, cpu_set_t *before)
{
	uint64_t least = UINT64_MAX, most = 0;
	cpu_set_t few;

	nr = nr < CPU_SETSIZE ? nr : CPU_SETSIZE;
	if (sched_getaffinity(0, sizeof(*before), before))
		return -errno;
	for (int cpu = 0; cpu < nr; cpu++) {
		if (!CPU_ISSET(cpu, before))
			continue;
		least = load[cpu] < least ? load[cpu] : least;
		most = load[cpu] > most ? load[cpu] : most;
	}
	CPU_ZERO(&few);
	for (int cpu = 0; cpu < nr; cpu++)
		if (CPU_ISSET(cpu, before) &&
		    load[cpu] - least <= (most - least) / 4)
			CPU_SET(cpu, &few);
	return sched_setaffinity(0, sizeof(few), &few) ? -errno : 0;
}

void cpu_allow(const cpu_set_t *before)
{
	sched_setaffinity(0, sizeof(*before), before);
}
