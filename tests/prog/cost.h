/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What test_cost.c tells its front end: the frame to restore. */
#ifndef TESTS_COST_H
#define TESTS_COST_H

#define COST_FRAME_MAX	128

/* Client's low 24 address bits, port and sequence numbers are zero in it. */
struct cost_frame {
	unsigned char byte[COST_FRAME_MAX];
	unsigned int len;
	unsigned int ip6;
	unsigned int vary_ack;	/* the acknowledgment is random too */
	unsigned int ip_sum;	/* of the IPv4 header, as words in memory */
	unsigned int tcp_sum;	/* of pseudo header and segment, likewise */
};

#endif
