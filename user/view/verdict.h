/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The words of one verdict of the data plane, the same in every format. */
#ifndef HANDFAST_VERDICT_H
#define HANDFAST_VERDICT_H

#include <net/if.h>
#include <stdbool.h>

#include "lib/maps.h"
#include "lib/tuple.h"

struct verdict {
	const struct hf_trace *trace;
	char client[TUPLE_END_MAX], server[TUPLE_END_MAX];
	char iface[IF_NAMESIZE];	/* name or number */
	char flags[9];			/* "S.", as tcpdump has them */
	const char *hook;		/* "xdp" */
	const char *verdict;		/* "pass" */
};

enum verdict_kind {
	VERDICT_PASS,
	VERDICT_DROP,
	VERDICT_ANSWER,
	VERDICT_NR,
};

extern const char *const verdict_names[VERDICT_NR];

/* VERDICT_NR: it is none of them. */
enum verdict_kind verdict_kind(const struct hf_trace *t);

/* Was the packet dropped? */
bool verdict_is_drop(const struct hf_trace *t);

/* The words of `t`, which must live as long as `v`; the interface as the daemon
 * has it, whose namespace need not be this one. */
void verdict_make(struct verdict *v, const struct hf_trace *t,
		  const struct maps *m);

#endif
