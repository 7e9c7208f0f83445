/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Verdicts with their frames, into a file that Wireshark opens. */
#ifndef HANDFAST_CAPTURE_H
#define HANDFAST_CAPTURE_H

#include "lib/pcapng.h"
#include "view/verdict.h"

struct capture {
	const char *path;	/* "-": the standard output; NULL: none is made */
	struct pcapng pcap;
	int64_t wall_ns;	/* from CLOCK_MONOTONIC to the wall's clock */
};

/* 0, or -1, said. Without a path nothing is done. */
int capture_open(struct capture *c);

/* What could not be written is said: 0 or -1. */
int capture_close(struct capture *c);

/* The frame as it came and as it left, as far as they are there. 0, or nonzero:
 * nobody takes more. */
int capture_put(struct capture *c, const struct hf_trace_frames *rec,
		const struct verdict *v);

#endif
