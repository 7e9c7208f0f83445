/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a service was seen to answer, row by service id: read from the SYN-ACKs
 * that leave by an attached interface. The data plane writes; the daemon clears
 * a row that gets another owner.
 */
#ifndef HANDFAST_ANSWER_H
#define HANDFAST_ANSWER_H

#define HF_MSS_VOTES	4	/* values between which prefixes decide */

/* One MSS, and which client prefixes were told it: a bit each, by a hash. */
struct hf_mss_vote {
	__u64 now;		/* in this half hour ... */
	__u64 before;		/* ... and in the one before */
	__u16 mss;		/* bytes; 0: none */
	__u16 pad[3];
};

#define HF_SAID_REFLECTS	0x1	/* the TOS of the SYN comes back */
#define HF_SAID_LABEL		0x2	/* IPv6: a flow label of its own each */

/* What stands in a SYN-ACK beside the handshake's own numbers. */
struct hf_manner {
	__u16 mss;		/* that most client prefixes are told, bytes; 0:
				 * unknown */
	__u16 window;		/* of the last one, as on the wire */
	__u8 ttl;		/* or hop limit; 0: unknown */
	__u8 tos;		/* or traffic class, without ECN */
	__u8 flags;		/* HF_SAID_* */
	__u8 wscale;		/* or HF_WSCALE_NONE */
};

/* What the SYN-ACKs of one IP version say. */
struct hf_said {
	__u32 learned_ms;	/* the last that answered a SYN which passed;
				 * 0: none yet */
	__u32 passed_ms;	/* a SYN passed last, to see another one: */
	__u32 passed_seq;	/* its sequence number ... */
	__u32 passed_prefix;	/* ... and the hash of its client's prefix */
	__u32 votes_ms;		/* when the half hour began */
	struct hf_manner manner;
	__u32 pad;
	struct hf_mss_vote vote[HF_MSS_VOTES];
};

struct hf_answer {
	__u32 seen_ms;		/* the last SYN-ACK; 0: none yet */
	__u32 no_ts_ms;		/* timestamps were refused last; 0: never */
	__u32 tried_ms;		/* while it refuses, under flood: the last SYN
				 * that was answered */
	__u8 options;		/* HF_OPT_* that were granted to some client */
	__u8 refuses;		/* 1: its last answer to a SYN was a RST */
	__u8 asks;		/* 1: its socket wants to see SYNs */
	__u8 silent;		/* 1: a SYN that it was given was not answered,
				 * nor any since */
	struct hf_said ip4, ip6;
};

/* Of a SYN that passed, until its answer leaves. */
struct hf_asked {
	__u64 mark;		/* of its tuple and number: asked.bpf.h */
	__u8 tos;
	__u8 offered;		/* HF_OPT_* */
	__u8 pad[6];
};

#define HF_ANSWER_BELIEVED_MS	60000U	/* without another one it is silent */
#define HF_ANSWER_AGAIN_MS	10000U	/* one SYN passes each such time ... */
#define HF_ANSWER_SAME_MS	600000U	/* ... of the same prefix after this */
#define HF_ANSWER_TRY_MS	100U	/* while it refuses, under flood */
#define HF_ANSWER_REFUSED_MS	3600000U	/* a refusal counts so long */
#define HF_ANSWER_VOTES_MS	1800000U	/* ... a vote one to two of these */

#endif
