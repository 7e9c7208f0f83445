/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Translation between the two legs of a spliced connection, at tc. The client
 * knows the sequence numbers and timestamps of our SYN-ACK, the server its own;
 * what differs is fixed with the server's SYN-ACK (open/handover.bpf.h).
 *
 *     client -> server   ack, TSecr, SACK blocks       less the difference
 *     server -> client   seq, TSval                    plus the difference
 *                        window                        to the shift announced
 *
 * What the client was promised and the server refuses does not reach it: SACK
 * blocks become NOPs, ECT is cleared. CE is a router's word to a server that could
 * pass it on; a segment without ECT would have been dropped there, and so it is
 * here (RFC 3168 5, 6.1.5: the client repeats it without ECT).
 *
 * The client's own numbers are never changed. The facts of the record are as the
 * client sees them, and are taken here alone: XDP in the stack (generic) sees
 * the segments that are injected as well.
 */
#ifndef HANDFAST_SPLICE_BPF_H
#define HANDFAST_SPLICE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "flow/flow.bpf.h"
#include "state/maps.bpf.h"
#include "state/run.bpf.h"
#include "wire/header.bpf.h"
#include "wire/reframe.bpf.h"

#define SPLICE_WINDOW_MAX	65535U

static __always_inline __u32 splice_seq_delta(__u64 delta)
{
	return delta >> 32;
}

static __always_inline __u32 splice_ts_delta(__u64 delta)
{
	return delta;
}

static __always_inline __u32 splice_shift(__u32 window, __u8 wscale)
{
	return wscale < HF_WSCALE_NONE ? window << (wscale & 15) : window;
}

/* The client's window as the server, which may not scale, is to read it. */
static __always_inline __u16 splice_window_in(const struct hf_splice *s,
					      __u16 window)
{
	__u32 bytes;

	if (s->server_wscale != HF_WSCALE_NONE)
		return window;
	bytes = splice_shift(window, s->client_wscale);
	return bytes < SPLICE_WINDOW_MAX ? bytes : SPLICE_WINDOW_MAX;
}

/*
 * The server's window, shifted by `wscale`, by the shift that we announced. The
 * server's may be finer: a small window must not become none, which stays so
 * for as long as the server has no more.
 */
static __always_inline __u16 splice_window_out(const struct hf_splice *s,
					       __u16 window, __u8 wscale)
{
	__u32 bytes = splice_shift(window, wscale);
	__u32 most = splice_shift(SPLICE_WINDOW_MAX, s->our_wscale);

	if (bytes > most)
		bytes = most;
	if (s->our_wscale == HF_WSCALE_NONE)
		return bytes;
	return bytes >> (s->our_wscale & 15) ?: bytes != 0;
}

/* ECN was promised to the client, and its server refuses it. False: to be dropped. */
static __always_inline bool splice_clear_ecn(const struct run *r,
					     const struct hf_splice *s)
{
	__u8 ecn = r->packet->tos & IP_ECN_MASK;

	if (!ecn || !(s->options & ~s->granted & HF_OPT_ECN))
		return true;
	return ecn != IP_ECN_MASK && reframe_clear_ect(r);
}

/* The client's segment becomes what the server understands. */
static __always_inline bool splice_translate_in(const struct run *r,
						const struct hf_splice *s)
{
	__u64 delta = s->delta;
	const struct packet *p = r->packet;
	struct header_numbers n = {
		.by = {
			.sack = -splice_seq_delta(delta),
			.no_sack = s->options & ~s->granted & HF_OPT_SACK,
		},
		.seq = p->seq,
		.ack = p->ack,
		.window = splice_window_in(s, p->window),
	};

	if (p->flags & TCP_ACK) {	/* else its fields are no numbers */
		n.ack -= splice_seq_delta(delta);
		n.by.tsecr = -splice_ts_delta(delta);
	}
	return header_renumber(r, &n) && splice_clear_ecn(r, s);
}

/* The server's segment becomes what the client understands; so does r->packet. */
static __always_inline bool splice_translate_out(const struct run *r,
						 const struct hf_splice *s)
{
	__u64 delta = s->delta;
	struct packet *p = r->packet;
	struct header_numbers n = {
		.by = { .tsval = splice_ts_delta(delta) },
	};

	p->seq += splice_seq_delta(delta);
	p->tsval += splice_ts_delta(delta);
	p->window = splice_window_out(s, p->window, s->server_wscale);
	n.seq = p->seq;
	n.ack = p->ack;
	n.window = p->window;
	return header_renumber(r, &n);
}

/* As flow_track(). Where a direction is, the first segment of it says in a record
 * that was made anew (carry.bpf.h). */
static __always_inline bool splice_track(const struct run *r,
					 enum hf_direction d)
{
	struct hf_flow_dir *dir = &r->flow->dir[d];
	const struct packet *p = r->packet;

	if (!(dir->flags & HF_DIR_SEEN || p->flags & TCP_RST) &&
	    flow_fits(r->flow, p, d))
		dir->seq_hi = p->seq;
	return flow_track(r, d);
}

/*
 * What belongs to a record, which may be NULL; NULL: it is not translated, or is
 * being made, and another connection's may stand in its place. Ask at once behind
 * the record: memory answers both together, which is a quarter of a segment's cost
 * where there are many.
 */
static __always_inline struct hf_splice *splice_find(const struct hf_tuple *t,
						     const struct hf_flow *f)
{
	struct hf_splice *s;

	if (!f || !flow_is_spliced(f))
		return NULL;
	s = bpf_map_lookup_elem(&splice_v1, t);
	return s && s->generation == flow_generation(f) ? s : NULL;
}

#endif
