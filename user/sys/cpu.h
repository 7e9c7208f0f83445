/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* On which processor heavy work is done. */
#ifndef HANDFAST_CPU_H
#define HANDFAST_CPU_H

#include <sched.h>
#include <stdint.h>

/*
 * Keep to those CPUs, of those that this thread may use, that have little of `load`,
 * which has a number for each of `nr` possible CPUs: the least, and a quarter of what
 * the most is above it. `before` becomes where the thread was allowed. 0, or -errno
 * and it may run where it did.
 */
int cpu_keep_to_least(const uint64_t *load, int nr, cpu_set_t *before);

/* It may run there again. */
void cpu_allow(const cpu_set_t *before);

#endif
