/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the translation of a spliced connection needs, in a map of its own,
 * `splice_v1`, by the key of its record in `flows`.
 *
 * The layout is frozen: a connection needs its translation for life, and lives
 * longer than a version of handfast. A later version adds `splice_v2` beside it.
 *
 * BPF programs alone write. Numbers are in host byte order; "towards the client"
 * is as the client sees them, "the server's" as its own kernel does.
 */
#ifndef HANDFAST_SPLICE_H
#define HANDFAST_SPLICE_H

struct hf_splice {
	__u64 delta;		/* towards the client less the server's, mod
				 * 2^32: of sequence numbers << 32 | of TSval;
				 * valid with HF_SPLICE_LIVE */
	__u32 tsval;		/* the client's, of the third ACK ... */
	__u32 tsecr;		/* ... and what it echoed: our own */
	__u32 syn_ms;		/* the kernel was given the SYN last; 0 never */
	__u32 state;		/* HF_SPLICE_*, by atomic or */
	__u32 ifindex;		/* of the client's side */
	__u32 generation;	/* of the record that it belongs to */
	__u16 window;		/* of the third ACK, as in its header */
	__u16 mss;		/* the client's, rounded down to its class */
	__u8 client_wscale;	/* HF_WSCALE_NONE: does not scale */
	__u8 our_wscale;	/* that we announced to the client, likewise */
	__u8 server_wscale;	/* that the server announced, likewise */
	__u8 options;		/* HF_OPT_* granted to the client */
	__u8 granted;		/* ... and by the server */
	__u8 client_mac[6];	/* source of the third ACK's frame */
	__u8 server_mac[6];	/* ... and its destination */
	__u8 pad[3];
	__u32 irs, iss;		/* of the handshake, towards the client; 0 where
				 * the version that wrote it did not note them */
};

#define HF_SPLICE_LIVE		0x1	/* the server's SYN-ACK came */
#define HF_SPLICE_HEARD		0x2	/* ... and more of it: it is open */
#define HF_SPLICE_ABORTED	0x4	/* the client's RST came before it */
#define HF_SPLICE_ASKED_AGAIN	0x8	/* at once, since something old answered */
#define HF_SPLICE_REPEATED	0x10	/* ... twice: its ACK was injected twice */
#define HF_SPLICE_SOCKET	0x20	/* the server is a socket of the namespace,
					 * by this tuple: no NAT is between */

_Static_assert(sizeof(struct hf_splice) == 64, "one cache line");

#endif
