/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The flood of a lab: SYNs of both IP versions in turn, of sources that are not there,
 * written by AF_PACKET. A process of its own sends them, at an even pace as far as
 * the machine can.
 */
#ifndef HANDFAST_FLOOD_H
#define HANDFAST_FLOOD_H

#include <linux/if_ether.h>
#include <stdint.h>
#include <sys/types.h>

#include "lab.h"

/* Of the process that sends, to be seen by the other one. */
struct flood_shared {
	uint64_t sent;
	int err;		/* what ended it, or 0 */
};

struct flood {
	uint64_t rate;		/* SYN/s, the caller's */
	unsigned int seconds;	/* likewise */

	int fd;			/* AF_PACKET, bound to the interface */
	uint8_t to[ETH_ALEN], from[ETH_ALEN];
	struct flood_shared *shared;
	pid_t pid;
};

/*
 * Find the interface by which to send and prove that it is the lab's own: in the
 * namespace of the record, a veth with the lab's alias, whose other end is in the
 * server's. 0, or -1 with the failure and no socket.
 */
int flood_open(struct flood *f, struct lab *l, struct failure *why);

/* 0 or -errno. */
int flood_start(struct flood *f);
uint64_t flood_sent(const struct flood *f);

/* To be called in any case. 0, or what ended it early as -errno. */
int flood_close(struct flood *f);

#endif
