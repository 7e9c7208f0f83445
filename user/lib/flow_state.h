/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The RFC 9293 state of a leg, from the facts of its record alone. */
#ifndef HANDFAST_FLOW_STATE_H
#define HANDFAST_FLOW_STATE_H

#include <stdbool.h>

#include "names.h"

/* The direction that a leg receives; the other one is what it sends. */
enum hf_direction flow_dir_in(enum hf_leg leg);

/* Has the connection such a leg? Only a splice has a server's. */
bool flow_has_leg(const struct hf_flow *f, enum hf_leg leg);

enum hf_state flow_state(const struct hf_flow *f, enum hf_leg leg);

/* Which record of its tuple it is: the generation, unique. */
__u32 flow_id(const struct hf_flow *f);

#endif
