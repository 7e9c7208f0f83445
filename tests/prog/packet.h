/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames for the program tests: built from a description, and read back. */
#ifndef TESTS_PACKET_H
#define TESTS_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX	8192
#define OPTIONS_MAX	40
#define EXTS_MAX	6

#define F_FIN	0x01
#define F_SYN	0x02
#define F_RST	0x04
#define F_PSH	0x08
#define F_ACK	0x10
#define F_URG	0x20
#define F_ECE	0x40
#define F_CWR	0x80
#define F_NONE	0x100	/* "no flags at all" where 0 means the default */

enum sum_kind {
	SUM_GOOD,
	SUM_BAD,
	SUM_PARTIAL,		/* of the pseudo header alone */
};

/* A segment to build; what is zero takes the default of spec_default(). */
struct spec {
	bool ip6;
	bool group;		/* frame to a multicast address */
	int tags;		/* VLAN tags, the outer one first */
	uint16_t tpid[2], tci[2];
	uint16_t ethertype;	/* instead of IPv4 or IPv6 */
	int ihl;		/* IPv4 header in words, 5 to 15 */
	int version;		/* instead of 4 or 6 */
	uint8_t ext[EXTS_MAX];	/* IPv6 extension headers */
	uint8_t ext_len[EXTS_MAX];	/* their length field */
	int exts;
	uint16_t frag;		/* word of IPv4, or of IPv6's header 44 */
	uint8_t tos;
	uint8_t proto;		/* default TCP */
	uint8_t client[16], server[16];	/* IPv4: the first four bytes */
	bool client_set;	/* `client` holds, even if it is zero */
	uint16_t client_port, server_port;
	uint32_t seq, ack;
	int doff;		/* instead of the right one; -1 means 0 */
	int flags;		/* F_* */
	uint16_t window;
	uint8_t opt[OPTIONS_MAX];
	int opt_len;		/* a multiple of four */
	int payload;		/* bytes of a pattern */
	int pad_to;		/* frame padded to so many bytes */
	int trailer;		/* bytes behind the datagram */
	int ip_len;		/* instead of the right one */
	int ip_len_add;		/* added to the right one */
	enum sum_kind sum;
	bool ip_sum_bad;
};

struct frame_buf {
	uint8_t byte[FRAME_MAX];
	uint32_t len;
};

/* A segment as read from a frame by segment_read(). */
struct segment {
	bool ip6;
	uint8_t dmac[6], smac[6];
	int tags;
	uint16_t tpid[2], tci[2];
	int ihl;
	uint8_t tos, ttl;
	uint16_t id, frag;
	uint8_t client[16], server[16];	/* destination, source: it is a reply */
	uint16_t client_port, server_port;
	uint32_t seq, ack;
	int flags;
	uint16_t window, urgent;
	uint8_t opt[OPTIONS_MAX];
	int opt_len;
	int payload;
	int pad;		/* bytes of the frame behind the datagram */
};

/* Addresses and ports of the service under test and of its client. */
#define CLIENT_PORT	40001
#define SERVER_PORT	8080

extern const uint8_t client4[4], server4[4], client6[16], server6[16];
extern const uint8_t client_mac[6], server_mac[6];

/* Option fields as Linux (TS, scale 7) and Windows (scale 8) send them. */
#define OPT_LINUX	.opt = { 2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, \
				 0, 0, 1, 3, 3, 7 }, .opt_len = 20
#define OPT_NO_TS	.opt = { 2, 4, 5, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2 }, \
			.opt_len = 12
#define OPT_LINUX_TSVAL	0x01020304U

/* Build the frame that a description means. */
void frame_build(struct frame_buf *f, const struct spec *in);

/*
 * Read a SYN-ACK or any other TCP segment; every length and checksum is
 * verified. Returns NULL or what is wrong with it.
 */
const char *segment_read(struct segment *s, const uint8_t *byte, uint32_t len);

/* The value of a TCP option; NULL if it is not there. */
const uint8_t *segment_option(const struct segment *s, uint8_t kind,
			      uint8_t len);

#endif
