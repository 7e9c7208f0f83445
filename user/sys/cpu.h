/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* On which processor heavy work is done. */
#ifndef HANDFAST_CPU_H
#define HANDFAST_CPU_H

#include <sched.h>
#include <stdint.h>

/*
 * Go to the one CPU, of those that this thread may use, with the least in `load`,
 * which has a number for each of `nr` possible CPUs; of several, to that which
 * received least since the system started (NET_RX in /proc/softirqs). `before`
 * becomes where the thread was allowed. 0, or -errno and it stays where it was.
 */
int cpu_go_to_least(const uint64_t *load, int nr, cpu_set_t *before);

/* It may run there again. */
void cpu_go_back(const cpu_set_t *before);

#endif
