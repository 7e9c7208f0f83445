/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* seg_packet.h: TCP segments to and from frames, for seg. */
#ifndef SEG_PACKET_H
#define SEG_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FRAME_MAX 66000
#define SEG_NO_VLAN 0x10000
#define SEG_DF 0x4000		/* IPv4's fragment word; also used for IPv6 */
#define SEG_MF 0x2000
#define SEG_NO_WS 255		/* rws when there was no such option */

/* Where the segments go between; addresses in network order */
struct path {
	int family;
	size_t addr_len;
	uint8_t src[16], dst[16];
	uint8_t src_mac[6], dst_mac[6];
};

struct bytes {
	size_t len;
	uint8_t b[256];
};

/* What to send; numbers in host order, all uint32_t for the word table */
struct segment {
	uint32_t flags, sport, dport, seq, ack, win, urg, len;
	uint32_t vlan, vlan2, tpid;	/* SEG_NO_VLAN; tpid of the outer */
	uint32_t ttl, tos, id, frag;	/* id: flow label in IPv6 */
	uint32_t badsum, badipsum, partial, pad;
	uint32_t gso;			/* bytes of each of its segments; 0: one */
	uint32_t ext_type;		/* IPv6 next header of ext */
	struct bytes opt, ipopt, ext;	/* opt, ipopt: padded with zeroes */
	const char *data;		/* NULL: len bytes of 'a' to 'z' */
	uint8_t dst_mac[6];
};

struct frame {
	size_t len, l3, l4;
	uint8_t b[FRAME_MAX];
};

/* Fields of a received segment; seen_names[] is the variable of each */
enum seen_field {
	SEEN_FLAGS,
	SEEN_SPORT,
	SEEN_DPORT,
	SEEN_SEQ,
	SEEN_ACK,
	SEEN_WIN,
	SEEN_LEN,
	SEEN_MSS,
	SEEN_WS,
	SEEN_SACK,
	SEEN_TSOK,
	SEEN_TS,
	SEEN_ECR,
	SEEN_BLOCKS,
	SEEN_LEFT,
	SEEN_RIGHT,
	SEEN_URG,
	SEEN_VLAN,
	SEEN_VLAN2,
	SEEN_TOS,
	SEEN_ID,
	SEEN_TTL,
	SEEN_SUMOK,
	SEEN_NR
};

extern const char *const seen_names[SEEN_NR];

struct seen {
	uint32_t field[SEEN_NR];
	const uint8_t *data;		/* in the frame */
};

/* Ones' complement sum of the bytes, added to sum; not folded */
uint64_t sum_add(uint64_t sum, const void *from, size_t bytes);
/* Folded; not complemented */
uint16_t sum_fold(uint64_t sum);

/* "SA" to bits; -1 if a letter is unknown. "-" is no flag. */
int flags_parse(const char *text);
const char *flags_text(uint32_t flags);

/* Returns 0, or -1 if something does not fit */
int packet_build(struct frame *f, const struct path *path,
		 const struct segment *s);
/* Inverts that bit of the headers (modulo their length); returns its number */
size_t packet_flip(struct frame *f, uint64_t random);
/* Makes the sums right as far as the headers still make sense */
void packet_sum(struct frame *f);
/* True if f is a segment on the way back along path. outer_vlan: tag that
 * the kernel took off. csum_done: the sums are not on the wire yet.
 */
bool packet_parse(struct frame *f, const struct path *path, uint32_t outer_vlan,
		  bool csum_done, struct seen *seen);

#endif
