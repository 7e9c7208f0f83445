/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tc programs where tcx is missing (before Linux 6.6): filters of a clsact
 * qdisc. They have no links: whoever takes one off must be in the interface's
 * namespace.
 */
#ifndef HANDFAST_CLSACT_H
#define HANDFAST_CLSACT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Attach, or put in place of the one that is there. `made` becomes true if the
 * qdisc was not there before. 0 or -errno; -ENOTUNIQ: there is an `ingress` qdisc,
 * which has no egress; -EBUSY: another kind of filter has the priority.
 */
int clsact_attach(int ifindex, bool egress, int prog_fd, bool *made);

struct clsact_place {
	bool there;
	bool taken;		/* ... or a filter of others has its priority */
	bool second;		/* filters of others come before it ... */
	uint32_t before;	/* ... the program of the first, or 0 */
};

/* Where does the filter stand? 0 or -errno. */
int clsact_look(int ifindex, bool egress, struct clsact_place *at);

/* A socket that is told of qdiscs and filters, to be closed, or -errno; has one of
 * them changed for which `ours` says so? */
int clsact_listen(void);
bool clsact_changed(int fd, bool (*ours)(int ifindex, void *arg), void *arg);

/* How many filters of others see what comes in, or -errno. */
int clsact_foreign(int ifindex);

/* Take the filter off, and with `made` the qdisc if nobody else uses it. */
void clsact_detach(int ifindex, bool egress, bool made);

#endif
