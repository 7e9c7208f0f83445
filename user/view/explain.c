// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What would become of a segment: see explain.h. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "explain.h"

static const char *const sources[HF_CNT_NR] = {
	[HF_CNT_SYN_ANSWER_TS] =
		"RFC 9293 3.10.7.2, RFC 7323 3.2, RFC 4987 3.6",
	[HF_CNT_SYN_ANSWER_NO_TS] = "RFC 9293 3.10.7.2, RFC 4987 3.6",
	[HF_CNT_SYN_PASS_NO_LISTENER] = "RFC 9293 3.10.7.1",
	[HF_CNT_SYN_PASS_MPTCP] = "RFC 8684 3.1",
	[HF_CNT_SYN_PASS_MD5_AO] = "RFC 2385, RFC 5925",
	[HF_CNT_SYN_PASS_LIVE_FLOW] = "RFC 9293 3.10.7.4, RFC 5961 4.2",
	[HF_CNT_SYN_PASS_TIME_WAIT] = "RFC 9293 3.10.7.4, RFC 6191",
	[HF_CNT_SYN_PASS_SMALL_MSS] = "RFC 9293 3.7.1",
	[HF_CNT_SYN_PASS_BAD_SUM] = "RFC 9293 3.1",
	[HF_CNT_SYN_PASS_NOT_UNICAST] = "RFC 9293 3.9.2.3",
	[HF_CNT_SYN_DROP_BAD_SUM] = "RFC 9293 3.1",
	[HF_CNT_ACK_ACCEPTED] = "RFC 9293 3.10.7.4, RFC 4987 3.6",
	[HF_CNT_ACK_BAD_MAC] = "RFC 9293 3.10.7.2",
	[HF_CNT_ACK_EXPIRED] = "RFC 4987 3.6",
	[HF_CNT_ACK_REPLAYED] = "RFC 4987 3.6",
	[HF_CNT_FLOW_IN] = "RFC 9293 3.10.7.4",
	[HF_CNT_FLOW_IN_UNFIT] = "RFC 9293 3.10.7.4, RFC 5961 5.2",
	[HF_CNT_HALF_SILENT] = "RFC 9293 3.10.7.4",
};

const char *explain_source(enum hf_counter c)
{
	return sources[c];
}

bool explain_is_reason(enum hf_counter c)
{
	return c != HF_CNT_SYN_SEEN && c != HF_CNT_REJECT_PASSED &&
	       c != HF_CNT_REJECT_DROPPED;
}

/* Bytes in front of the TCP header, or 0. */
static uint32_t tcp_at(struct said_view *s, const uint8_t *frame, uint32_t len)
{
	uint16_t proto;

	if (len < ETH_HLEN + 40)
		return 0;
	memcpy(&proto, frame + 12, sizeof(proto));
	if (proto == htons(ETH_P_IP) && frame[ETH_HLEN + 9] == IPPROTO_TCP) {
		s->ttl = frame[ETH_HLEN + 8];
		return ETH_HLEN + (frame[ETH_HLEN] & 0xf) * 4;
	}
	if (proto == htons(ETH_P_IPV6) && frame[ETH_HLEN + 6] == IPPROTO_TCP) {
		s->ttl = frame[ETH_HLEN + 7];
		return ETH_HLEN + 40;
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

bool said_read(struct said_view *s, const uint8_t *frame, uint32_t len)
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
