/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is attached, whether it is armed, and if not, why. */
#ifndef HANDFAST_VIEW_STATUS_H
#define HANDFAST_VIEW_STATUS_H

#include "lib/trial.h"
#include "phase.h"

#define STATUS_WHY_MAX	(HF_SPEC_MAX + HF_TEXT_MAX + 2)	/* "SPEC: why" */

struct iface_view {
	__u32 slot;		/* row in `ifaces` */
	struct hf_iface row;	/* as the daemon left it */
	struct trial trial;
	bool armed;		/* attached, and SYNs are answered now */
	const char *why;	/* why it is not armed, or "" */
};

struct table_view {
	uint64_t used, max;	/* records */
	uint64_t bytes;		/* of memory, for `max` */
};

struct status_view {
	bool attached;		/* else only `why` says something */
	bool armed;		/* each interface and each service is */
	bool ok;		/* the same, and the daemon answers */
	char why[STATUS_WHY_MAX];	/* why it is not armed, or empty */
	struct hf_meta meta;
	struct iface_view iface[HF_IFACES_MAX];
	int ifaces;
	struct phase_view phase;
	uint64_t uptime_s;
	struct table_view flows, half_open;
};

/* 0 or -errno. */
int status_view_read(const struct instance *i, struct status_view *s);

/* Of an instance that did not open; `err` is of instance_open(). */
void status_view_closed(struct status_view *s, int err);

#endif
