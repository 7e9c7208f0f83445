/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `attach --try`: an interface that is on trial is detached by the daemon when
 * its time is over, unless it was confirmed; the programs stop answering at that
 * time by themselves, should no daemon live.
 */
#ifndef HANDFAST_TRIAL_H
#define HANDFAST_TRIAL_H

#include <stdbool.h>

#include "maps.h"

#define TRIAL_DEFAULT_S	60
#define TRIAL_MAX_S	86400

struct trial {
	bool on;
	bool over;		/* it was not confirmed in time */
	unsigned int left_s;
};

/* Of the interface in row `slot`; `now_ms` is handfast's clock. 0 or -errno. */
int trial_read(const struct maps *m, __u32 slot, __u32 now_ms, struct trial *t);

/* Begin one that ends at `until_ms`; end one, confirmed or not. */
int trial_begin(const struct maps *m, __u32 slot, __u32 until_ms);
/* The interface is about to be detached: its SYNs pass. */
int trial_drain(const struct maps *m, __u32 slot);
int trial_end(const struct maps *m, __u32 slot);

#endif
