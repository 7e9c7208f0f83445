// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Tells of the brake: see brakes.h. */
#include "lib/brake.h"
#include "brakes.h"
#include "lib/log.h"

static void tell(const char *spec, const char *why)
{
	if (why[0])
		log_error("%s: %s", spec, why);
	else
		log_info("%s: handshakes become sockets again, SYNs are "
			 "answered",
			 spec);
}

void brakes_follow(struct brakes *b, const struct services *s,
		   const struct maps *m, __u32 now_ms)
{
	char why[HF_TEXT_MAX];
	struct hf_brake row;

	for (int id = 1; id < s->rows.nr; id++) {
		if (map_read(m, HF_MAP_BRAKE, id, &row) ||
		    row.state == b->state[id])
			continue;
		if (s->rows.given[id] == s->rows.round) {	/* was another's */
			b->state[id] = row.state;
			continue;
		}
		b->state[id] = row.state;
		if (row.state != HF_BRAKE_TRYING &&
		    !brake_why(m, id, now_ms, why))
			tell(s->rows.info[id].spec, why);
	}
}
