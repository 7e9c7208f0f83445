/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Are a segment's checksums right? Asked before anything is answered, and
 * before an ACK becomes a record (RFC 9293 3.1, MUST-2 and MUST-3).
 */
#ifndef HANDFAST_SUMS_BPF_H
#define HANDFAST_SUMS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "state/config.bpf.h"
#include "state/maps.bpf.h"
#include "wire/checksum.bpf.h"
#include "wire/frame.bpf.h"
#include "wire/options.bpf.h"
#include "wire/packet.bpf.h"

/* Is the IPv4 header's sum right? IPv6 has none. */
static __always_inline bool sums_ip_ok(const struct run *r)
{
	const struct packet *p = r->packet;
	__u32 len = p->l4_off - p->l3_off - sizeof(struct iphdr);
	__be32 opt[OPT_WORDS_MAX] = {};
	struct frame fr = frame_of(r);
	__be32 *word;
	__u64 sum;

	if (p->ip6)
		return true;
	word = frame_words(&fr, p->l3_off, 5);
	if (!word)
		return false;
	sum = csum_words(word, 5);
	if (len) {
		if (!frame_load(r, p->l3_off + sizeof(struct iphdr), opt, len))
			return false;
		sum += csum_words(opt, OPT_WORDS_MAX);
	}
	return csum_fold16(sum) == 0xffff;
}

static __always_inline __u64 sums_addr(const struct packet *p)
{
	const struct hf_tuple *t = &p->tuple;

	if (!p->ip6)
		return (__u64)t->client[3] + t->server[3];
	return csum_words(t->client, 4) + csum_words(t->server, 4);
}

/*
 * Sum of the payload: 16 bits, or -1 if it is longer than SUMS_MAX (segments
 * that GRO put together) or cut off. Fragments of a frame are read like its
 * linear part, in pieces that bpf_csum_diff() takes. Global, so that the
 * verifier walks its loop once.
 */
#define SUMS_PIECE	512	/* most that bpf_csum_diff() sums at once */
#define SUMS_MAX	9216	/* jumbo frame */

struct sum_piece {
	__u8 byte[SUMS_PIECE];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sum_piece);
} sum_piece SEC(".maps");

__noinline int sums_payload(struct xdp_md *ctx, __u32 off, __u32 len)
{
	struct sum_piece *piece = MAP_AT(sum_piece, 0);
	__s64 sum = 0;

	if (!piece || len > SUMS_MAX)
		return -1;
	for (int i = 0; i < SUMS_MAX / SUMS_PIECE; i++) {
		if (len < SUMS_PIECE)
			break;
		if (bpf_xdp_load_bytes(ctx, off, piece, SUMS_PIECE))
			return -1;
		sum = bpf_csum_diff(NULL, 0, (void *)piece, SUMS_PIECE, sum);
		off += SUMS_PIECE;
		len -= SUMS_PIECE;
	}
	if (len_is_within(&len, SUMS_PIECE)) {
		__builtin_memset(piece, 0, sizeof(*piece));
		if (bpf_xdp_load_bytes(ctx, off, piece, len))
			return -1;
		sum = bpf_csum_diff(NULL, 0, (void *)piece, SUMS_PIECE, sum);
	}
	return csum_fold16(sum);
}

/*
 * Is the segment's checksum right? `o` holds its options. A payload that cannot
 * be summed here is left to the kernel, which checks it before it makes a socket
 * of an ACK; no SYN is answered with such a one. A sum that covers the
 * pseudo header alone (CHECKSUM_PARTIAL: the frame never met a wire) counts
 * where the interface is known to deliver such.
 */
static __always_inline bool sums_tcp_ok(const struct run *r,
					const struct options *o)
{
	const struct packet *p = r->packet;
	__u64 pseudo = csum_pseudo(sums_addr(p), p->doff * 4 + p->payload);
	struct frame fr = frame_of(r);
	__be32 *word = frame_words(&fr, p->l4_off, 5);
	__u64 sum;
	int payload;

	if (!word)
		return false;
	sum = pseudo + csum_words(word, 5) + o->sum;
	if (p->payload) {
		payload = sums_payload(r->xdp, p->l4_off + p->doff * 4,
				       p->payload);
		if (payload < 0)
			return p->flags & TCP_ACK;
		sum += payload;
	}
	if (csum_fold16(sum) == 0xffff)
		return true;
	return iface_partial_sum &&
	       ((struct tcphdr *)word)->check == csum_fold16(pseudo);
}

/* Both. */
static __always_inline bool sums_ok(const struct run *r,
				    const struct options *o)
{
	return sums_ip_ok(r) && sums_tcp_ok(r, o);
}

#endif
