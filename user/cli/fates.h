/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What would become of a SYN and of an ACK of a connection, by rehearsal. */
#ifndef HANDFAST_FATES_H
#define HANDFAST_FATES_H

#include "rehearsal.h"
#include "view/explain.h"

/* What the view points to. */
struct fates {
	struct rehearsed syn, ack;
	struct said_view said;	/* by the answer to the SYN */
};

/* Into the view's `fate`: of a SYN, and of the ACK of its SYN-ACK, of the view's
 * connection, or out of nothing. 0 or -errno. */
int fates_read(struct fates *f, struct explain_view *v, struct rehearsal *r);

#endif
