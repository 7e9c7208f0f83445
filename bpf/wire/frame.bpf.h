/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A frame's bytes, read within its bounds: what XDP and tc are given. */
#ifndef HANDFAST_FRAME_BPF_H
#define HANDFAST_FRAME_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "state/run.bpf.h"
#include "wire/options.bpf.h"

#define FRAME_HEADERS_MAX	512	/* bytes looked into: tags, IP, TCP */

struct frame {
	void *data, *data_end;
};

/* The packet's; to be asked for again after its length changed. */
static __always_inline struct frame frame_of(const struct run *r)
{
	struct frame fr;

	if (r->tc) {
		fr.data = (void *)(long)r->skb->data;
		fr.data_end = (void *)(long)r->skb->data_end;
	} else {
		fr.data = (void *)(long)r->xdp->data;
		fr.data_end = (void *)(long)r->xdp->data_end;
	}
	return fr;
}

/*
 * The length of the packet's frame. A call costs as much as all parsing: only for
 * what is in pieces, and does not lie in the first of them.
 */
static __always_inline void frame_measure(const struct run *r)
{
	struct packet *p = r->packet;
	struct frame fr = frame_of(r);

	p->frame_len = fr.data_end - fr.data;
	if (!p->ip_len || p->l3_off + p->ip_len > p->frame_len)
		p->frame_len = bpf_xdp_get_buff_len(r->xdp);
}

/* `words` 32-bit words at an offset, or NULL where the frame has not so many. */
static __always_inline __be32 *frame_words(const struct frame *fr, __u32 off,
					   __u32 words)
{
	void *at;

	if (off > FRAME_HEADERS_MAX)
		return NULL;
	at = fr->data + off;
	return at + words * 4 <= fr->data_end ? at : NULL;
}

/*
 * Is a length from 1 to `most`? It becomes a value that the verifiers since
 * Linux 6.1 know to be so: they do not take "not zero" for "at least one" ("R4
 * invalid zero-sized read"), and clang 14 folds tests into what it knows of the
 * length already.
 */
static __always_inline bool len_is_within(__u32 *len, __u32 most)
{
	__u32 less = *len - 1;

	barrier_var(less);
	if (less >= most)
		return false;
	*len = less + 1;
	return true;
}

/* Copy 1 to 40 bytes: as many as IP or TCP options can be. */
static __always_inline bool frame_load(const struct run *r, __u32 at, void *to,
				       __u32 len)
{
	if (!len_is_within(&len, OPT_BYTES_MAX))
		return false;
	if (r->tc)
		return !bpf_skb_load_bytes(r->skb, at, to, len);
	return !bpf_xdp_load_bytes(r->xdp, at, to, len);
}

#endif
