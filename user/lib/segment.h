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
	int inject;		/* the same, for what comes in by tc again as
				 * the client's own */
	int ip4, ip6;		/* raw IP, headers included */
};

/* Opened in the attached namespace. 0 or -errno. */
int segment_open(struct segment_sockets *s);
void segment_close(struct segment_sockets *s);

/* A remembered SYN-ACK, byte for byte; 0 or -errno. */
int segment_repeat(const struct segment_sockets *s,
		   const struct hf_half_open *h);

/* By which tc egress knows the frames of `inject`. */
__u64 segment_inject_cookie(const struct segment_sockets *s);

struct segment_time {
	__u32 now_ms;
	int ifindex;		/* of a link-local client, or 0 */
};

/*
 * A keepalive probe of the server's side: no payload, SEG.SEQ = SND.NXT - 1
 * (RFC 9293 3.8.4), the connection's own timestamps. 0 or -errno.
 */
int segment_probe(const struct segment_sockets *s, const struct hf_tuple *t,
		  const struct hf_flow *f, const struct segment_time *at);

/* What is sent to a peer of a spliced connection. */
enum segment_kind {
	SEGMENT_SYN,		/* the client's own, once more, to the server */
	SEGMENT_UPDATE,		/* to the client: what opens its window */
	SEGMENT_PROBE_CLIENT,	/* keepalive, as segment_probe() ... */
	SEGMENT_PROBE_SERVER,	/* ... and to the server in the client's name */
	SEGMENT_RESET_CLIENT,
	SEGMENT_RESET_SERVER,
};

/* Where data is on its way numbers grow between the record and the RST: so many,
 * with pauses, until both kernels believe one. */
#define SEGMENT_RESETS		4
#define SEGMENT_RESET_PAUSE_US	50000

struct segment_splice {
	const struct hf_tuple *tuple;
	const struct hf_flow *flow;
	struct hf_splice splice;
	__u32 now_ms;
};

/*
 * Send it, by the frame that the client's third ACK came in: no route is asked,
 * for the server may be bridged. A RST is believed where SEG.SEQ is RCV.NXT (RFC
 * 5961 3.2), which is what the peer acknowledged last or, if that ACK is delayed,
 * what it was sent last: one for each. 0 or -errno.
 */
int segment_spliced(const struct segment_sockets *s, enum segment_kind kind,
		    const struct segment_splice *to);

#endif
