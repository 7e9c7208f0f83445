/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Floods, written down: one record each in the map `incidents`, a line in the log
 * when it begins and when it is over. A daemon that takes over goes on with the
 * record of the one before.
 */
#ifndef HANDFAST_DAEMON_INCIDENT_H
#define HANDFAST_DAEMON_INCIDENT_H

#include "lib/maps.h"

struct incident {
	struct hf_incident record;	/* the last one, or zero */
	uint64_t *sent;			/* to each service, when it began: until
					 * it is known which it is */
	uint64_t counted_ms;		/* when counters were read last */
};

void incident_open(struct incident *in, const struct maps *m);
void incident_close(struct incident *in);

/* Now and then; `now_ms` of clock_mono_ms(). */
void incident_follow(struct incident *in, const struct maps *m,
		     uint64_t now_ms);

#endif
