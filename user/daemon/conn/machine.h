/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The state machine at work: events go through its table, see machine.c. */
#ifndef HANDFAST_MACHINE_H
#define HANDFAST_MACHINE_H

#include "leg.h"

/* Something was missed: the records decide. The leg may be gone then. */
void machine_look(struct legs *l, struct leg *leg, uint64_t now_ms);
/* One event through the table. The leg may be gone then. */
void machine_event(struct legs *l, struct leg *leg, enum hf_event event,
		   uint64_t now_ms);
/* Be what the record says. The leg may be gone then. */
void machine_follow(struct legs *l, struct leg *leg, const struct hf_flow *f,
		    uint64_t now_ms);
/* The same with a half-open record. */
void machine_follow_half(struct legs *l, struct leg *leg,
			 const struct hf_half_open *h, uint64_t now_ms);
/* An event of the data plane. */
void machine_take(struct legs *l, const struct hf_event_rec *rec,
		  uint64_t now_ms);

/* See to all timers that are due. */
void due_run(struct legs *l, uint64_t now_ms);

#endif
