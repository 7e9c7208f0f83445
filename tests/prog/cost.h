/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What test_cost.c tells its front ends: the frame to restore, and whose. */
#ifndef TESTS_COST_H
#define TESTS_COST_H

#define COST_FRAME_MAX	128

/* What differs from one packet to the next, as on the wire. */
struct cost_client {
	unsigned int addr;     /* low word of the address */
	unsigned int seq, ack; /* of its third segment */
	unsigned int tsecr;
	unsigned short port;
	unsigned short pad[3];
};

enum cost_pick {
	COST_SYN,    /* random clients, never the same again */
	COST_ACK,    /* the same, random acknowledgment */
	COST_CLIENT, /* one after the other out of `clients` */
};

/* All that a client sets is zero in it and in its sums. */
struct cost_frame {
	unsigned char byte[COST_FRAME_MAX];
	unsigned int len;
	unsigned int ip6;
	unsigned int reply;	   /* from the server to the client */
	unsigned int pick;	   /* enum cost_pick */
	unsigned int whole;	   /* tc, too, makes another frame of it */
	unsigned int first, count; /* COST_CLIENT: which of them */
	unsigned int ip_sum;	   /* of the IPv4 header, as words in memory */
	unsigned int tcp_sum;	   /* of pseudo header and segment, likewise */
};

#endif
