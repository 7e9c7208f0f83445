/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tells when the data plane's brake (bpf/open/brake.bpf.h) trips, and when it ends. */
#ifndef HANDFAST_BRAKES_H
#define HANDFAST_BRAKES_H

#include "services.h"

struct brakes {
	__u8 state[HF_SERVICES_MAX];	/* enum hf_brake_state, as told last */
};

/* Log what changed since the last call. */
void brakes_follow(struct brakes *b, const struct services *s,
		   const struct maps *m, __u32 now_ms);

#endif
