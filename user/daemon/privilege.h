/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a daemon that has attached gives up: capabilities and system calls that it
 * does not need any more. Its maps and pins, and the traffic, are worth more than
 * the rest of the machine is to it.
 *
 * It can still be traced and dump core (PR_SET_DUMPABLE is as it was): keys are
 * never in its memory for longer than a call, and `detach` finds a network
 * namespace by /proc/PID/ns of whoever is in it, also where root has no
 * CAP_SYS_PTRACE.
 */
#ifndef HANDFAST_PRIVILEGE_H
#define HANDFAST_PRIVILEGE_H

#include "lib/failure.h"

/* For good, of the calling thread. 0, or -1 with the failure. A kernel without
 * seccomp is none. */
int privilege_drop(struct failure *f);

#endif
