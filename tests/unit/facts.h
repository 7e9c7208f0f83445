/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The data plane's view of a flow (bpf/facts.bpf.h), for segments of a test. */
#ifndef TESTS_FACTS_H
#define TESTS_FACTS_H

#include "native.h"

#include "handfast/state.h"

#define TCP_FIN	0x01
#define TCP_SYN	0x02
#define TCP_RST	0x04
#define TCP_ACK	0x10

/* What facts.bpf.h reads of a segment. */
struct packet {
	__u32 seq, ack, payload, now_ms, tsval;
	__u16 window;
	__u8 flags;
	bool has_ts;
};

#include "facts.bpf.h"

#endif
