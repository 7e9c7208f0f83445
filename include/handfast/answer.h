/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a service was seen to answer, row by service id: read from the SYN-ACKs
 * that leave by an attached interface. The data plane writes; the daemon clears
 * a row that gets another owner.
 */
#ifndef HANDFAST_ANSWER_H
#define HANDFAST_ANSWER_H

struct hf_answer {
	__u32 seen_ms;		/* the last SYN-ACK; 0: none yet */
	__u32 passed_ms;	/* a SYN passed last, to see another one */
	__u32 no_ts_ms;		/* timestamps were refused last; 0: never */
	__u32 tried_ms;		/* while it refuses, under flood: the last SYN
				 * that was answered */
	__u8 options;		/* HF_OPT_* that were granted to some client */
	__u8 refuses;		/* 1: its last answer to a SYN was a RST */
	__u8 pad[2];
};

#define HF_ANSWER_BELIEVED_MS	60000U	/* without another one it is silent */
#define HF_ANSWER_AGAIN_MS	10000U	/* one SYN passes each such time */
#define HF_ANSWER_TRY_MS	100U	/* while it refuses, under flood */
#define HF_ANSWER_REFUSED_MS	3600000U	/* a refusal counts so long */

#endif
