/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names of everything that is counted, configured or shown. */
#ifndef HANDFAST_NAMES_H
#define HANDFAST_NAMES_H

#include <stdbool.h>

#include "abi.h"

extern const char *const state_names[HF_STATE_NR];
extern const char *const event_names[HF_EVENT_NR];
extern const char *const counter_names[HF_CNT_NR];
extern const char *const counter_helps[HF_CNT_NR];
extern const char *const mode_names[HF_MODE_NR];
extern const char *const handoff_names[HF_HANDOFF_NR];
extern const char *const choice_texts[HF_CHOICE_NR];
extern const char *const sysctl_names[HF_SYSCTL_NR];

/* Index of `name` in a table of `nr`, or -1. */
int name_find(const char *const *table, int nr, const char *name);

/* Instance names: [A-Za-z0-9_-]{1,15}. */
bool name_is_instance(const char *name);

/* Sums that the counters do not hold themselves. */
enum hf_total {
	HF_TOTAL_SYN_ANSWERED,
	HF_TOTAL_SYN_PASSED,
	HF_TOTAL_SYN_DROPPED,
	HF_TOTAL_ACK_REJECTED,
	HF_TOTAL_NR,
};

extern const char *const total_names[HF_TOTAL_NR];
extern const char *const total_helps[HF_TOTAL_NR];
__u64 counter_total(const struct hf_counters *c, enum hf_total total);

#endif
