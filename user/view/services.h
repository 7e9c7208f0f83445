/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The protected services. */
#ifndef HANDFAST_VIEW_SERVICES_H
#define HANDFAST_VIEW_SERVICES_H

#include "phase.h"

/* What the service was seen to answer: SYN-ACKs of its IPv4, else of its IPv6. */
struct answer_view {
	bool known;
	unsigned int mss;	/* bytes */
	unsigned int wscale;	/* or HF_WSCALE_NONE */
	__u8 options;		/* HF_OPT_* */
	unsigned int ttl, tos;	/* or hop limit, traffic class */
	uint64_t age_s;		/* of the last one */
};

/* Holds during the call that it is given to. */
struct service_view {
	__u32 id;		/* its row */
	const struct hf_service_info *info;
	const struct phase_view *phase;	/* of the instance */
	bool armed;
	const char *why;	/* why it is not armed, or "" */
	enum hf_handoff handoff;	/* of the next connection ... */
	const char *handoff_why;
	const char *where;	/* "socket", "behind", or NULL: not known */
	struct answer_view answer;
	const struct hf_counters *sum;	/* all that was counted; of these: */
	uint64_t syn_seen, syn_answered, ack_accepted;
	uint64_t flows;		/* that exist now */
};

/* Nonzero ends the walk. */
typedef int (*on_service_view_fn)(const struct service_view *v, void *arg);

/*
 * Call `fn` for each service, but for those that nobody wants any more and that
 * have no connection left, until it returns nonzero, which is returned; else
 * 0 or -errno. `phase` is of phase_view_read().
 */
int services_view_for_each(const struct instance *i,
			   const struct phase_view *phase,
			   on_service_view_fn fn, void *arg);

#endif
