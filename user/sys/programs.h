/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* BPF programs that are loaded, and the maps that they use. */
#ifndef HANDFAST_PROGRAMS_H
#define HANDFAST_PROGRAMS_H

#include <stddef.h>
#include <stdint.h>

/* Nonzero ends the walk. */
typedef int (*on_program_fn)(int prog_fd, uint32_t id, void *arg);

/* Call `fn` for each program of that name (NULL: any) that uses the map, until it
 * returns nonzero, which is returned; else 0 or -errno. */
int programs_for_each(const char *name, int map_fd, on_program_fn fn,
		      void *arg);

/* The map of that name of a program, to be closed; names are compared as far as the
 * kernel keeps them. -ENOENT where it has none, or -errno. */
int program_map(int prog_fd, const char *name);

/* What such a map of one value holds, if that has so many bytes: to be freed, or
 * NULL. */
void *program_value(int prog_fd, const char *map, size_t size);

/* How long it ran, in ns, on all CPUs, while that was measured. */
uint64_t program_run_ns(int prog_fd);

/* The kernel measures, as with kernel.bpf_stats_enabled, until what is returned
 * is closed, or its process ends. A file descriptor, or -errno. */
int programs_measure(void);

#endif
