/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The state machine at work: events go through its table, see machine.c. */
#ifndef HANDFAST_MACHINE_H
#define HANDFAST_MACHINE_H

#include "conn.h"

/* One event through the table. The connection may be gone then. */
void conn_event(struct conns *cs, struct conn *c, enum hf_leg which,
		enum hf_event event, uint64_t now_ms);

/* Something was missed: be what the record says that the maps have. The
 * connection may be gone then. */
void conn_follow(struct conns *cs, struct conn *c, uint64_t now_ms);

/* The same with a record in hand. */
void conn_follow_flow(struct conns *cs, struct conn *c, const struct hf_flow *f,
		      uint64_t now_ms);
void conn_follow_half_open(struct conns *cs, struct conn *c,
			   const struct hf_half_open *h, uint64_t now_ms);

/* An event of the data plane. */
void machine_receive(struct conns *cs, const struct hf_event_rec *rec,
		     uint64_t now_ms);

#endif
