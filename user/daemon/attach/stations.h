/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whose frames an interface takes: see bpf/state/station.bpf.h. */
#ifndef HANDFAST_STATIONS_H
#define HANDFAST_STATIONS_H

#include "iface.h"

/* Write the row of the interface, which `info` describes as it is now. */
void stations_publish(const struct iface *i, const struct link_info *info,
		      const struct dataplane *dp);

#endif
