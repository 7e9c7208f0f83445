/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Settings of the attached namespace that the handshake depends on. They are
 * read; none is ever written. */
#ifndef HANDFAST_SYSCTL_H
#define HANDFAST_SYSCTL_H

#include <stdbool.h>

#include "lib/abi.h"
#include "lib/failure.h"

/* All of enum hf_sysctl; -1 where one cannot be read. */
void sysctl_read(int value[HF_SYSCTL_NR]);

/* What may be granted and announced under these settings. */
void sysctl_profile(struct hf_profile *profile, const int value[HF_SYSCTL_NR]);

/* The window scale that a receive space of so many bytes wants. */
int sysctl_wscale(long space);

/* tcp_rmem[1]: the receive buffer of a socket that set none. */
unsigned int sysctl_rcvbuf(void);

/*
 * Can the kernel take connections from us as they are asked for: by reqsk? 0, or -1
 * with the failure, whose cure is the `sysctl -w` line.
 */
int sysctl_check(const int value[HF_SYSCTL_NR], bool reqsk, struct failure *f);

#endif
