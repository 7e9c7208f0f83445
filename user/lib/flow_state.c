// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The RFC 9293 state of a leg, from the facts of its record alone.
 *
 * "Out" is what the leg sends, "in" what it receives. A FIN counts as received
 * when the leg acknowledged it: before that it may have been lost behind us.
 * Who closed first is told by the acknowledgment that the leg's FIN carried in
 * its first transmission: if it did not cover the peer's FIN, the leg had not
 * received that one when it closed (RFC 9293 3.6, figures 12 and 13). An ACK of
 * our FIN that came in the peer's FIN counts with that FIN.
 */
#include "flow_state.h"

static __u32 fin_seq_of(const struct hf_flow_dir *dir)
{
	return dir->fin >> 32;
}

static bool fin_acked(const struct hf_flow_dir *sender,
		      const struct hf_flow_dir *receiver)
{
	__u32 fin_seq = fin_seq_of(sender);

	return sender->flags & HF_DIR_FIN &&
	       (__s32)(receiver->ack_hi - fin_seq) > 0;
}

/* Our FIN left before their FIN was received. */
static bool closed_first(const struct hf_flow_dir *out,
			 const struct hf_flow_dir *in)
{
	return (__s32)((__u32)out->fin - fin_seq_of(in)) <= 0;
}

/* An active open whose SYN is not acknowledged yet. */
static bool syn_unacked(const struct hf_flow *f, const struct hf_flow_dir *out,
			const struct hf_flow_dir *in)
{
	return out->flags & HF_DIR_ACTIVE && in->ack_hi == f->iss;
}

enum hf_direction flow_dir_in(enum hf_leg leg)
{
	return leg == HF_LEG_CLIENT ? HF_DIR_IN : HF_DIR_OUT;
}

bool flow_has_leg(const struct hf_flow *f, enum hf_leg leg)
{
	return leg == HF_LEG_CLIENT || f->handoff == HF_HANDOFF_SPLICE;
}

enum hf_state flow_state(const struct hf_flow *f, enum hf_leg leg)
{
	enum hf_direction in_dir = flow_dir_in(leg);
	const struct hf_flow_dir *in = &f->dir[in_dir];
	const struct hf_flow_dir *out = &f->dir[!in_dir];
	bool fin_in = fin_acked(in, out), fin_out = out->flags & HF_DIR_FIN;

	if (f->life & HF_LIFE_DYING || (in->flags | out->flags) & HF_DIR_RST)
		return HF_CLOSED;
	if (!(in->flags & HF_DIR_SYN))
		return HF_SYN_SENT;
	if (syn_unacked(f, out, in))
		return HF_SYN_RECEIVED;
	if (!fin_in && !fin_out)
		return HF_ESTABLISHED;
	if (!fin_out)
		return HF_CLOSE_WAIT;
	if (!fin_in)
		return fin_acked(out, in) && !(in->flags & HF_DIR_MERGED)
			       ? HF_FIN_WAIT_2
			       : HF_FIN_WAIT_1;
	if (!fin_acked(out, in))
		return closed_first(out, in) ? HF_CLOSING : HF_LAST_ACK;
	return closed_first(out, in) ? HF_TIME_WAIT : HF_CLOSED;
}

__u32 flow_id(const struct hf_flow *f)
{
	return f->life >> 32;
}
