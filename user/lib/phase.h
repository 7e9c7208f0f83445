/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What time makes of the words that the data plane steers itself by. */
#ifndef HANDFAST_USER_PHASE_H
#define HANDFAST_USER_PHASE_H

#include <stdbool.h>

#include "abi.h"

/* Does it go on at `now_ms` of the records' clock? */
bool flood_is_on(const struct hf_flood *f, __u32 now_ms);

/* Is there no room for one more connection, so that SYNs pass? */
bool phase_is_full(const struct hf_phase *p, const struct hf_control *c);

/* Has the daemon been silent for so long at `now_ms` that SYNs pass? */
bool control_is_orphaned(const struct hf_control *c, __u32 now_ms);

#endif
