// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Names of everything that is counted, configured or shown. */
#include <ctype.h>
#include <string.h>

#include "names.h"

#define TABLE_IS_FULL(table, nr) \
	_Static_assert(sizeof(table) / sizeof((table)[0]) == (nr), #table)

const char *const state_names[] = {
	[HF_CLOSED] = "CLOSED",		  [HF_LISTEN] = "LISTEN",
	[HF_SYN_SENT] = "SYN_SENT",	  [HF_SYN_RECEIVED] = "SYN_RECEIVED",
	[HF_ESTABLISHED] = "ESTABLISHED", [HF_FIN_WAIT_1] = "FIN_WAIT_1",
	[HF_FIN_WAIT_2] = "FIN_WAIT_2",	  [HF_CLOSE_WAIT] = "CLOSE_WAIT",
	[HF_CLOSING] = "CLOSING",	  [HF_LAST_ACK] = "LAST_ACK",
	[HF_TIME_WAIT] = "TIME_WAIT",
};
TABLE_IS_FULL(state_names, HF_STATE_NR);

#define EVENT_NAME(id, name, help) [HF_EV_##id] = #name,

const char *const event_names[] = { HF_EVENTS(EVENT_NAME) };
TABLE_IS_FULL(event_names, HF_EVENT_NR);

#define COUNTER_NAME(id, name, help) [HF_CNT_##id] = #name,
#define COUNTER_HELP(id, name, help) [HF_CNT_##id] = (help),

const char *const counter_names[] = { HF_COUNTERS(COUNTER_NAME) };
const char *const counter_helps[] = { HF_COUNTERS(COUNTER_HELP) };
TABLE_IS_FULL(counter_names, HF_CNT_NR);

const char *const mode_names[] = {
	[HF_MODE_OFF] = "off",
	[HF_MODE_ALWAYS] = "always",
	[HF_MODE_AUTO] = "auto",
	[HF_MODE_MONITOR] = "monitor",
};
TABLE_IS_FULL(mode_names, HF_MODE_NR);

const char *const handoff_names[] = {
	[HF_HANDOFF_NONE] = "none",	  [HF_HANDOFF_REQSK] = "reqsk",
	[HF_HANDOFF_SPLICE] = "splice",	  [HF_HANDOFF_KERNEL] = "kernel",
	[HF_HANDOFF_ADOPTED] = "adopted",
};
TABLE_IS_FULL(handoff_names, HF_HANDOFF_NR);

#define CHOICE_TEXT(id, text) [HF_CHOICE_##id] = (text),
const char *const choice_texts[] = { HF_CHOICES(CHOICE_TEXT) };
TABLE_IS_FULL(choice_texts, HF_CHOICE_NR);

#define SYSCTL_NAME(id, name) [HF_SYSCTL_##id] = #name,
const char *const sysctl_names[] = { HF_SYSCTLS(SYSCTL_NAME) };
TABLE_IS_FULL(sysctl_names, HF_SYSCTL_NR);

const char *const total_names[] = {
	[HF_TOTAL_SYN_ANSWERED] = "syn_answered",
	[HF_TOTAL_SYN_PASSED] = "syn_passed",
	[HF_TOTAL_SYN_DROPPED] = "syn_dropped",
	[HF_TOTAL_ACK_REJECTED] = "ack_rejected",
};
TABLE_IS_FULL(total_names, HF_TOTAL_NR);

const char *const total_helps[] = {
	[HF_TOTAL_SYN_ANSWERED] = "SYNs answered: the sum of syn_answer_*",
	[HF_TOTAL_SYN_PASSED] =
		"SYNs left to the kernel: the sum of syn_pass_*",
	[HF_TOTAL_SYN_DROPPED] = "SYNs dropped: the sum of syn_drop_*",
	[HF_TOTAL_ACK_REJECTED] =
		"ACKs that proved nothing: the sum of the reasons ack_*",
};
TABLE_IS_FULL(total_helps, HF_TOTAL_NR);

static const char *const total_prefixes[HF_TOTAL_NR] = {
	[HF_TOTAL_SYN_ANSWERED] = "syn_answer_",
	[HF_TOTAL_SYN_PASSED] = "syn_pass_",
	[HF_TOTAL_SYN_DROPPED] = "syn_drop_",
	[HF_TOTAL_ACK_REJECTED] = "ack_",
};

__u64 counter_total(const struct hf_counters *c, enum hf_total total)
{
	const char *prefix = total_prefixes[total];
	__u64 sum = 0;

	for (int i = 0; i < HF_CNT_NR; i++)
		if (i != HF_CNT_ACK_ACCEPTED &&
		    !strncmp(counter_names[i], prefix, strlen(prefix)))
			sum += c->n[i];
	return sum;
}

int name_find(const char *const *table, int nr, const char *name)
{
	for (int i = 0; i < nr; i++)
		if (!strcmp(table[i], name))
			return i;
	return -1;
}

bool name_is_instance(const char *name)
{
	size_t len = strlen(name);

	if (!len || len >= HF_NAME_MAX)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '_' &&
		    *name != '-')
			return false;
	return true;
}
