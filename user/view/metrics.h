/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All that is measured of an instance, about the same moment. */
#ifndef HANDFAST_VIEW_METRICS_H
#define HANDFAST_VIEW_METRICS_H

#include "keys.h"
#include "services.h"
#include "states.h"
#include "status.h"

/* Services with a name of their own; the others are summed, so that whoever
 * collects metrics gets no more series than that. */
#define METRICS_SERVICES_MAX	100
#define METRICS_OTHERS		"(others)"

struct service_metrics {
	char service[HF_SPEC_MAX];
	uint64_t syn_seen, syn_answered, ack_accepted;
	uint64_t flows;			/* that exist now */
	bool armed;			/* each of them, if it is a sum */
};

struct metrics_view {
	const char *name;		/* of the instance */
	struct status_view status;
	struct states_view states;	/* but for `kernel` */
	struct keys_view keys;
	struct hf_counters counters;	/* of all services */
	struct service_metrics service[METRICS_SERVICES_MAX + 1];
	int services;			/* of these, the last may be a sum */
	double held_s;			/* the daemon, by what was read before */
};

/* 0 or -errno; `held_s` is the caller's. */
int metrics_view_read(const struct instance *i, struct metrics_view *v);

#endif
