/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * TCP options: read from a SYN or ACK, written into a SYN-ACK.
 *
 * Reading works on a copy of the option bytes (at most 40, RFC 9293 3.1) and
 * follows tcp_parse_options() of the kernel: an option of a known kind with a
 * wrong length is ignored, a length below two or beyond the end stops the
 * walk, and what stood before it counts. The layouts that nearly everyone
 * sends are recognised as whole words; all others take the loop.
 *
 * Writing follows tcp_options_write(): MSS first, SACK permitted sharing a
 * word with the timestamp, window scale last.
 *
 * No helper is called here: the unit tests compile this file natively.
 */
#ifndef HANDFAST_OPTIONS_BPF_H
#define HANDFAST_OPTIONS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "handfast/flow.h"
#include "wire/checksum.bpf.h"

#define OPT_BYTES_MAX	40
#define OPT_WORDS_MAX	(OPT_BYTES_MAX / 4)
#define OPT_RAW_BYTES	(OPT_BYTES_MAX + 12)	/* any option read stays inside */

/* IANA "TCP Option Kind Numbers". */
enum option_kind {
	OPT_KIND_EOL = 0,
	OPT_KIND_NOP = 1,
	OPT_KIND_MSS = 2,
	OPT_KIND_WSCALE = 3,
	OPT_KIND_SACK_PERM = 4,
	OPT_KIND_SACK = 5,
	OPT_KIND_TS = 8,
	OPT_KIND_MD5 = 19,
	OPT_KIND_AO = 29,
};

#define OPT_LEN_MSS		4
#define OPT_LEN_WSCALE		3
#define OPT_LEN_SACK_PERM	2
#define OPT_LEN_TS		10

#define OPT_SEEN_AUTH	0x80	/* in `seen`: TCP-MD5 or TCP-AO is there */

/* The bytes as they came, zero behind them. */
struct options_raw {
	union {
		__u8 byte[OPT_RAW_BYTES];
		__be32 word[OPT_RAW_BYTES / 4];
	};
	__u32 len;		/* bytes that are options */
	__u32 at;		/* where the loop stands */
} __attribute__((aligned(8)));

struct options {
	__u64 sum;		/* of the raw words, for the checksum */
	__u32 tsval, tsecr;	/* host byte order */
	__u16 mss;		/* 0: no MSS option */
	__u8 wscale;		/* at most 14, valid with HF_OPT_WSCALE */
	__u8 seen;		/* HF_OPT_* but ECN | OPT_SEEN_AUTH */
};

#define OPT_WORD(a, b, c, d) \
	bpf_htonl((__u32)(a) << 24 | (b) << 16 | (c) << 8 | (d))

static __always_inline __u32 opt_be32(const struct options_raw *r, __u32 at)
{
	return (__u32)r->byte[at] << 24 | r->byte[at + 1] << 16 |
	       r->byte[at + 2] << 8 | r->byte[at + 3];
}

/*
 * One option whose kind, length and bytes lie in the raw bytes at `at`.
 * RFC 7323 2.3: a shift above 14 is taken as 14.
 */
static __always_inline void opt_read(struct options *o,
				     const struct options_raw *r, __u32 at)
{
	__u8 kind = r->byte[at], len = r->byte[at + 1];

	if (kind == OPT_KIND_MSS && len == OPT_LEN_MSS) {
		o->mss = r->byte[at + 2] << 8 | r->byte[at + 3];
	} else if (kind == OPT_KIND_WSCALE && len == OPT_LEN_WSCALE) {
		o->seen |= HF_OPT_WSCALE;
		o->wscale = r->byte[at + 2] > 14 ? 14 : r->byte[at + 2];
	} else if (kind == OPT_KIND_SACK_PERM && len == OPT_LEN_SACK_PERM) {
		o->seen |= HF_OPT_SACK;
	} else if (kind == OPT_KIND_TS && len == OPT_LEN_TS) {
		o->seen |= HF_OPT_TS;
		o->tsval = opt_be32(r, at + 2);
		o->tsecr = opt_be32(r, at + 6);
	} else if (kind == OPT_KIND_MD5 || kind == OPT_KIND_AO) {
		o->seen |= OPT_SEEN_AUTH;
	}
}

/*
 * Bytes of the option at `at` of `end` bytes; 0: the walk stops there, at the end
 * of the list or at a length that is nonsense.
 */
static __always_inline __u32 opt_step(const __u8 *byte, __u32 at, __u32 end)
{
	__u8 len;

	if (byte[at] == OPT_KIND_NOP)
		return 1;
	if (byte[at] == OPT_KIND_EOL || at + 1 >= end)
		return 0;
	len = byte[at + 1];
	return len < 2 || at + len > end ? 0 : len;
}

/*
 * The loop for any layout. Global on purpose: the verifier then checks it once
 * instead of once for every caller's state. `at` goes through memory, whose
 * contents it does not follow: else it keeps a state for every sum of lengths,
 * half a million instructions in all. Returns 0.
 */
__noinline int opt_parse_any(struct options *o, struct options_raw *r)
{
	volatile __u32 *place;
	__u32 at, len;

	if (!o || !r)
		return 0;
	place = &r->at;
	*place = 0;
	for (int i = 0; i < OPT_BYTES_MAX; i++) {
		at = *place;
		if (at >= r->len || at >= OPT_BYTES_MAX)
			return 0;
		len = opt_step(r->byte, at, r->len);
		if (!len)
			return 0;
		opt_read(o, r, at);
		*place = at + len;
	}
	return 0;
}

/* Linux, timestamps on: MSS, SACK permitted, timestamp, NOP, window scale. */
static __always_inline bool opt_parse_linux(struct options *o,
					    const __be32 *word)
{
	__u32 mss = bpf_ntohl(word[0]), ws = bpf_ntohl(word[4]);

	if (mss >> 16 != (OPT_KIND_MSS << 8 | OPT_LEN_MSS) ||
	    word[1] != OPT_WORD(OPT_KIND_SACK_PERM, OPT_LEN_SACK_PERM,
				OPT_KIND_TS, OPT_LEN_TS) ||
	    ws >> 8 != (OPT_KIND_NOP << 16 | OPT_KIND_WSCALE << 8 |
			OPT_LEN_WSCALE))
		return false;
	o->sum = csum_words(word, 5);
	o->mss = mss;
	o->tsval = bpf_ntohl(word[2]);
	o->tsecr = bpf_ntohl(word[3]);
	o->wscale = (ws & 0xff) > 14 ? 14 : ws & 0xff;
	o->seen = HF_OPT_WSCALE | HF_OPT_SACK | HF_OPT_TS;
	return true;
}

/* An established segment: NOP, NOP, timestamp (RFC 7323 appendix A). */
static __always_inline bool opt_parse_ts_only(struct options *o,
					      const __be32 *word)
{
	if (word[0] !=
	    OPT_WORD(OPT_KIND_NOP, OPT_KIND_NOP, OPT_KIND_TS, OPT_LEN_TS))
		return false;
	o->sum = csum_words(word, 3);
	o->mss = 0;
	o->tsval = bpf_ntohl(word[1]);
	o->tsecr = bpf_ntohl(word[2]);
	o->wscale = HF_WSCALE_NONE;
	o->seen = HF_OPT_TS;
	return true;
}

/*
 * A SYN without timestamps: MSS, then SACK permitted and window scale behind
 * NOPs, in this order (Linux) or the other (Windows).
 */
static __always_inline bool opt_parse_no_ts(struct options *o,
					    const __be32 *word)
{
	__be32 sack = OPT_WORD(OPT_KIND_NOP, OPT_KIND_NOP, OPT_KIND_SACK_PERM,
			       OPT_LEN_SACK_PERM);
	__u32 mss = bpf_ntohl(word[0]), ws;

	if (word[1] == sack)
		ws = bpf_ntohl(word[2]);
	else if (word[2] == sack)
		ws = bpf_ntohl(word[1]);
	else
		return false;
	if (mss >> 16 != (OPT_KIND_MSS << 8 | OPT_LEN_MSS) ||
	    ws >> 8 != (OPT_KIND_NOP << 16 | OPT_KIND_WSCALE << 8 |
			OPT_LEN_WSCALE))
		return false;
	o->sum = csum_words(word, 3);
	o->mss = mss;
	o->tsval = o->tsecr = 0;
	o->wscale = (ws & 0xff) > 14 ? 14 : ws & 0xff;
	o->seen = HF_OPT_WSCALE | HF_OPT_SACK;
	return true;
}

/* One of the layouts that nearly everyone sends, of `words` words? */
static __always_inline bool opt_parse_plain(struct options *o,
					    const __be32 *word, __u32 words)
{
	if (words == 5)
		return opt_parse_linux(o, word);
	return words == 3 &&
	       (opt_parse_ts_only(o, word) || opt_parse_no_ts(o, word));
}

static __always_inline void opt_parse(struct options *o, struct options_raw *r)
{
	if (opt_parse_plain(o, r->word, r->len / 4))
		return;
	o->sum = csum_words(r->word, OPT_WORDS_MAX);
	o->mss = 0;
	o->seen = 0;
	o->wscale = HF_WSCALE_NONE;
	o->tsval = 0;
	o->tsecr = 0;
	if (r->len)
		opt_parse_any(o, r);
}

/* What a SYN-ACK carries. */
struct options_out {
	__u32 tsval, tsecr;	/* host byte order, with HF_OPT_TS */
	__u16 mss;
	__u8 wscale;		/* with HF_OPT_WSCALE */
	__u8 grant;		/* HF_OPT_WSCALE, _SACK, _TS */
};

/* Bytes that opt_write() will write. */
static __always_inline __u32 opt_len(__u8 grant)
{
	__u32 len = OPT_LEN_MSS;

	if (grant & HF_OPT_TS)
		len += 12;
	else if (grant & HF_OPT_SACK)
		len += 4;
	if (grant & HF_OPT_WSCALE)
		len += 4;
	return len;
}

/* Write into `word`, which has room for opt_len() bytes. */
static __always_inline void opt_write(__be32 *word,
				      const struct options_out *out)
{
	*word++ = OPT_WORD(OPT_KIND_MSS, OPT_LEN_MSS, out->mss >> 8,
			   out->mss & 0xff);
	if (out->grant & HF_OPT_TS) {
		if (out->grant & HF_OPT_SACK)
			*word++ = OPT_WORD(OPT_KIND_SACK_PERM,
					   OPT_LEN_SACK_PERM, OPT_KIND_TS,
					   OPT_LEN_TS);
		else
			*word++ = OPT_WORD(OPT_KIND_NOP, OPT_KIND_NOP,
					   OPT_KIND_TS, OPT_LEN_TS);
		*word++ = bpf_htonl(out->tsval);
		*word++ = bpf_htonl(out->tsecr);
	} else if (out->grant & HF_OPT_SACK) {
		*word++ = OPT_WORD(OPT_KIND_NOP, OPT_KIND_NOP,
				   OPT_KIND_SACK_PERM, OPT_LEN_SACK_PERM);
	}
	if (out->grant & HF_OPT_WSCALE)
		*word = OPT_WORD(OPT_KIND_NOP, OPT_KIND_WSCALE, OPT_LEN_WSCALE,
				 out->wscale);
}

#endif
