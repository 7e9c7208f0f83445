/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The state machine at work: one door for all that happens, see machine.c. */
#ifndef HANDFAST_MACHINE_H
#define HANDFAST_MACHINE_H

#include "conn.h"

/* Something happened to a leg. The connection may be gone then. */
void conn_event(struct conns *cs, struct conn *c, enum hf_leg which,
		enum hf_event event, uint64_t now_ms);

/* RST to both peers of a spliced connection; `end`: it is gone then. */
void conn_reset(struct conns *cs, struct conn *c, bool end, uint64_t now_ms);

/* Something was missed: be what the record says that the maps have. The
 * connection may be gone then. */
void conn_follow(struct conns *cs, struct conn *c, uint64_t now_ms);

/* The same with a record in hand. */
void conn_follow_flow(struct conns *cs, struct conn *c, const struct hf_flow *f,
		      uint64_t now_ms);
void conn_follow_half_open(struct conns *cs, struct conn *c,
			   const struct hf_half_open *h, uint64_t now_ms);

#endif
