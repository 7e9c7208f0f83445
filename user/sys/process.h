/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Another process, held by a file descriptor so that its id is not reused. */
#ifndef HANDFAST_PROCESS_H
#define HANDFAST_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/* The parent of a process, or 0. */
pid_t process_parent(pid_t pid);

/* Is the program of a process called so, as /proc/PID/comm says? */
bool process_is(pid_t pid, const char *name);

/* A pidfd, or -errno; -ESRCH also for ids that are no daemon's (0, 1). */
int process_open(pid_t pid);

/* True as soon as it has ended, false after `timeout_ms`. */
bool process_ended(int pidfd, int timeout_ms);

/* SIGTERM, also to one that is stopped; SIGKILL a second later. */
void process_end(int pidfd);

#endif
