/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A flood, from its begin to its end: what the daemon wrote down of it. */
#ifndef HANDFAST_INCIDENT_H
#define HANDFAST_INCIDENT_H

#include "handfast/counter.h"
#include "handfast/limits.h"

enum hf_incident_kind {
	HF_INCIDENT_SYN,	/* SYNs */
	HF_INCIDENT_ACK,	/* segments that prove nothing */
	HF_INCIDENT_NR,
};

/* In the map `incidents`, at number % HF_INCIDENTS_MAX. */
struct hf_incident {
	__u64 number;		/* from 1 on; 0: no record */
	__u64 began_s;		/* since 1970, UTC */
	__u64 began_ms;		/* CLOCK_MONOTONIC */
	__u64 length_ms;	/* so far, or, ended, without flood_hold_s */
	__u64 peak;		/* SYNs a second, the most */
	__u32 kind;		/* enum hf_incident_kind */
	__u32 on;		/* 1: it goes on */
	char service[HF_SPEC_MAX];	/* that was sent most of it, or "" */
	struct hf_counters before;	/* all services, when it began ... */
	struct hf_counters counted;	/* ... and what came since */
};

#endif
