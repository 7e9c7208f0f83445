/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A remembered SYN, while calm: its SYN-ACK can be repeated, and an ACK of it
 * is proved by the record whatever its age (RFC 9293 3.3.2, SYN-RECEIVED).
 */
#ifndef HANDFAST_HALF_OPEN_H
#define HANDFAST_HALF_OPEN_H

#define HF_HALF_FRAME_MAX	104	/* Ethernet, 2 tags, IPv6, TCP, options */

enum hf_half_kind {
	HF_HALF_COOKIE,		/* answered by us */
	HF_HALF_KERNEL,		/* passed, the kernel answered */
};

struct hf_half_open {
	__u32 irs, iss;
	__u32 tsval;		/* of the SYN-ACK, 0 without timestamps */
	__u32 mint_ms;		/* as of the cookie */
	__u32 made_ms;		/* when the first SYN came */
	__u32 ifindex;		/* where the SYN-ACK left */
	__u16 service;		/* service id */
	__u8 kind;		/* enum hf_half_kind */
	__u8 mss_class, wscale, options, profile;	/* of the cookie */
	__u8 frame_len;
	__u8 frame[HF_HALF_FRAME_MAX];	/* the SYN-ACK as it left */
};

#endif
