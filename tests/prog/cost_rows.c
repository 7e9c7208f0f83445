// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What is timed. A row is compared to the bare programs nearest above it, which
 * get the same frames. This file is laid out by hand, a row each.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "cost_run.h"

#define V4(...)		{ __VA_ARGS__ }
#define V6(...)		{ .ip6 = true, __VA_ARGS__ }
#define OPT_TS_ONLY	.opt = { 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8 }, \
			.opt_len = 12
#define SYN_TS		OPT_LINUX
#define SYN_NO_TS	OPT_NO_TS
#define ACK		.flags = F_ACK, OPT_TS_ONLY
#define OTHER_PORT	.server_port = 9999, ACK

#define FLOOR(key, frame) \
	{ "the floor of it", key, frame, COST_FLOOR, COST_SYN, \
	  .verdict = XDP_TX, .base = COST_OF_FLOOR }
#define BARE(frame, ...) \
	{ "front end", NULL, frame, COST_DROP, __VA_ARGS__, \
	  .verdict = XDP_DROP }, \
	{ "bare XDP_TX", NULL, frame, COST_TX, __VA_ARGS__, .verdict = XDP_TX }
#define BARE_TC(frame, ...) \
	{ "front end, tc", NULL, frame, COST_DROP_TC, __VA_ARGS__, \
	  .verdict = TC_ACT_SHOT }

static const struct cost_row reqsk_rows[] = {
	BARE(V4(SYN_NO_TS), COST_SYN),
	FLOOR("floor4_no_ts", V4(SYN_NO_TS)),
	{ "SYN answered, IPv4, no timestamps", "syn4_no_ts", V4(SYN_NO_TS),
	  COST_INGRESS, COST_SYN, .verdict = XDP_TX,
	  .counter = HF_CNT_SYN_ANSWER_NO_TS, .of = COST_OF_FLOOR },
	BARE(V4(SYN_TS), COST_SYN),
	FLOOR("floor4_ts", V4(SYN_TS)),
	{ "known to be of no connection, IPv4", "ask4", V4(SYN_TS),
	  COST_ASK, COST_SYN, .verdict = XDP_PASS, .of = COST_OF_FLOOR },
	{ "SYN answered, IPv4, timestamps", "syn4_ts", V4(SYN_TS),
	  COST_INGRESS, COST_SYN, .verdict = XDP_TX,
	  .counter = HF_CNT_SYN_ANSWER_TS, .of = COST_OF_FLOOR },
	{ "... and remembered, while calm", "syn4_calm", V4(SYN_TS),
	  COST_INGRESS, COST_SYN, .verdict = XDP_TX,
	  .counter = HF_CNT_HALF_MADE, .calm = true },
	BARE(V6(SYN_NO_TS), COST_SYN),
	FLOOR("floor6_no_ts", V6(SYN_NO_TS)),
	{ "SYN answered, IPv6, no timestamps", "syn6_no_ts", V6(SYN_NO_TS),
	  COST_INGRESS, COST_SYN, .verdict = XDP_TX,
	  .counter = HF_CNT_SYN_ANSWER_NO_TS, .of = COST_OF_FLOOR },
	BARE(V6(SYN_TS), COST_SYN),
	FLOOR("floor6_ts", V6(SYN_TS)),
	{ "known to be of no connection, IPv6", "ask6", V6(SYN_TS),
	  COST_ASK, COST_SYN, .verdict = XDP_PASS, .of = COST_OF_FLOOR },
	{ "SYN answered, IPv6, timestamps", "syn6_ts", V6(SYN_TS),
	  COST_INGRESS, COST_SYN, .verdict = XDP_TX,
	  .counter = HF_CNT_SYN_ANSWER_TS, .of = COST_OF_FLOOR },

	BARE(V4(ACK), COST_CLIENT),
	{ "third ACK proved, IPv4, flow made", "third4", V4(ACK),
	  COST_INGRESS, COST_CLIENT, .verdict = XDP_PASS,
	  .counter = HF_CNT_FLOW_CREATED, .fresh = true },
	{ "look-up of a flow alone, IPv4", "find4", V4(ACK),
	  COST_FIND, COST_CLIENT, .verdict = XDP_PASS,
	  .base = COST_OF_FIND },
	{ "... and noted, the least of it, IPv4", "note4", V4(ACK),
	  COST_NOTE, COST_CLIENT, .verdict = XDP_PASS,
	  .base = COST_OF_LEAST, .of = COST_OF_FIND },
	{ "established, IPv4, XDP", "known4_xdp", V4(ACK),
	  COST_INGRESS, COST_CLIENT, .verdict = XDP_PASS,
	  .counter = HF_CNT_FLOW_IN, .of = COST_OF_FIND, .of_least = true },
	BARE(V6(ACK), COST_CLIENT),
	{ "third ACK proved, IPv6, flow made", "third6", V6(ACK),
	  COST_INGRESS, COST_CLIENT, .verdict = XDP_PASS,
	  .counter = HF_CNT_FLOW_CREATED, .fresh = true },
	{ "look-up of a flow alone, IPv6", "find6", V6(ACK),
	  COST_FIND, COST_CLIENT, .verdict = XDP_PASS,
	  .base = COST_OF_FIND },
	{ "... and noted, the least of it, IPv6", "note6", V6(ACK),
	  COST_NOTE, COST_CLIENT, .verdict = XDP_PASS,
	  .base = COST_OF_LEAST, .of = COST_OF_FIND },
	{ "established, IPv6, XDP", "known6_xdp", V6(ACK),
	  COST_INGRESS, COST_CLIENT, .verdict = XDP_PASS,
	  .counter = HF_CNT_FLOW_IN, .of = COST_OF_FIND, .of_least = true },

	BARE(V4(ACK), COST_ACK),
	{ "kernel's socket lookup, IPv4", "lookup4", V4(ACK),
	  COST_LOOKUP, COST_ACK, .verdict = XDP_DROP },
	{ "ACK refused, IPv4; above the lookup", "refused4", V4(ACK),
	  COST_INGRESS, COST_ACK, .verdict = XDP_DROP,
	  .counter = HF_CNT_REJECT_DROPPED, .flood = true,
	  .above_lookup = true, .of = COST_OF_FLOOR },
	BARE(V6(ACK), COST_ACK),
	{ "kernel's socket lookup, IPv6", "lookup6", V6(ACK),
	  COST_LOOKUP, COST_ACK, .verdict = XDP_DROP },
	{ "ACK refused, IPv6; above the lookup", "refused6", V6(ACK),
	  COST_INGRESS, COST_ACK, .verdict = XDP_DROP,
	  .counter = HF_CNT_REJECT_DROPPED, .flood = true,
	  .above_lookup = true, .of = COST_OF_FLOOR },

	BARE(V4(OTHER_PORT), COST_ACK),
	{ "port not protected, XDP", "other_xdp", V4(OTHER_PORT),
	  COST_INGRESS, COST_ACK, .verdict = XDP_PASS,
	  .counter = HF_CNT_PASS_NOT_SERVICE, .base = COST_OF_OTHER },
	BARE(V6(OTHER_PORT), COST_ACK),
	{ "port not protected, IPv6, XDP", NULL, V6(OTHER_PORT),
	  COST_INGRESS, COST_ACK, .verdict = XDP_PASS,
	  .counter = HF_CNT_PASS_NOT_SERVICE, .base = COST_OF_OTHER },
	BARE_TC(V4(OTHER_PORT), COST_ACK),
	{ "port not protected, tc ingress", "other_tc_in", V4(OTHER_PORT),
	  COST_TC_IN, COST_ACK, .verdict = TC_ACT_UNSPEC, .uncounted = true },
	BARE_TC(V4(OTHER_PORT), COST_ACK, .from_server = true),
	{ "port not protected, tc egress", "other_tc_out", V4(OTHER_PORT),
	  COST_TC_OUT, COST_ACK, .from_server = true,
	  .verdict = TC_ACT_UNSPEC, .uncounted = true },

	BARE(V4(ACK), COST_ACK),
	{ "established while calm, IPv4, XDP", "idle4_xdp", V4(ACK),
	  COST_INGRESS, COST_ACK, .verdict = XDP_PASS,
	  .counter = HF_CNT_PASS_CALM, .idle = true, .of = COST_OF_OTHER },
	BARE_TC(V4(ACK), COST_ACK),
	{ "established while calm, IPv4, tc ingress", "idle4_tc_in", V4(ACK),
	  COST_TC_IN, COST_ACK, .verdict = TC_ACT_UNSPEC, .uncounted = true,
	  .idle = true },
	BARE_TC(V4(ACK), COST_ACK, .from_server = true),
	{ "established while calm, IPv4, tc egress", "idle4_tc_out", V4(ACK),
	  COST_TC_OUT, COST_ACK, .from_server = true,
	  .verdict = TC_ACT_UNSPEC, .uncounted = true, .idle = true },

	BARE(V6(ACK), COST_ACK),
	{ "established while calm, IPv6, XDP", "idle6_xdp", V6(ACK),
	  COST_INGRESS, COST_ACK, .verdict = XDP_PASS,
	  .counter = HF_CNT_PASS_CALM, .idle = true, .of = COST_OF_OTHER },
	BARE_TC(V6(ACK), COST_ACK),
	{ "established while calm, IPv6, tc ingress", "idle6_tc_in", V6(ACK),
	  COST_TC_IN, COST_ACK, .verdict = TC_ACT_UNSPEC, .uncounted = true,
	  .idle = true },
	BARE_TC(V6(ACK), COST_ACK, .from_server = true),
	{ "established while calm, IPv6, tc egress", "idle6_tc_out", V6(ACK),
	  COST_TC_OUT, COST_ACK, .from_server = true,
	  .verdict = TC_ACT_UNSPEC, .uncounted = true, .idle = true },

	BARE_TC(V4(ACK), COST_CLIENT),
	{ "established, IPv4, tc ingress", "known4_tc_in", V4(ACK),
	  COST_TC_IN, COST_CLIENT, .verdict = TC_ACT_UNSPEC,
	  .uncounted = true },
	BARE_TC(V4(ACK), COST_CLIENT, .from_server = true),
	{ "established, IPv4, tc egress", "known4_tc_out", V4(ACK),
	  COST_TC_OUT, COST_CLIENT, .from_server = true,
	  .verdict = TC_ACT_UNSPEC, .counter = HF_CNT_FLOW_OUT },
	BARE_TC(V6(ACK), COST_CLIENT),
	{ "established, IPv6, tc ingress", "known6_tc_in", V6(ACK),
	  COST_TC_IN, COST_CLIENT, .verdict = TC_ACT_UNSPEC,
	  .uncounted = true },
	BARE_TC(V6(ACK), COST_CLIENT, .from_server = true),
	{ "established, IPv6, tc egress", "known6_tc_out", V6(ACK),
	  COST_TC_OUT, COST_CLIENT, .from_server = true,
	  .verdict = TC_ACT_UNSPEC, .counter = HF_CNT_FLOW_OUT },
};

/* Established, both ways; `nr` is 4 or 6. */
#define SPLICED(V, nr, ip) \
	BARE(V(ACK), COST_CLIENT), \
	{ "third ACK proved, spliced, " ip, "splice_third" nr, V(ACK), \
	  COST_INGRESS, COST_CLIENT, .verdict = XDP_PASS, \
	  .counter = HF_CNT_FLOW_CREATED, .fresh = true }, \
	{ "look-up of a flow alone, " ip, NULL, V(ACK), \
	  COST_FIND, COST_CLIENT, .verdict = XDP_PASS, \
	  .base = COST_OF_FIND }, \
	{ "spliced, established, XDP, " ip, "splice_xdp" nr, V(ACK), \
	  COST_INGRESS, COST_CLIENT, .verdict = XDP_PASS, \
	  .counter = HF_CNT_FLOW_IN, .of = COST_OF_FIND }, \
	BARE_TC(V(ACK), COST_CLIENT), \
	{ "look-up of a flow alone, tc ingress, " ip, "splice_find_in" nr, \
	  V(ACK), COST_FIND_TC, COST_CLIENT, .verdict = TC_ACT_UNSPEC, \
	  .base = COST_OF_FIND }, \
	{ "... noted, renumbered, the least, " ip, "splice_least_in" nr, \
	  V(ACK), COST_RENUMBER_TC, COST_CLIENT, .verdict = TC_ACT_UNSPEC, \
	  .base = COST_OF_LEAST, .of = COST_OF_FIND }, \
	{ "spliced, established, tc ingress, " ip, "splice_in" nr, V(ACK), \
	  COST_TC_IN, COST_CLIENT, .verdict = TC_ACT_UNSPEC, \
	  .uncounted = true, .of = COST_OF_FIND, .of_least = true }, \
	BARE_TC(V(ACK), COST_CLIENT, .from_server = true), \
	{ "look-up of a flow alone, tc egress, " ip, "splice_find_out" nr, \
	  V(ACK), COST_FIND_TC, COST_CLIENT, .from_server = true, \
	  .verdict = TC_ACT_UNSPEC, .base = COST_OF_FIND }, \
	{ "... noted, renumbered, the least, " ip, "splice_least_out" nr, \
	  V(ACK), COST_RENUMBER_TC, COST_CLIENT, .from_server = true, \
	  .verdict = TC_ACT_UNSPEC, .base = COST_OF_LEAST, \
	  .of = COST_OF_FIND }, \
	{ "spliced, established, tc egress, " ip, "splice_out" nr, V(ACK), \
	  COST_TC_OUT, COST_CLIENT, .from_server = true, \
	  .verdict = TC_ACT_UNSPEC, .counter = HF_CNT_FLOW_OUT, \
	  .of = COST_OF_FIND, .of_least = true }, \
	BARE_TC(V(ACK), COST_CLIENT, .proved = true), \
	{ "third ACK becomes the SYN, tc ingress, " ip, "splice_syn_in" nr, \
	  V(ACK), COST_TC_IN, COST_CLIENT, .verdict = TC_ACT_UNSPEC, \
	  .counter = HF_CNT_SPLICE_SYN, .proved = true }

static const struct cost_row splice_rows[] = {
	BARE(V4(SYN_TS), COST_SYN),
	FLOOR(NULL, V4(SYN_TS)),
	{ "SYN answered, splice, IPv4, timestamps", "splice_syn4", V4(SYN_TS),
	  COST_INGRESS, COST_SYN, .verdict = XDP_TX,
	  .counter = HF_CNT_SYN_ANSWER_TS, .of = COST_OF_FLOOR },
	BARE(V6(SYN_TS), COST_SYN),
	FLOOR(NULL, V6(SYN_TS)),
	{ "SYN answered, splice, IPv6, timestamps", "splice_syn6", V6(SYN_TS),
	  COST_INGRESS, COST_SYN, .verdict = XDP_TX,
	  .counter = HF_CNT_SYN_ANSWER_TS, .of = COST_OF_FLOOR },
	SPLICED(V4, "4", "IPv4"),
	SPLICED(V6, "6", "IPv6"),
};

#define TABLE(rows)	{ rows, sizeof(rows) / sizeof(*(rows)) }

const struct cost_table cost_reqsk = TABLE(reqsk_rows);
const struct cost_table cost_splice = TABLE(splice_rows);
