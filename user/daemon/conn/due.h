/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Timers that are due become events. */
#ifndef HANDFAST_DUE_H
#define HANDFAST_DUE_H

#include "conn.h"

/* See to all timers that are due. */
void due_run(struct conns *cs, uint64_t now_ms);

#endif
