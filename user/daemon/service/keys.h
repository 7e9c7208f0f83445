/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The secrets of the data plane: each generation of keys has its own. */
#ifndef HANDFAST_KEYS_H
#define HANDFAST_KEYS_H

#include <linux/types.h>

struct dataplane;
struct failure;

/*
 * The first generation, unless an earlier daemon left one. The seed of the
 * presence filter stays for good. 0, or -1 with the failure.
 */
int keys_make(struct dataplane *dp, struct failure *f);

/*
 * A new generation; the former one stays good for one cookie lifetime. 0 or
 * -errno, and then nothing has changed.
 */
int keys_rotate(struct dataplane *dp, __u32 now_ms);

#endif
