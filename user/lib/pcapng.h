/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Frames with a comment each, as pcapng: draft-ietf-opsawg-pcapng, which Wireshark
 * and tcpdump read. No library of Debian writes comments.
 */
#ifndef HANDFAST_PCAPNG_H
#define HANDFAST_PCAPNG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PCAPNG_IFACES_MAX	64

struct pcapng {
	FILE *file;
	uint32_t ifindex[PCAPNG_IFACES_MAX];	/* that have a block */
	int ifaces;
};

struct pcapng_frame {
	uint32_t ifindex;
	const char *iface;	/* its name */
	bool out;		/* it left */
	uint64_t at_ns;		/* since 1970 */
	const uint8_t *byte;
	uint32_t len;		/* bytes that are there ... */
	uint32_t wire_len;	/* ... of so many */
	const char *comment;
};

/* Each: 0 or -EIO. */
int pcapng_begin(struct pcapng *p, FILE *file, const char *application);
int pcapng_put(struct pcapng *p, const struct pcapng_frame *f);

#endif
