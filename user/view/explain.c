// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What would become of a segment: see explain.h. */
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
