/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The RFC 9293 state of a leg, from the facts of its record alone. */
#ifndef HANDFAST_FLOW_STATE_H
#define HANDFAST_FLOW_STATE_H

#include "names.h"

enum hf_state flow_state(const struct hf_flow *f, enum hf_leg leg);

#endif
