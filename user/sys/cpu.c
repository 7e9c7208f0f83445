// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Processors: see cpu.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"

#define LINE_BYTES	65536	/* a column of each CPU */

static const char *next_word(char **rest)
{
	return strtok_r(NULL, " \n", rest);
}

/* Of the CPUs whose names stand in `heads` the numbers in `line`. */
static void read_columns(char *heads, char *line, uint64_t *received, int nr)
{
	char *head_rest, *rest;
	const char *head = strtok_r(heads, " \n", &head_rest);
	const char *value;
	int cpu;

	strtok_r(line, " \n", &rest);		/* "NET_RX:" */
	for (; head; head = next_word(&head_rest)) {
		value = next_word(&rest);
		if (value && sscanf(head, "CPU%d", &cpu) == 1 && cpu < nr)
			received[cpu] = strtoull(value, NULL, 10);
	}
}

/* Those that are not known have 0. */
static void read_received(uint64_t *received, int nr)
{
	char *heads = malloc(LINE_BYTES), *line = malloc(LINE_BYTES);
	FILE *f = fopen("/proc/softirqs", "re");

	if (f && heads && line && fgets(heads, LINE_BYTES, f))
		while (fgets(line, LINE_BYTES, f))
			if (strstr(line, "NET_RX:"))
				read_columns(heads, line, received, nr);
	if (f)
		fclose(f);
	free(heads);
	free(line);
}

/* -1: none of them is allowed. */
static int find_least(const uint64_t *load, const uint64_t *received, int nr,
		      const cpu_set_t *allowed)
{
	int best = -1;

	for (int cpu = 0; cpu < nr; cpu++) {
		if (!CPU_ISSET(cpu, allowed))
			continue;
		if (best < 0 || load[cpu] < load[best] ||
		    (load[cpu] == load[best] && received[cpu] < received[best]))
			best = cpu;
	}
	return best;
}

int cpu_go_to_least(const uint64_t *load, int nr, cpu_set_t *before)
{
	uint64_t *received;
	cpu_set_t one;
	int cpu;

	nr = nr < CPU_SETSIZE ? nr : CPU_SETSIZE;
	if (sched_getaffinity(0, sizeof(*before), before))
		return -errno;
	received = calloc(nr, sizeof(*received));
	if (!received)
		return -ENOMEM;
	read_received(received, nr);
	cpu = find_least(load, received, nr, before);
	free(received);
	if (cpu < 0)
		return -ENOENT;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	return sched_setaffinity(0, sizeof(one), &one) ? -errno : 0;
}

void cpu_go_back(const cpu_set_t *before)
{
	sched_setaffinity(0, sizeof(*before), before);
}
