/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * (address, port) pairs that were seen to answer a SYN and are no service yet;
 * the key is a struct hf_service_key. The data plane writes; the daemon makes a
 * service of each that a SPEC covers.
 */
#ifndef HANDFAST_FOUND_H
#define HANDFAST_FOUND_H

#include "handfast/answer.h"
#include "handfast/limits.h"

struct hf_found {
	__u32 seen_ms;		/* the last SYN-ACK, but for HF_FOUND_AGAIN_MS */
	__u8 options;		/* HF_OPT_* that were granted to some client */
	__u8 pad[3];
};

#define HF_FOUND_MAX		4096	/* LRU */
#define HF_FOUND_AGAIN_MS	1000U	/* one write a pair in such a time */
#define HF_FOUND_FRESH_MS	3000U	/* the daemon looks at no older ones */
#define HF_FOUND_SILENT_MS	600000U	/* a service without an answer for so
					 * long gives its row back */
#define HF_FOUND_ROWS_MAX	(HF_SERVICES_MAX / 2)	/* such services; the
					 * rest of the rows is for sockets and
					 * SPECs */

/* SYNs that passed last: slots, a power of two. Those to services have slots of their
 * own: of these few pass in a flood. */
#define HF_ASKED_BITS		14
#define HF_ASKED_SLOTS		(1U << HF_ASKED_BITS)

struct hf_asked_set {
	struct hf_asked service[HF_ASKED_SLOTS];
	struct hf_asked other[HF_ASKED_SLOTS];
};

#endif
