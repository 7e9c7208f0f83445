/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The flow record: what is known of one validated connection.
 *
 * BPF programs alone write these values, each direction by the program that
 * sees that direction; user space reads. Every RFC 9293 state of the
 * connection follows from the facts (user/lib/flow_state.c). `life` is the
 * only word with several writers and changes by compare-and-swap alone.
 */
#ifndef HANDFAST_FLOW_H
#define HANDFAST_FLOW_H

#include "handfast/limits.h"

/* Key of a connection, the same for both IP versions (IPv4 is ::ffff:a.b.c.d). */
struct hf_tuple {
	__be32 client[4];	/* address */
	__be32 server[4];	/* address */
	__be16 client_port;
	__be16 server_port;
	__u32 zone;		/* VLAN ids: outer << 12 | inner, 0 untagged */
};

/* Facts of one direction; "sender" is the end whose segments these are. */
struct hf_flow_dir {
	__u32 seq_hi;		/* highest sequence number sent, plus one */
	__u32 ack_hi;		/* highest acknowledgment sent */
	__u16 window;		/* last window as it stood in the header */
	__u16 flags;		/* HF_DIR_* */
	__u32 tsval;		/* last TSval, RFC 7323 */
	__u64 fin;		/* sequence number of the FIN << 32 | ack_hi at
				 * its first transmission: one word, set once;
				 * read by accessors on each side */
	__u32 last_ms;		/* last segment, handfast's clock */
	__u32 fin_last_ms;	/* last transmission of the FIN; of OUT while
				 * PENDING: last handed to the kernel */
	__u64 packets;
	__u64 bytes;		/* payload, retransmissions included */
};

#define HF_DIR_SEEN	0x01	/* at least one segment seen */
#define HF_DIR_SYN	0x02	/* SYN seen, or known from the handshake */
#define HF_DIR_FIN	0x04	/* FIN seen, `fin` is valid */
#define HF_DIR_RST	0x08	/* an acceptable RST was seen (RFC 5961) */
#define HF_DIR_DATA	0x10	/* payload seen */
#define HF_DIR_ACK	0x20	/* ack_hi is valid */
#define HF_DIR_ACTIVE	0x40	/* of OUT: this host opened the connection */
#define HF_DIR_MERGED	0x80	/* its FIN brought the ACK of the other's */

enum hf_direction {
	HF_DIR_IN,		/* client to server */
	HF_DIR_OUT,		/* server to client */
	HF_DIR_NR,
};

enum hf_handoff {
	HF_HANDOFF_NONE,
	HF_HANDOFF_REQSK,	/* bpf_sk_assign_tcp_reqsk() */
	HF_HANDOFF_SPLICE,
	HF_HANDOFF_KERNEL,	/* the kernel did the handshake */
	HF_HANDOFF_ADOPTED,	/* older than the attachment */
	HF_HANDOFF_NR,
};

/* Low half of `life`; the high half is the generation, unique for a record. */
#define HF_LIFE_LIVE	0x0
#define HF_LIFE_DYING	0x1	/* counted as closed, deleted soon */
#define HF_LIFE_PENDING	0x2	/* the server's side was not seen yet */
#define HF_LIFE_CLAIMED	0x4	/* somebody is about to replace or delete it */

/* In fin_last_ms of the server's direction while PENDING, by reqsk: its segment met
 * a full accept queue last, and the client's next one may do better. */
#define HF_FLOW_MET_FULL	1U

/* TCP options in force on a connection; also the grants of a profile. */
#define HF_OPT_WSCALE	0x01	/* RFC 7323 section 2 */
#define HF_OPT_SACK	0x02	/* RFC 2018 */
#define HF_OPT_TS	0x04	/* RFC 7323 section 3 */
#define HF_OPT_ECN	0x08	/* RFC 3168 */

#define HF_WSCALE_NONE	15	/* no window scale option; 14 is the largest */

struct hf_flow {
	__u64 life;		/* generation << 32 | HF_LIFE_* */
	__u32 irs, iss;		/* towards the client, host byte order */
	__u32 mint_ms;		/* when the cookie was made (no timestamps:
				 * the start of its epoch) */
	__u32 created_ms;
	__u16 mss;		/* client's, rounded to its class; 0 unknown */
	__u16 service;		/* service id */
	__u8 snd_wscale;	/* client's shift, HF_WSCALE_NONE if none */
	__u8 rcv_wscale;	/* the shift that we announced */
	__u8 options;		/* HF_OPT_* */
	__u8 handoff;		/* enum hf_handoff */
	struct hf_flow_dir dir[HF_DIR_NR];
};

/* What a closed connection leaves behind, so that its cookie stays used up. */
struct hf_closed {
	__u64 tag;		/* hash of the tuple, 0: free */
	__u32 irs;
	__u32 mint_ms;
};

/* Those of some tuples, chosen by the hash. */
struct hf_closed_set {
	__u32 floored;		/* 1: one had to go; no cookie that was made ... */
	__u32 floor_ms;		/* ... then or before is taken here */
	struct hf_closed way[HF_CLOSED_WAYS];
	__u64 pad;
};

_Static_assert(sizeof(struct hf_tuple) == 40, "flow key");
_Static_assert(sizeof(struct hf_flow_dir) == 48, "one direction");
_Static_assert(sizeof(struct hf_flow) == 128, "flow value");
_Static_assert(sizeof(struct hf_closed_set) == 128, "two cache lines");

#endif
