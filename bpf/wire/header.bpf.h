/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A TCP header that is taken out of an skb, changed, and put back.
 *
 * What changes is kept as a difference of sums, which the checksum follows
 * whoever computes it: bpf_l4_csum_replace() leaves a partial sum alone, and the
 * sum over the whole frame (CHECKSUM_COMPLETE) stays what it was. Super-packets
 * (GSO) are changed like single segments: what is cut from them is alike.
 */
#ifndef HANDFAST_HEADER_BPF_H
#define HANDFAST_HEADER_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "state/maps.bpf.h"
#include "state/run.bpf.h"
#include "wire/checksum.bpf.h"
#include "wire/frame.bpf.h"
#include "wire/options.bpf.h"
#include "wire/packet.bpf.h"

#define HEADER_WORDS	5	/* without options, RFC 9293 3.1 */
#define HEADER_BYTES_MAX	60
#define HEADER_CHECK	16	/* where the checksum stands */

/* The header's 32-bit words. */
#define HEADER_PORTS	0
#define HEADER_SEQ	1
#define HEADER_ACK	2
#define HEADER_FLAGS	3	/* length, flags, window */
#define HEADER_OPTIONS	5

struct header {
	union {
		__be32 word[28];	/* behind `len` anything; the verifier
					 * sees options read beyond the 60 */
		__u8 byte[112];
	};
	__u64 diff;		/* sum of what changed */
	__u32 len;		/* bytes */
	__u32 at;		/* where the loop over the options stands */
};

/* What is added to the numbers in a header's options. */
struct header_shift {
	__u32 sack, tsval, tsecr;
	bool no_sack;		/* its SACK blocks become NOPs instead */
};

/* Too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct header);
} header_scratch SEC(".maps");

/* The header of the packet's skb; NULL: it is cut off. */
static __always_inline struct header *header_load(const struct run *r)
{
	struct header *h = MAP_AT(header_scratch, 0);
	__u32 len = r->packet->doff * 4;

	if (!h)
		return NULL;
	h->diff = 0;
	h->len = len;
	if (!len_is_within(&len, HEADER_BYTES_MAX) ||
	    bpf_skb_load_bytes(r->skb, r->packet->l4_off, h->byte, len))
		return NULL;
	return h;
}

static __always_inline void header_set(struct header *h, __u32 word, __u32 to)
{
	h->diff += (__u32)~h->word[word];
	h->word[word] = bpf_htonl(to);
	h->diff += h->word[word];
}

static __always_inline void header_set_window(struct header *h, __u16 window)
{
	header_set(h, HEADER_FLAGS,
		   (bpf_ntohl(h->word[HEADER_FLAGS]) & 0xffff0000) | window);
}

/* Other flags and window; the length stays. */
static __always_inline void header_set_flags(struct header *h, __u8 flags,
					     __u16 window)
{
	header_set(h, HEADER_FLAGS, h->len << 26 | (__u32)flags << 16 | window);
}

/* The direction is turned round. */
static __always_inline void header_swap_ports(struct header *h)
{
	__u32 ports = bpf_ntohl(h->word[HEADER_PORTS]);

	header_set(h, HEADER_PORTS, ports << 16 | ports >> 16);
}

/* No options but a timestamp, if there is room for it and `has_ts`. */
static __always_inline void header_set_options(struct header *h, bool has_ts,
					       __u32 tsval, __u32 tsecr)
{
	__u32 nops = bpf_ntohl(OPT_WORD(OPT_KIND_NOP, OPT_KIND_NOP,
					OPT_KIND_NOP, OPT_KIND_NOP));

	for (__u32 i = HEADER_OPTIONS; i < HEADER_BYTES_MAX / 4; i++)
		if (i * 4 < h->len)
			header_set(h, i, nops);
	if (!has_ts || h->len < (HEADER_WORDS + 3) * 4)
		return;
	header_set(h, HEADER_OPTIONS,
		   bpf_ntohl(OPT_WORD(OPT_KIND_NOP, OPT_KIND_NOP, OPT_KIND_TS,
				      OPT_LEN_TS)));
	header_set(h, HEADER_OPTIONS + 1, tsval);
	header_set(h, HEADER_OPTIONS + 2, tsecr);
}

/* Add to a number that need not lie on a word's border. */
static __always_inline void header_add_at(struct header *h, __u32 at, __u32 add)
{
	__u8 *byte = h->byte + at;
	__u32 number = (__u32)byte[0] << 24 | byte[1] << 16 | byte[2] << 8 |
		       byte[3];

	number += add;
	byte[0] = number >> 24;
	byte[1] = number >> 16;
	byte[2] = number >> 8;
	byte[3] = number;
}

#define HEADER_SACK_EDGES	8	/* four blocks, RFC 2018 3 */

/* An option of SACK blocks, or, if its length is nonsense, the whole part. */
static __always_inline void header_shift_blocks(struct header *h, __u32 at,
						__u32 len,
						const struct header_shift *by)
{
	for (__u32 i = 0; i < HEADER_SACK_EDGES; i++) {
		if (i * 4 + 6 > len)
			break;
		if (by->no_sack)
			__builtin_memset(h->byte + at + 2 + i * 4, OPT_KIND_NOP,
					 4);
		else
			header_add_at(h, at + 2 + i * 4, by->sack);
	}
	if (by->no_sack && len % 4 == 2)
		__builtin_memset(h->byte + at, OPT_KIND_NOP, 2);
}

/* One option at `at`, of `len` bytes. */
static __always_inline void header_shift_option(struct header *h, __u32 at,
						__u32 len,
						const struct header_shift *by)
{
	__u8 kind = h->byte[at];

	if (kind == OPT_KIND_TS && len == OPT_LEN_TS) {
		header_add_at(h, at + 2, by->tsval);
		header_add_at(h, at + 6, by->tsecr);
	}
	if (kind == OPT_KIND_SACK)
		header_shift_blocks(h, at, len, by);
}

/*
 * Any layout, as opt_parse_any() reads it. Global: checked once; `at` goes
 * through memory for the reason given there. Returns 0.
 */
__noinline int header_shift_any(struct header *h, struct header_shift *by)
{
	volatile __u32 *place;
	__u32 at, len;

	if (!h || !by)
		return 0;
	for (int i = 0; i < OPT_WORDS_MAX; i++)
		h->diff += (__u32)~h->word[HEADER_OPTIONS + i];
	place = &h->at;
	*place = HEADER_OPTIONS * 4;
	for (int i = 0; i < OPT_BYTES_MAX; i++) {
		at = *place;
		if (at >= h->len || at >= HEADER_BYTES_MAX)
			break;
		len = opt_step(h->byte, at, h->len);
		if (!len)
			break;
		header_shift_option(h, at, len, by);
		*place = at + len;
	}
	h->diff += csum_words(h->word + HEADER_OPTIONS, OPT_WORDS_MAX);
	return 0;
}

/* Put it back. The checksum among its bytes is still the one that was loaded, so
 * what changes later adds to what changed before. */
static __always_inline bool header_store(const struct run *r, struct header *h)
{
	__u32 at = r->packet->l4_off, len = h->len;
	__u16 diff = csum_fold16(h->diff);

	return len_is_within(&len, HEADER_BYTES_MAX) &&
	       !bpf_skb_store_bytes(r->skb, at, h->byte, len, 0) &&
	       !bpf_l4_csum_replace(r->skb, at + HEADER_CHECK, 0, diff, 0);
}

/* The numbers that a segment is to have, and what its options change by. */
struct header_numbers {
	struct header_shift by;
	__u32 seq, ack;		/* host byte order */
	__u16 window;
};

/*
 * Of a header without options but timestamps, of `words` words: it is read in its
 * place, and what follows the ports is written at once.
 */
static __always_inline bool
header_renumber_plain(const struct run *r, const struct header_numbers *n,
		      const __be32 *word, int words)
{
	__u32 at = r->packet->l4_off;
	__u64 diff = 0;
	__be32 now[7];

	now[0] = bpf_htonl(n->seq);
	now[1] = bpf_htonl(n->ack);
	now[2] = (word[HEADER_FLAGS] & bpf_htonl(0xffff0000)) |
		 bpf_htonl(n->window);
	now[3] = word[4];
	if (words > HEADER_WORDS) {
		now[4] = word[HEADER_OPTIONS];
		now[5] = bpf_htonl(bpf_ntohl(word[6]) + n->by.tsval);
		now[6] = bpf_htonl(bpf_ntohl(word[7]) + n->by.tsecr);
	}
	for (int i = 1; i < words; i++)
		diff += (__u64)(__u32)~word[i] + now[i - 1];
	return !bpf_skb_store_bytes(r->skb, at + HEADER_SEQ * 4, now,
				    (words - 1) * 4, 0) &&
	       !bpf_l4_csum_replace(r->skb, at + HEADER_CHECK, 0,
				    csum_fold16(diff), 0);
}

/* Any other. */
static __always_inline bool header_renumber_any(const struct run *r,
						struct header_numbers *n)
{
	struct header *h = header_load(r);

	if (!h)
		return false;
	header_set(h, HEADER_SEQ, n->seq);
	header_set(h, HEADER_ACK, n->ack);
	header_set_window(h, n->window);
	header_shift_any(h, &n->by);
	return header_store(r, h);
}

/* Give the packet's segment other numbers. False: it could not be. */
static __always_inline bool header_renumber(const struct run *r,
					    struct header_numbers *n)
{
	const struct packet *p = r->packet;
	struct frame fr = frame_of(r);
	__u32 off = p->l4_off;
	__be32 *word;

	/* Bounded before it is kept: clang 14 tests a register and takes the
	 * offset from the stack, of which Linux 6.1 knows no bound ("R0 offset
	 * is outside of the packet"). */
	if (off > FRAME_HEADERS_MAX)
		return false;
	barrier_var(off);
	word = frame_words(&fr, off, HEADER_WORDS + 3);
	if (word && p->doff == HEADER_WORDS + 3 &&
	    word[HEADER_OPTIONS] == OPT_WORD(OPT_KIND_NOP, OPT_KIND_NOP,
					     OPT_KIND_TS, OPT_LEN_TS))
		return header_renumber_plain(r, n, word, HEADER_WORDS + 3);
	word = frame_words(&fr, off, HEADER_WORDS);
	if (word && p->doff == HEADER_WORDS)
		return header_renumber_plain(r, n, word, HEADER_WORDS);
	return header_renumber_any(r, n);
}

#endif
