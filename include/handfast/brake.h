/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The brake of a service, row by service id: whether what it answers turns into
 * sockets. The data plane alone writes; see bpf/open/brake.bpf.h.
 */
#ifndef HANDFAST_BRAKE_H
#define HANDFAST_BRAKE_H

#include "handfast/flow.h"
#include "handfast/limits.h"

enum hf_brake_state {
	HF_BRAKE_OFF,		/* SYNs are answered */
	HF_BRAKE_TRIPPED,	/* SYNs pass until retry_ms */
	HF_BRAKE_TRYING,	/* some are answered: does it work again? */
	HF_BRAKE_STATE_NR,
};

struct hf_brake {
	__u32 state;		/* enum hf_brake_state */
	__u32 since_ms;		/* of the state */
	__u32 retry_ms;		/* while tripped: when it tries again */
	__u32 pauses;		/* taken in a row */
	__u32 good;		/* while trying */
	__u32 good_ms;		/* the last good one, 0: none yet */
	__u32 bad;		/* what the bad ones since weigh, all ... */
	__u32 bad_ms;		/* ... within a while from this on, 0: none */
	__u32 bad_client[HF_BRAKE_CLIENTS];	/* their networks, hashed */
	__u32 tried_ms;		/* while trying: last SYN answered */
};

#endif
