/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A TCP segment without payload, and the datagram that carries it. */
#ifndef HANDFAST_DATAGRAM_H
#define HANDFAST_DATAGRAM_H

#include <linux/if_ether.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/abi.h"

/* IANA "TCP Option Kind Numbers". */
#define OPT_END		0
#define OPT_NOP		1
#define OPT_MSS		2
#define OPT_MSS_LEN	4
#define OPT_WSCALE	3
#define OPT_WSCALE_LEN	3
#define OPT_SACK_PERM	4
#define OPT_SACK_PERM_LEN	2
#define OPT_TS		8
#define OPT_TS_LEN	10

#define TH_ECE		0x40
#define TH_CWR		0x80

#define OPT_WORDS_MAX	10
#define IP4_WORDS	5
#define IP6_WORDS	10
#define TCP_WORDS	5

/* In host byte order but for `opt`. */
struct segment {
	const struct hf_tuple *tuple;
	bool from_client;
	__u32 seq, ack;
	__u16 window;
	__u8 flags;
	int opt_words;
	__be32 opt[OPT_WORDS_MAX];
};

/* Another word of options, in host byte order. */
void segment_option(struct segment *seg, __u32 word);
void segment_timestamp(struct segment *seg, __u32 tsval, __u32 tsecr);

/* A client's SYN, with all options, as Linux sends it. */
void segment_syn(struct segment *seg, __u32 isn, __u32 tsval);

/* What the end whose segments have direction `d` would send now, without payload.
 * The peers' clocks go on in ms, RFC 7323 5.4. */
void segment_ack(struct segment *seg, const struct hf_flow *f,
		 enum hf_direction d, __u32 now_ms);

/* IP header, TCP header, in wire order. */
struct datagram {
	__be32 word[IP6_WORDS + TCP_WORDS + OPT_WORDS_MAX];
	int ip_words, words;
};

/* With hop limit 64 and both checksums. */
void datagram_make(struct datagram *d, const struct segment *seg);

#define FRAME_MAX	(ETH_HLEN + 2 * 4 + sizeof(struct datagram))

/* The same behind Ethernet's header and the tags of the tuple's zone (802.1Q, outer
 * one first); returns their bytes. */
size_t frame_make(__u8 frame[FRAME_MAX], const struct segment *seg,
		  const __u8 to[ETH_ALEN], const __u8 from[ETH_ALEN]);

#endif
