/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What was counted, split by who it was counted for. */
#ifndef HANDFAST_VIEW_COUNTERS_H
#define HANDFAST_VIEW_COUNTERS_H

#include "instance.h"

/* `of`: the service or the interface. */
typedef int (*on_counters_fn)(const char *of, const struct hf_counters *sum,
			      void *arg);

/*
 * Call `fn` for each service, or for each interface, until it returns nonzero,
 * which is returned; else 0 or -errno.
 */
int counters_view_services(const struct instance *i, on_counters_fn fn,
			   void *arg);
int counters_view_ifaces(const struct instance *i, on_counters_fn fn,
			 void *arg);

#endif
