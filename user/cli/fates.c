// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What becomes of a SYN and of an ACK: see fates.h. */
#include <linux/bpf.h>
#include <netinet/tcp.h>

#include "fates.h"
#include "lib/tuple.h"

#define ISN	0x20000000	/* of a client that never was */
#define TSVAL	1000

/* As Linux sends it. */
static void make_syn(struct segment *seg)
{
	seg->flags = TH_SYN;
	seg->seq = ISN;
	seg->window = 64240;
	segment_option(seg, OPT_MSS << 24 | OPT_MSS_LEN << 16 |
				    (tuple_is_ip4(seg->tuple) ? 1460 : 1440));
	segment_option(seg, OPT_SACK_PERM << 24 | OPT_SACK_PERM_LEN << 16 |
				    OPT_TS << 8 | OPT_TS_LEN);
	segment_option(seg, TSVAL);
	segment_option(seg, 0);
	segment_option(seg, OPT_NOP << 24 | OPT_WSCALE << 16 |
				    OPT_WSCALE_LEN << 8 | 7);
}

/* What it says next: to the SYN-ACK, on its connection, or out of nothing. */
static const char *make_ack(struct segment *seg, const struct explain_view *v)
{
	const struct said_view *said = v->fate[0].said;
	const struct hf_flow *f = v->flow;

	seg->flags = TH_ACK;
	seg->window = 502;
	if (said) {
		seg->seq = ISN + 1;
		seg->ack = said->seq + 1;
		if (said->options & HF_OPT_TS)
			segment_timestamp(seg, TSVAL + 1, said->tsval);
		return "The ACK of that SYN-ACK";
	}
	if (!f) {
		seg->seq = seg->ack = ISN;
		return "An ACK out of nothing";
	}
	seg->seq = f->dir[HF_DIR_IN].seq_hi;
	seg->ack = f->dir[HF_DIR_OUT].seq_hi;
	if (f->options & HF_OPT_TS)
		segment_timestamp(seg, f->dir[HF_DIR_IN].tsval,
				  f->dir[HF_DIR_OUT].tsval);
	return "The next ACK of the connection";
}

static const char *verdict_of(int verdict)
{
	switch (verdict) {
	case XDP_PASS: return "passed";
	case XDP_TX: return "answered";
	case XDP_DROP: return "dropped";
	}
	return "aborted";
}

static void take_fate(struct fate_view *f, const struct rehearsed *r,
		      struct said_view *said)
{
	f->verdict = verdict_of(r->verdict);
	f->counted = &r->counted;
	if (said && r->verdict == XDP_TX && said_read(said, r->frame, r->len))
		f->said = said;
}

int fates_read(struct fates *f, struct explain_view *v, struct rehearsal *r)
{
	struct segment syn = { .tuple = v->tuple, .from_client = true };
	struct segment ack = syn;
	int err;

	make_syn(&syn);
	err = rehearsal_run(r, &syn, &f->syn);
	if (err)
		return err;
	v->fate[0].what = "syn";
	v->fate[0].sentence = "A SYN";
	take_fate(&v->fate[0], &f->syn, &f->said);
	v->fate[1].what = "ack";
	v->fate[1].sentence = make_ack(&ack, v);
	err = rehearsal_run(r, &ack, &f->ack);
	if (!err)
		take_fate(&v->fate[1], &f->ack, NULL);
	return err;
}
