/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The floods that were written down. */
#ifndef HANDFAST_VIEW_INCIDENTS_H
#define HANDFAST_VIEW_INCIDENTS_H

#include "instance.h"

/* Call `fn` for each, the oldest first, until it returns nonzero, which is returned;
 * else 0 or -errno. */
int incidents_view_for_each(const struct instance *i,
			    int (*fn)(const struct hf_incident *in, void *arg),
			    void *arg);

#endif
