/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Do the programs of an earlier daemon do for this one? */
#ifndef HANDFAST_RUNNING_H
#define HANDFAST_RUNNING_H

#include "hook.h"

struct handfast;		/* the skeleton */

/*
 * Are all hooks of the interface pinned links whose programs are those of `skel`,
 * which is not loaded: the same object, with the same constants?
 */
bool running_is(const struct hook_place *at, const struct handfast *skel);

#endif
