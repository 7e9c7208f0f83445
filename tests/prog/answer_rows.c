// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* SYNs that are answered: the SYN-ACK field by field, and its cookie. */
#include <string.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "handfast/answer.h"
#include "shake.h"
#include "suite.h"

#define WS_SACK		(HF_OPT_WSCALE | HF_OPT_SACK)
#define WS_SACK_TS	(WS_SACK | HF_OPT_TS)

#define OPT_MSS(mss)	.opt = { 2, 4, (mss) >> 8, (mss) & 255 }, .opt_len = 4
#define OPT_SCALE(ws)	.opt = { 2, 4, 5, 0xb4, 1, 3, 3, ws }, .opt_len = 8
#define OPT_TS_MSS(mss)	.opt = { 2, 4, (mss) >> 8, (mss) & 255, 1, 1, 8, 10, \
				 1, 2, 3, 4, 9, 9, 9, 9 }, .opt_len = 16
#define EXT(...)	.ext = { __VA_ARGS__ }, \
			.exts = sizeof((uint8_t[]){ __VA_ARGS__ })

struct answer_row {
	const char *name;
	int versions;		/* V4, V6, 0 for both */
	struct spec in;
	uint8_t grant;		/* HF_OPT_* */
	uint8_t wscale;		/* in the cookie, with HF_OPT_WSCALE */
	uint16_t mss;		/* in the cookie; 0: 1460 */
	uint16_t mss6;		/* ... of IPv6, where it differs */
};

static const struct answer_row rows[] = {
	{ "S1 S15 Linux", 0, { OPT_LINUX }, WS_SACK_TS, 7 },
	{ "S12 no timestamps: scale and SACK kept", 0, { OPT_NO_TS }, WS_SACK,
	  8 },
	{ "S35 no options: default MSS", 0, { 0 }, .mss = 536, .mss6 = 1220 },
	{ "S35 MSS 536", V4, { OPT_MSS(536) }, .mss = 536 },
	{ "S35 MSS 1219", V4, { OPT_MSS(1219) }, .mss = 536 },
	{ "S35 MSS 1220", 0, { OPT_MSS(1220) }, .mss = 1220 },
	{ "S35 MSS 1337", 0, { OPT_MSS(1337) }, .mss = 1300 },
	{ "S35 MSS 1460", 0, { OPT_MSS(1460) }, .mss = 1460 },
	{ "S35 MSS 8960", 0, { OPT_MSS(8960) }, .mss = 8940 },
	{ "S35 MSS 65535", 0, { OPT_MSS(65535) }, .mss = 8940 },
	{ "S35 MSS 0 is none", 0, { OPT_MSS(0) }, .mss = 536, .mss6 = 1220 },
	{ "S35 MSS 536, timestamps", V4, { OPT_TS_MSS(536) }, HF_OPT_TS,
	  .mss = 536 },
	{ "S35 MSS 1220, timestamps", 0, { OPT_TS_MSS(1220) }, HF_OPT_TS,
	  .mss = 1220 },
	{ "S35 MSS 1337, timestamps", 0, { OPT_TS_MSS(1337) }, HF_OPT_TS,
	  .mss = 1330 },
	{ "S35 MSS 8960, timestamps", 0, { OPT_TS_MSS(8960) }, HF_OPT_TS,
	  .mss = 8960 },
	{ "S35 MSS 65535, timestamps", 0, { OPT_TS_MSS(65535) }, HF_OPT_TS,
	  .mss = 8960 },
	{ "ECN", 0, { .flags = F_SYN | F_ECE | F_CWR, OPT_LINUX },
	  WS_SACK_TS | HF_OPT_ECN, 7 },
	{ "ECN without timestamps", 0,
	  { .flags = F_SYN | F_ECE | F_CWR, OPT_NO_TS }, WS_SACK, 8 },
	{ "ECN with ECT(0) in the IP header", 0,
	  { .flags = F_SYN | F_ECE | F_CWR, .tos = 2, OPT_LINUX }, WS_SACK_TS,
	  7 },
	{ "ECE alone is no offer", 0, { .flags = F_SYN | F_ECE, OPT_LINUX },
	  WS_SACK_TS, 7 },
	{ "CWR alone is no offer", 0, { .flags = F_SYN | F_CWR, OPT_LINUX },
	  WS_SACK_TS, 7 },
	{ "DSCP is not echoed", 0, { .tos = 0xb8, OPT_LINUX }, WS_SACK_TS, 7 },
	{ "PSH and URG do not matter", 0,
	  { .flags = F_SYN | F_PSH | 0x20, OPT_LINUX }, WS_SACK_TS, 7 },
	{ "S40 window scale 0", 0, { OPT_SCALE(0) }, HF_OPT_WSCALE, 0 },
	{ "S40 window scale 14", 0, { OPT_SCALE(14) }, HF_OPT_WSCALE, 14 },
	{ "S40 window scale 15 is 14", 0, { OPT_SCALE(15) }, HF_OPT_WSCALE,
	  14 },
	{ "802.1Q", 0, { .tags = 1, .tpid = { 0x8100 }, .tci = { 0x2064 },
	  OPT_LINUX }, WS_SACK_TS, 7 },
	{ "802.1ad and 802.1Q", 0, { .tags = 2, .tpid = { 0x88a8, 0x8100 },
	  .tci = { 7, 9 }, OPT_LINUX }, WS_SACK_TS, 7 },
	{ "802.1Q, no options", 0, { .tags = 1, .tpid = { 0x8100 },
	  .tci = { 1 } }, .mss = 536, .mss6 = 1220 },
	{ "hop-by-hop options", V6, { EXT(0), OPT_LINUX }, WS_SACK_TS, 7 },
	{ "routing header", V6, { EXT(43), OPT_LINUX }, WS_SACK_TS, 7 },
	{ "destination options", V6, { EXT(60), OPT_LINUX }, WS_SACK_TS, 7 },
	{ "two extension headers", V6, { EXT(0, 60), OPT_LINUX }, WS_SACK_TS,
	  7 },
	{ "three extension headers", V6, { EXT(0, 60, 43), OPT_LINUX },
	  WS_SACK_TS, 7 },
	{ "atomic fragment", V6, { EXT(44), OPT_LINUX }, WS_SACK_TS, 7 },
	{ "atomic fragment behind others", V6, { EXT(0, 60, 44), OPT_LINUX },
	  WS_SACK_TS, 7 },
	{ "four extension headers", V6, { EXT(0, 60, 43, 60), OPT_NO_TS },
	  WS_SACK, 8 },
	{ "four longer extension headers", V6,
	  { EXT(0, 60, 43, 60), .ext_len = { 1, 2, 3, 4 }, OPT_LINUX },
	  WS_SACK_TS, 7 },
	{ "extension header of 400 bytes", V6,
	  { EXT(0), .ext_len = { 24 }, OPT_LINUX }, WS_SACK_TS, 7 },
	{ "S5 payload is not acknowledged", 0, { .payload = 100, OPT_LINUX },
	  WS_SACK_TS, 7 },
	{ "S5 payload of one byte", 0, { .payload = 1, OPT_LINUX },
	  WS_SACK_TS, 7 },
	{ "S5 payload of 1400 bytes", 0, { .payload = 1399, OPT_NO_TS },
	  WS_SACK, 8 },
	{ "S5 payload beyond one page", 0, { .payload = 5000, OPT_LINUX },
	  WS_SACK_TS, 7 },
	{ "S34 frame padded to 60 bytes", 0, { .pad_to = 60 }, .mss = 536,
	  .mss6 = 1220 },
	{ "S34 trailing garbage", 0, { .trailer = 31, OPT_LINUX }, WS_SACK_TS,
	  7 },
	{ "options of 40 bytes", 0, { .opt = { 253, 20, [20] = 2, 4, 5, 0xb4, 4,
	  2, 3, 3, 5, 1, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0 }, .opt_len = 40 },
	  WS_SACK_TS, 5 },
	{ "broken options: what stood before counts", 0,
	  { .opt = { 2, 4, 5, 0xb4, 4, 2, 3, 0 }, .opt_len = 8 },
	  HF_OPT_SACK },
	{ "other ISN", 0, { .seq = 0x7fffffff, OPT_LINUX }, WS_SACK_TS, 7 },
	{ "port 1", 0, { .client_port = 1, OPT_LINUX }, WS_SACK_TS, 7 },
	{ "port 65535", 0, { .client_port = 65535, OPT_NO_TS }, WS_SACK, 8 },
};

#define ROWS_NR	((int)(sizeof(rows) / sizeof(*rows)))

static void ck_addressed(const char *name, const struct spec *in,
			 const struct segment *s)
{
	const uint8_t *client = in->ip6 ? client6 : client4;
	const uint8_t *server = in->ip6 ? server6 : server4;
	size_t len = in->ip6 ? 16 : 4;

	ck_assert_msg(!memcmp(s->dmac, client_mac, 6) &&
		      !memcmp(s->smac, server_mac, 6), "%s: MACs", name);
	ck_assert_msg(s->tags == in->tags, "%s: %d tags", name, s->tags);
	for (int i = 0; i < s->tags; i++)
		ck_assert_msg(s->tpid[i] == in->tpid[i] &&
			      s->tci[i] == in->tci[i], "%s: tag %d", name, i);
	ck_assert_msg(s->ip6 == in->ip6, "%s: IP version", name);
	ck_assert_msg(!memcmp(s->client, client, len) &&
		      !memcmp(s->server, server, len), "%s: addresses", name);
	ck_assert_msg(s->client_port == (in->client_port ?: CLIENT_PORT) &&
		      s->server_port == SERVER_PORT, "%s: ports", name);
}

static void ck_header(const struct answer_row *row, const struct spec *in,
		      const struct segment *s, uint16_t mss)
{
	int flags = F_SYN | F_ACK | (row->grant & HF_OPT_ECN ? F_ECE : 0);

	ck_assert_msg(s->ihl == (in->ip6 ? 10 : 5) && !s->tos && s->ttl == 64,
		      "%s: IP header", row->name);
	ck_assert_msg(in->ip6 || (!s->id && s->frag == 0x4000),
		      "%s: IP id and fragment", row->name);
	ck_assert_msg(s->ack == in->seq + 1, "%s: ack %#x", row->name, s->ack);
	ck_assert_msg(s->flags == flags, "%s: flags %#x", row->name, s->flags);
	ck_assert_msg(s->window == RIG_WINDOW - mss, "%s: window %u",
		      row->name, s->window);
	ck_assert_msg(!s->payload && !s->urgent, "%s: payload", row->name);
}

/* As tcp_options_write() of Linux lays them out. */
static void ck_options(const struct answer_row *row, const struct spec *in,
		       const struct segment *s)
{
	uint16_t mss = in->ip6 ? RIG_MSS6 : RIG_MSS4;
	uint8_t want[20] = { 2, 4, mss >> 8, mss & 255 };
	int len = 4;

	if (row->grant & HF_OPT_TS) {
		const uint8_t *ts = segment_option(s, 8, 10);
		bool sack = row->grant & HF_OPT_SACK;

		ck_assert_msg(ts != NULL, "%s: no timestamp", row->name);
		want[len++] = sack ? 4 : 1;
		want[len++] = sack ? 2 : 1;
		want[len++] = 8;
		want[len++] = 10;
		memcpy(want + len, ts, 4);
		memcpy(want + len + 4, "\1\2\3\4", 4);
		len += 8;
	} else if (row->grant & HF_OPT_SACK) {
		memcpy(want + len, "\1\1\4\2", 4);
		len += 4;
	}
	if (row->grant & HF_OPT_WSCALE) {
		memcpy(want + len, "\1\3\3\11", 4);
		len += 4;
	}
	ck_assert_msg(s->opt_len == len && !memcmp(s->opt, want, len),
		      "%s: options, %d bytes", row->name, s->opt_len);
}

static void ck_cookie(const struct answer_row *row, const struct spec *in,
		      const struct segment *s, uint16_t mss)
{
	uint8_t ws = row->grant & HF_OPT_WSCALE ? row->wscale : HF_WSCALE_NONE;
	uint32_t age;
	struct cookie c;

	ck_assert_msg(shake_decode(&rig, in, s, &c), "%s: cookie", row->name);
	age = RIG_NOW_MS - c.mint_ms;
	ck_assert_msg(cookie_mss(&c) == mss, "%s: MSS %u", row->name,
		      cookie_mss(&c));
	ck_assert_msg(c.options == row->grant, "%s: options %#x", row->name,
		      c.options);
	ck_assert_msg(c.wscale == ws, "%s: scale %u", row->name, c.wscale);
	ck_assert_msg(age < (row->grant & HF_OPT_TS ? 512 : 32768),
		      "%s: age %u", row->name, age);
}

static void run_row(const struct answer_row *row, bool ip6)
{
	counter_set kind = row->grant & HF_OPT_TS ? C(SYN_ANSWER_TS) :
						 C(SYN_ANSWER_NO_TS);
	uint16_t mss = (ip6 && row->mss6 ? row->mss6 : row->mss) ?: 1460;
	struct spec in = row->in;
	const char *wrong;
	struct segment s;
	struct result res;

	in.ip6 = ip6;
	in.seq = in.seq ?: SHAKE_IRS;
	rig_answer_zone(&rig, &in);
	rig_send(&rig, &in, &res);
	ck_result(row->name, &res, XDP_TX, C(SYN_SEEN) | kind);
	wrong = segment_read(&s, res.out.byte, res.out.len);
	ck_assert_msg(!wrong, "%s, IPv%d: %s", row->name, ip6 ? 6 : 4, wrong);
	ck_assert_msg(!s.pad || res.out.len == 60, "%s: frame of %u bytes",
		      row->name, res.out.len);
	ck_addressed(row->name, &in, &s);
	ck_header(row, &in, &s, mss);
	ck_options(row, &in, &s);
	ck_cookie(row, &in, &s, mss);
}

START_TEST(s1_s3_s12_answered)
{
	const struct answer_row *row = &rows[_i];
	int versions = row->versions ?: V4 | V6;

	if (versions & V4)
		run_row(row, false);
	if (versions & V6)
		run_row(row, true);
	ck_row_passed(row->name);
}
END_TEST

START_TEST(the_same_behind_others)
{
	const struct answer_row *row = &rows[_i];
	int versions = row->versions ?: V4 | V6;

	if (versions & V4)
		fast_compare(row->name, &row->in, false, NULL);
	if (versions & V6)
		fast_compare(row->name, &row->in, true, NULL);
}
END_TEST

/* What a server was seen to say, and what it grants, changes in every bit. */
static struct hf_said said_now;

static void set_said(bool ip6)
{
	struct hf_answer a = { .ip4 = said_now, .ip6 = said_now };

	(void)ip6;
	ck_assert_int_eq(bpf_map_update_elem(rig.answers,
					     &(uint32_t){ RIG_SERVICE }, &a, 0),
			 0);
}

START_TEST(the_same_of_any_manner_behind_others)
{
	const struct hf_manner manner[] = {
		{ .ttl = 255 },
		{ .tos = 0x48, .ttl = 1 },
		{ .flags = HF_SAID_REFLECTS },
		{ .flags = HF_SAID_LABEL },
		{ .flags = HF_SAID_REFLECTS | HF_SAID_LABEL, .tos = 0x20 },
		{ .mss = 1300 },
		{ .mss = 8960, .window = 100 },
		{ .window = 65535 },
	};
	struct spec syn = _i & 2 ? shake_no_ts(_i & 1) : shake_linux(_i & 1);

	for (size_t i = 0; i < sizeof(manner) / sizeof(*manner); i++) {
		said_now = (struct hf_said){ .manner = manner[i] };
		fast_compare("manner", &syn, _i & 1, set_said);
		syn.tos = 0xb8;
	}
	said_now = (struct hf_said){ 0 };
	set_said(false);
}
END_TEST

static uint8_t granted_now;

static void set_grants(bool ip6)
{
	struct hf_profile p = { .rcv_wscale = 3, .grants = granted_now };

	(void)ip6;
	rig_set_profile(&rig, RIG_PROFILE, &p);
}

START_TEST(the_same_of_any_grants_behind_others)
{
	struct spec syn = _i & 2 ? shake_no_ts(_i & 1) : shake_linux(_i & 1);

	for (granted_now = 0; granted_now < 16; granted_now++)
		fast_compare("grants", &syn, _i & 1, set_grants);
}
END_TEST

/* Every shift and many values of MSS. */
START_TEST(the_same_of_any_options_behind_others)
{
	struct spec syn = _i & 2 ? shake_no_ts(_i & 1) : shake_linux(_i & 1);
	int scale_at = _i & 2 ? 7 : 19;

	for (int scale = 0; scale < 256; scale += scale < 17 ? 1 : 17) {
		syn.opt[scale_at] = scale;
		fast_compare("scale", &syn, _i & 1, NULL);
	}
	for (int mss = 0; mss < 65536; mss += mss < 1600 ? 33 : 3001) {
		syn.opt[2] = mss >> 8;
		syn.opt[3] = mss;
		fast_compare("MSS", &syn, _i & 1, NULL);
	}
	for (int i = 0; i < syn.opt_len; i++) {
		syn.opt[i] ^= 1;
		fast_compare("options", &syn, _i & 1, NULL);
		syn.opt[i] ^= 1;
	}
}
END_TEST

START_TEST(ipv4_options_of_every_length)
{
	struct answer_row row = { "IPv4 options", V4, { OPT_LINUX },
				  WS_SACK_TS, 7 };

	for (row.in.ihl = 6; row.in.ihl <= 15; row.in.ihl++)
		run_row(&row, false);
}
END_TEST

START_TEST(s10_repeated_syn_same_answer)
{
	struct spec syn = shake_linux(_i & 1);
	struct result first, second;

	if (_i & 2)
		syn = shake_no_ts(_i & 1);
	rig_send(&rig, &syn, &first);
	rig_send(&rig, &syn, &second);
	ck_assert_uint_eq(first.out.len, second.out.len);
	ck_assert_mem_eq(first.out.byte, second.out.byte, first.out.len);
}
END_TEST

START_TEST(s9_other_isn_other_cookie)
{
	struct spec syn = shake_linux(_i & 1);
	struct segment one, two;

	shake_syn(&rig, &syn, &one);
	syn.seq += 10;
	shake_syn(&rig, &syn, &two);
	ck_assert_uint_ne(one.seq, two.seq);
	ck_assert_uint_eq(two.ack, one.ack + 10);
}
END_TEST

START_TEST(s11_a_syn_leaves_no_state)
{
	struct spec syn = shake_linux(_i & 1);
	struct segment reply;

	for (int i = 0; i < 50; i++, syn.client_port = 2000 + i)
		shake_syn(&rig, &syn, &reply);
	ck_assert_uint_eq(rig_flows(&rig), 0);
	ck_assert_uint_eq(rig_presence(&rig), 0);
	ck_assert_int_eq(rig_phase(&rig).flows, 0);
}
END_TEST

/* Listener's space -> window: one segment less, at most 16 bits. */
START_TEST(s40_window_follows_the_listener)
{
	static const uint32_t space[] = { 0, 1, 1460, 1461, 30000, 65535,
					  66995, 66996, 1 << 30 };
	static const uint16_t window[] = { 0, 1, 1460, 1, 28540, 64075, 65535,
					   65535, 65535 };
	struct hf_service svc = rig_service(&rig, _i & 1);
	struct spec syn = shake_linux(_i & 1);
	struct segment reply;

	for (size_t i = 0; i < sizeof(space) / sizeof(*space); i++) {
		svc.window = space[i];
		rig_set_service(&rig, _i & 1, &svc);
		shake_syn(&rig, &syn, &reply);
		ck_assert_uint_eq(reply.window, window[i]);
	}
}
END_TEST

/* A profile that grants less than the client offers. */
START_TEST(s12_only_what_the_profile_grants)
{
	for (int grants = 0; grants < 16; grants++) {
		struct hf_profile p = { .rcv_wscale = RIG_RCV_WSCALE,
					.grants = grants };
		struct answer_row row = {
			"profile", 0,
			{ .flags = F_SYN | F_ECE | F_CWR, OPT_LINUX },
			.wscale = 7,
		};

		rig_set_profile(&rig, RIG_PROFILE, &p);
		row.grant = grants;
		if (!(grants & HF_OPT_TS))
			row.grant &= ~HF_OPT_ECN;
		run_row(&row, _i & 1);
	}
}
END_TEST

START_TEST(partial_checksum_counts_only_where_it_may_occur)
{
	struct spec syn = shake_linux(_i & 1);
	struct segment reply;
	struct result res;

	rig_reset(&rig_partial);
	syn.sum = SUM_PARTIAL;
	rig_send(&rig, &syn, &res);
	ck_result("partial sum", &res, XDP_PASS,
		  C(SYN_SEEN) | C(SYN_PASS_BAD_SUM));
	shake_syn(&rig_partial, &syn, &reply);
	syn.sum = SUM_BAD;
	rig_send(&rig_partial, &syn, &res);
	ck_result("bad sum", &res, XDP_PASS,
		  C(SYN_SEEN) | C(SYN_PASS_BAD_SUM));
}
END_TEST

TCase *answer_tcase(void)
{
	TCase *tc = tcase_create("answer");

	tcase_add_loop_test(tc, s1_s3_s12_answered, 0, ROWS_NR);
	tcase_add_loop_test(tc, the_same_behind_others, 0, ROWS_NR);
	tcase_add_loop_test(tc, the_same_of_any_manner_behind_others, 0, 4);
	tcase_add_loop_test(tc, the_same_of_any_grants_behind_others, 0, 4);
	tcase_add_loop_test(tc, the_same_of_any_options_behind_others, 0, 4);
	tcase_add_test(tc, ipv4_options_of_every_length);
	tcase_add_loop_test(tc, s10_repeated_syn_same_answer, 0, 4);
	tcase_add_loop_test(tc, s9_other_isn_other_cookie, 0, 2);
	tcase_add_loop_test(tc, s11_a_syn_leaves_no_state, 0, 2);
	tcase_add_loop_test(tc, s40_window_follows_the_listener, 0, 2);
	tcase_add_loop_test(tc, s12_only_what_the_profile_grants, 0, 2);
	tcase_add_loop_test(tc, partial_checksum_counts_only_where_it_may_occur,
			    0, 2);
	return tc;
}
