/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the programs of one interface are loaded with: constants to the verifier. */
#ifndef HANDFAST_CONFIG_BPF_H
#define HANDFAST_CONFIG_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/flow.h"

/* A hash of this object: a daemon that comes later compares it with its own. No
 * program reads it. */
const volatile __u64 build;

/* Row of iface_counters of the interface that this program is attached to. */
const volatile __u32 iface_slot;

/* XDP runs in the stack and not in the driver. */
const volatile bool iface_generic;

/* Frames of this interface may carry only the pseudo header's sum. */
const volatile bool iface_partial_sum;

/* The only handoff that there is, enum hf_handoff. NONE: open/choice.bpf.h chooses
 * for each connection, which needs Linux 6.9. */
const volatile __u32 handoff = HF_HANDOFF_NONE;

#endif
