/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is known of one connection, and what would become of its segments now. */
#ifndef HANDFAST_VIEW_EXPLAIN_H
#define HANDFAST_VIEW_EXPLAIN_H

#include "services.h"
#include "status.h"

/* What a SYN-ACK offers. */
struct said_view {
	unsigned int mss;	/* 0: no option */
	unsigned int wscale;	/* or HF_WSCALE_NONE */
	__u8 options;		/* HF_OPT_* */
	__u32 seq, tsval;
	unsigned int ttl;
};

/* A segment that was rehearsed. */
struct fate_view {
	const char *what;	/* "SYN", as JSON calls it ... */
	const char *sentence;	/* "A SYN", as people do */
	const char *verdict;	/* "answered", "passed", "dropped" */
	const struct hf_counters *counted;
	const struct said_view *said;	/* by the answer, or NULL */
};

struct explain_view {
	const struct hf_tuple *tuple;
	const struct iface_view *iface;	/* by which it comes */
	const struct service_view *service;	/* NULL: none is protected */
	const struct hf_flow *flow;	/* its record, or NULL */
	const struct hf_half_open *half;	/* likewise */
	enum hf_state state;		/* with `flow` */
	uint64_t now_ms;
	const struct status_view *status;
	struct fate_view fate[2];	/* of a SYN, and of an ACK */
};

/* Where it is written, for what was counted: "RFC 9293 3.10.7.2", or NULL. */
const char *explain_source(enum hf_counter c);

/* Is it a reason, and no sum of others? */
bool explain_is_reason(enum hf_counter c);

#endif
