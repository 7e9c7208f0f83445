/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Segments that the daemon sends itself. They carry SO_MARK HF_MARK, by which
 * tc egress knows that they are no facts of a connection.
 */
#ifndef HANDFAST_SEGMENT_H
#define HANDFAST_SEGMENT_H

#include "lib/abi.h"

struct segment_sockets {
	int frame;		/* AF_PACKET, whole Ethernet frames */
	int ip4, ip6;		/* raw IP, headers included */
};

/* Opened in the attached namespace. 0 or -errno. */
int segment_open(struct segment_sockets *s);
void segment_close(struct segment_sockets *s);

/* A remembered SYN-ACK, byte for byte; 0 or -errno. */
int segment_repeat(const struct segment_sockets *s,
		   const struct hf_half_open *h);

/*
 * A keepalive probe of the server's side: no payload, SEG.SEQ = SND.NXT - 1
 * (RFC 9293 3.8.4), the connection's own timestamps.
 */
struct segment_probe {
	const struct hf_tuple *tuple;
	const struct hf_flow *flow;
	int ifindex;		/* of a link-local client, or 0 */
	__u32 now_ms;
};

/* Send it. 0 or -errno. */
int segment_probe(const struct segment_sockets *s,
		  const struct segment_probe *probe);

#endif
