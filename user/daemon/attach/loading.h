/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loading programs where that keeps least packets waiting. */
#ifndef HANDFAST_LOADING_H
#define HANDFAST_LOADING_H

#include "dataplane.h"

/* handfast__load() on a CPU that receives least: the verifier needs it for half a
 * second. 0 or -errno. */
int loading_run(const struct dataplane *dp, struct handfast *skel);

#endif
