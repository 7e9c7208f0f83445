// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What becomes of a SYN and of an ACK: see fates.h. */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <netinet/tcp.h>
#include <string.h>

#include "fates.h"
#include "lib/tuple.h"

#define ISN	0x20000000	/* of a client that never was */
#define TSVAL	1000

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
	segment_ack(seg, f, HF_DIR_IN, v->now_ms);
	return "The next ACK of the connection";
}

/* --- what came back ------------------------------------------------------ */

/* Bytes in front of the IP header, behind tags. */
static uint32_t ip_at(const uint8_t *frame, uint16_t *proto)
{
	uint32_t at = 2 * ETH_ALEN;

	for (int tags = 0; tags <= 2; tags++, at += 4) {
		*proto = frame[at] << 8 | frame[at + 1];
		if (*proto != ETH_P_8021Q && *proto != ETH_P_8021AD)
			break;
	}
	return at + 2;
}

/* Bytes in front of the TCP header, or 0. */
static uint32_t tcp_at(struct said_view *s, const uint8_t *frame, uint32_t len)
{
	uint16_t proto = 0;
	uint32_t at = len < ETH_HLEN + 40 ? len : ip_at(frame, &proto);
	const uint8_t *ip = frame + at;

	if (at + 40 > len)
		return 0;
	if (proto == ETH_P_IP && ip[9] == IPPROTO_TCP) {
		s->ttl = ip[8];
		return at + (ip[0] & 0xf) * 4;
	}
	if (proto == ETH_P_IPV6 && ip[6] == IPPROTO_TCP) {
		s->ttl = ip[7];
		return at + 40;
	}
	return 0;
}

static void take_option(struct said_view *s, const uint8_t *o)
{
	__be32 tsval;

	if (o[0] == OPT_MSS && o[1] == OPT_MSS_LEN)
		s->mss = o[2] << 8 | o[3];
	if (o[0] == OPT_SACK_PERM)
		s->options |= HF_OPT_SACK;
	if (o[0] == OPT_WSCALE && o[1] == OPT_WSCALE_LEN) {
		s->options |= HF_OPT_WSCALE;
		s->wscale = o[2];
	}
	if (o[0] != OPT_TS || o[1] != OPT_TS_LEN)
		return;
	s->options |= HF_OPT_TS;
	memcpy(&tsval, o + 2, sizeof(tsval));
	s->tsval = ntohl(tsval);
}

/* Read a TCP segment in an Ethernet frame; false: it is none. */
static bool said_read(struct said_view *s, const uint8_t *frame, uint32_t len)
{
	uint32_t at, end;
	__be32 seq;

	*s = (struct said_view){ .wscale = HF_WSCALE_NONE };
	at = tcp_at(s, frame, len);
	if (!at || at + 20 > len)
		return false;
	memcpy(&seq, frame + at + 4, sizeof(seq));
	s->seq = ntohl(seq);
	if ((frame[at + 13] & (TH_ECE | TH_CWR)) == TH_ECE)
		s->options |= HF_OPT_ECN;
	end = at + (frame[at + 12] >> 4) * 4;
	for (at += 20; end <= len && at + 1 < end && frame[at] != OPT_END;) {
		if (frame[at] == OPT_NOP) {
			at++;
			continue;
		}
		if (frame[at + 1] < 2 || at + frame[at + 1] > end)
			return false;
		take_option(s, frame + at);
		at += frame[at + 1];
	}
	return true;
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

	segment_syn(&syn, ISN, TSVAL);
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
