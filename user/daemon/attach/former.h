/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What an earlier daemon of the same name left pinned: may it be taken over? */
#ifndef HANDFAST_FORMER_H
#define HANDFAST_FORMER_H

#include "dataplane.h"

/* 0, or -1 with the failure: another version's. */
int former_check_layout(const struct dataplane *dp, const char *name,
			struct failure *f);

/* 0, or -1 with the failure: attached in another network namespace. What is
 * left of one that is gone is removed. */
int former_check_netns(struct dataplane *dp, const char *name,
		       struct failure *f);

#endif
