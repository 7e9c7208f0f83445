/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a segment adds to the record of its connection, and which events of the
 * state machine that means.
 *
 * A segment adds facts only if it fits what the other side has sent, so that a
 * blind sender cannot move the record (RFC 5961). RST: only at the highest
 * acknowledgment of the other side, or the highest sequence of its sender.
 *
 * No helper is called here: tests/unit/test_fsm.c compiles this file natively
 * and holds the two ways to a state together, by events and by the facts.
 */
#ifndef HANDFAST_FACTS_BPF_H
#define HANDFAST_FACTS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/flow.h"
#include "handfast/state.h"
#include "wire/packet.bpf.h"

#define FLOW_WSCALE_MAX	14	/* RFC 7323 2.3 */
#define FLOW_WINDOW_MIN	65535U	/* slack: largest window without scaling */
#define FLOW_UNSEEN_MS	1000	/* a server that is silent so long may be unseen */

/* A set of events: bits 1 << enum hf_event. */
#define EVENT(id)	(1U << HF_EV_##id)

/* What a segment means for each leg: a set of events. */
struct flow_events {
	__u32 leg[HF_LEG_NR];
};

/* Has it two legs, and numbers that are translated between them? */
static __always_inline bool flow_is_spliced(const struct hf_flow *f)
{
	return f->handoff == HF_HANDOFF_SPLICE;
}

/* Which record of its tuple it is; unique. */
static __always_inline __u32 flow_generation(const struct hf_flow *f)
{
	return f->life >> 32;
}

/* A FIN by its first transmission: its sequence number, and what it acked. */
static __always_inline __u64 flow_fin_pack(__u32 seq, __u32 ack)
{
	return (__u64)seq << 32 | ack;
}

static __always_inline __u32 flow_fin_seq(const struct hf_flow_dir *dir)
{
	return dir->fin >> 32;
}

static __always_inline __u32 flow_fin_ack(const struct hf_flow_dir *dir)
{
	return dir->fin;
}

/* Both FINs seen and acknowledged. */
static __always_inline bool flow_closed_both(const struct hf_flow *f)
{
	const struct hf_flow_dir *in = &f->dir[HF_DIR_IN];
	const struct hf_flow_dir *out = &f->dir[HF_DIR_OUT];

	if (!(in->flags & out->flags & HF_DIR_FIN))
		return false;
	return (__s32)(out->ack_hi - flow_fin_seq(in)) > 0 &&
	       (__s32)(in->ack_hi - flow_fin_seq(out)) > 0;
}

/* Was the handshake the kernel's? Then the window scales are not known. */
static __always_inline bool flow_scale_unknown(const struct hf_flow *f)
{
	return f->handoff == HF_HANDOFF_ADOPTED ||
	       f->handoff == HF_HANDOFF_KERNEL;
}

/* How far beyond its acknowledgments a side lets the other one send. */
static __always_inline __u32 flow_window(const struct hf_flow *f,
					 enum hf_direction d)
{
	__u8 shift = d == HF_DIR_IN ? f->snd_wscale : f->rcv_wscale;
	__u32 window = f->dir[d].window;

	if (flow_scale_unknown(f))
		window <<= FLOW_WSCALE_MAX;
	else if (f->options & HF_OPT_WSCALE && shift < HF_WSCALE_NONE)
		window <<= shift & 15;
	return window > FLOW_WINDOW_MIN ? window : FLOW_WINDOW_MIN;
}

/* Sequence space that the segment takes, RFC 9293 3.4: SYN and FIN count. */
static __always_inline __u32 flow_seg_end(const struct packet *p)
{
	return p->seq + p->payload + !!(p->flags & TCP_SYN) +
	       !!(p->flags & TCP_FIN);
}

/*
 * Does the segment lie where its sender may be? Not beyond the window that the
 * other side gave, not older than such a window, and it acknowledges nothing
 * that was not sent.
 */
static __always_inline bool flow_fits(const struct hf_flow *f,
				      const struct packet *p,
				      enum hf_direction d)
{
	const struct hf_flow_dir *other =
		&f->dir[d == HF_DIR_IN ? HF_DIR_OUT : HF_DIR_IN];
	__u32 window = flow_window(f, d == HF_DIR_IN ? HF_DIR_OUT : HF_DIR_IN);

	/* What this host sends is not forged. */
	if (d == HF_DIR_OUT && !flow_closed_both(f))
		return true;
	if (!(other->flags & HF_DIR_ACK))	/* nothing to measure by */
		return true;
	if ((__s32)(p->seq - other->ack_hi - window) > 0 ||
	    (__s32)(flow_seg_end(p) - other->ack_hi + window) < 0)
		return false;
	/* of a RST the kernel does not ask what it acknowledges */
	return (p->flags & (TCP_ACK | TCP_RST)) != TCP_ACK ||
	       (__s32)(p->ack - other->seq_hi) <= 0;
}

/* The sender's FIN is covered by the other side's acknowledgments. */
static __always_inline bool flow_fin_acked(const struct hf_flow_dir *sender,
					   const struct hf_flow_dir *receiver)
{
	return sender->flags & HF_DIR_FIN &&
	       (__s32)(receiver->ack_hi - flow_fin_seq(sender)) > 0;
}

/* A FIN may come behind a later acknowledgment: of a splice's client. */
static __always_inline void flow_note_fin(struct hf_flow_dir *dir,
					  const struct packet *p)
{
	if (!(dir->flags & HF_DIR_FIN)) {
		dir->fin = flow_fin_pack(p->seq + p->payload, dir->ack_hi);
		dir->flags |= HF_DIR_FIN;
	}
	dir->fin_last_ms = p->now_ms;
}

/* What the segments of one direction add. */
static __always_inline void flow_note(struct hf_flow_dir *dir,
				      const struct packet *p)
{
	if (p->flags & TCP_ACK && (!(dir->flags & HF_DIR_ACK) ||
				   (__s32)(p->ack - dir->ack_hi) >= 0)) {
		dir->ack_hi = p->ack;
		dir->window = p->window;
		dir->flags |= HF_DIR_ACK;
	}
	if ((__s32)(flow_seg_end(p) - dir->seq_hi) > 0)
		dir->seq_hi = flow_seg_end(p);
	dir->flags |= HF_DIR_SEEN;
	if (p->payload)
		dir->flags |= HF_DIR_DATA;
	if (p->flags & TCP_FIN)
		flow_note_fin(dir, p);
	if (p->has_ts)
		dir->tsval = p->tsval;
	dir->last_ms = p->now_ms;
	dir->packets++;
	dir->bytes += p->payload;
}

/*
 * The other side's first segment to an active open (RFC 9293 3.10.7.3): SYN-ACK,
 * or a SYN that crossed ours. `event` becomes what it was; false: neither.
 */
static __always_inline bool flow_track_open(struct hf_flow *f,
					    const struct packet *p, int *event)
{
	struct hf_flow_dir *in = &f->dir[HF_DIR_IN];
	struct hf_flow_dir *out = &f->dir[HF_DIR_OUT];

	if (p->flags & TCP_ACK && p->ack != out->seq_hi)
		return false;
	if (p->flags & TCP_RST) {
		if (!(p->flags & TCP_ACK))
			return false;
		in->flags |= HF_DIR_RST;
		*event = HF_EV_RCV_RST;
	} else if (p->flags & TCP_SYN) {
		*event = p->flags & TCP_ACK ? HF_EV_RCV_SYN_ACK : HF_EV_RCV_SYN;
		in->flags |= HF_DIR_SYN;
		in->seq_hi = p->seq;
		in->ack_hi = out->seq_hi - 1;
	} else {
		return false;
	}
	flow_note(in, p);
	return true;
}

/*
 * RST: exact (RFC 5961 3.2), and none ends TIME_WAIT (RFC 1337): where the
 * kernel believes it, the record's TIME_WAIT only lets SYNs pass.
 */
static __always_inline bool flow_rst_is_good(const struct hf_flow *f,
					     const struct packet *p,
					     enum hf_direction d)
{
	const struct hf_flow_dir *dir = &f->dir[d];
	const struct hf_flow_dir *other =
		&f->dir[d == HF_DIR_IN ? HF_DIR_OUT : HF_DIR_IN];

	return !flow_closed_both(f) &&
	       (p->seq == other->ack_hi || p->seq == dir->seq_hi);
}

/* Of a segment, for flow_fin_events(). */
#define FLOW_RECEIVED	0x1	/* the leg receives it */
#define FLOW_FIRST_FIN	0x2	/* its FIN, if any, is its direction's first */
#define FLOW_ACKS_FIN	0x4	/* it is the first to acknowledge the other's */

/*
 * What a FIN of the leg, or its acknowledgment of one, means for its state.
 * `acks`: the segment is the first that acknowledges the other side's FIN;
 * `first`: its own FIN would be the first.
 */
static __always_inline __u32 flow_fin_events_out(const struct packet *p,
						 bool acks, bool first)
{
	return (acks ? EVENT(RCV_FIN) : 0) |
	       (p->flags & TCP_FIN && first ? EVENT(SND_FIN) : 0);
}

/* The same of a segment that the leg receives. */
static __always_inline __u32 flow_fin_events_in(struct hf_flow_dir *dir,
						const struct packet *p,
						bool acks, bool first)
{
	bool fin = p->flags & TCP_FIN;

	if (fin && first && acks) {
		dir->flags |= HF_DIR_MERGED;
		return 0;	/* told when we acknowledge it */
	}
	return (acks ? EVENT(RCV_ACK_OF_FIN) : 0) |
	       (fin && !first ? EVENT(RCV_FIN_AGAIN) : 0);
}

/* What a segment's FIN, or its acknowledgment of one, means for a leg that
 * receives the segment or sends it. */
static __always_inline __u32 flow_fin_events(struct hf_flow *f,
					     const struct packet *p,
					     enum hf_direction d, __u32 how)
{
	struct hf_flow_dir *dir = &f->dir[d];
	struct hf_flow_dir *other =
		&f->dir[d == HF_DIR_IN ? HF_DIR_OUT : HF_DIR_IN];
	bool acks = how & FLOW_ACKS_FIN, first = how & FLOW_FIRST_FIN;
	__u32 events;

	if (how & FLOW_RECEIVED)
		return flow_fin_events_in(dir, p, acks, first);
	events = flow_fin_events_out(p, acks, first);
	if (events & EVENT(RCV_FIN) && other->flags & HF_DIR_MERGED)
		events ^= EVENT(RCV_FIN) | EVENT(RCV_FIN_ACK);
	return events;
}

/*
 * The client's segment fits nothing that was seen, and its server was not seen for
 * a while: perhaps what that says leaves by another way. It is no fact, but nobody
 * is dead who sends (keepalive).
 */
static __always_inline void flow_note_life(struct hf_flow *f,
					   const struct packet *p)
{
	struct hf_flow_dir *in = &f->dir[HF_DIR_IN];

	if (p->now_ms - f->dir[HF_DIR_OUT].last_ms < FLOW_UNSEEN_MS)
		return;
	if (!flow_is_spliced(f) && !(p->flags & TCP_RST) &&
	    !(in->flags & HF_DIR_FIN))
		in->last_ms = p->now_ms;
}

/*
 * Take a segment's facts into its direction; `events` becomes what they change.
 * False: it does not fit and nothing was taken.
 */
static __always_inline bool flow_add_facts(struct hf_flow *f,
					   const struct packet *p,
					   enum hf_direction d,
					   struct flow_events *events)
{
	__u32 *client = &events->leg[HF_LEG_CLIENT];
	__u32 *server = &events->leg[HF_LEG_SERVER];
	struct hf_flow_dir *dir = &f->dir[d];
	struct hf_flow_dir *other =
		&f->dir[d == HF_DIR_IN ? HF_DIR_OUT : HF_DIR_IN];
	__u32 how = dir->flags & HF_DIR_FIN ? 0 : FLOW_FIRST_FIN;
	bool acked = flow_fin_acked(other, dir);
	bool open_acked = !(other->flags & HF_DIR_ACTIVE) ||
			  dir->ack_hi != f->iss;
	int event;

	*client = *server = 0;
	if (d == HF_DIR_IN && !(dir->flags & HF_DIR_SYN)) {
		if (!flow_track_open(f, p, &event))
			return false;
		*client = 1U << event;
		return true;
	}
	if (!flow_fits(f, p, d)) {
		if (d == HF_DIR_IN)
			flow_note_life(f, p);
		return false;
	}
	if (p->flags & TCP_RST) {
		if (!flow_rst_is_good(f, p, d))
			return false;
		dir->flags |= HF_DIR_RST;
		*client = d == HF_DIR_IN ? EVENT(RCV_RST) : EVENT(SND_RST);
		if (flow_is_spliced(f))
			*server = d == HF_DIR_IN ? EVENT(SND_RST)
						 : EVENT(RCV_RST);
	}
	flow_note(dir, p);
	if (!acked && flow_fin_acked(other, dir))
		how |= FLOW_ACKS_FIN;
	*client |= flow_fin_events(f, p, d,
				   how | (d == HF_DIR_IN ? FLOW_RECEIVED : 0));
	if (d == HF_DIR_IN && !open_acked && dir->ack_hi != f->iss)
		*client |= EVENT(RCV_ACK);
	if (flow_is_spliced(f))
		*server |= flow_fin_events(
			f, p, d, how | (d == HF_DIR_OUT ? FLOW_RECEIVED : 0));
	return true;
}

#endif
