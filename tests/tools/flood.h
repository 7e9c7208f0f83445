/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* flood.h: the template that flood.c makes and flood.bpf.c fills in. */
#ifndef FLOOD_H
#define FLOOD_H

#include <linux/types.h>

#define FLOOD_EXT_MAX 8		/* IPv6 extension headers of eight bytes */
#define FLOOD_FRAME_MAX 158	/* Ethernet, IPv6, those, TCP with 20 option bytes */

/* The random fields are zero in frame[] and, as all of it that they cover,
 * part of the two sums: unfolded, of 16-bit words as they lie in memory.
 */
struct flood_config {
	__u16 frame[FLOOD_FRAME_MAX / 2];
	__u16 frame_len;	/* bytes, even */
	__u16 src_off;		/* of the IP source address */
	__u16 src_words;	/* its length: 1 or 4 */
	__u16 ip_check_off;	/* 0: IPv6 has none */
	__u16 tcp_off;
	__u16 random_ack;	/* bool */
	__u32 src_mask[4];	/* which bits of the source are random */
	__u32 ip_sum;		/* IPv4 header */
	__u32 tcp_sum;		/* pseudo header and segment */
	__u64 step_ps;		/* from one frame to the next */
	__u64 burst_ps;		/* what may be caught up after a pause */
	__u32 at_once;		/* frames that are due together */
};

#endif
