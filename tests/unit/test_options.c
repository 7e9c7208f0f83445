// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* TCP options: what is read from any bytes, what is written, byte for byte. */
#include "run.h"
#include "native.h"

#define ALL_THREE	(HF_OPT_WSCALE | HF_OPT_SACK | HF_OPT_TS)

/* What an option field must give. */
struct layout {
	const char *name;
	uint8_t byte[40];
	uint8_t len;
	uint8_t seen;
	uint16_t mss;
	uint8_t wscale;		/* looked at only with HF_OPT_WSCALE */
	uint32_t tsval, tsecr;
};

#define TS_A	8, 10, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88
#define TS_A_IS	.tsval = 0x11223344, .tsecr = 0x55667788

static const struct layout
	single[] = {
		{ "none", { 0 }, 0 },
		{ "MSS", { 2, 4, 5, 0xb4 }, 4, 0, 1460 },
		{ "MSS 0", { 2, 4, 0, 0 }, 4 },
		{ "MSS 65535", { 2, 4, 255, 255 }, 4, 0, 65535 },
		{ "window scale", { 3, 3, 7, 0 }, 4, HF_OPT_WSCALE, 0, 7 },
		{ "window scale 0", { 3, 3, 0, 1 }, 4, HF_OPT_WSCALE, 0, 0 },
		{ "SACK permitted", { 4, 2, 1, 1 }, 4, HF_OPT_SACK },
		{ "timestamp", { 1, 1, TS_A }, 12, HF_OPT_TS, TS_A_IS },
		{ "timestamp at 0", { TS_A, 1, 1 }, 12, HF_OPT_TS, TS_A_IS },
		{ "timestamp at 1", { 1, TS_A, 1 }, 12, HF_OPT_TS, TS_A_IS },
		{ "timestamp at 3", { 1, 1, 1, TS_A }, 13, HF_OPT_TS, TS_A_IS },
		{ "timestamp at 5",
		  { 2, 4, 5, 0xb4, 1, TS_A, 0 },
		  16,
		  HF_OPT_TS,
		  1460,
		  TS_A_IS },
		{ "TCP-MD5",
		  { 19, 18, 1,	2,  3,	4,  5,	6,  7, 8,
		    9,	10, 11, 12, 13, 14, 15, 16, 1, 1 },
		  20,
		  OPT_SEEN_AUTH },
		{ "TCP-AO",
		  { 29, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 },
		  16,
		  OPT_SEEN_AUTH },
		{ "unknown, then MSS",
		  { 253, 6, 1, 2, 3, 4, 2, 4, 5, 0xb4 },
		  10,
		  0,
		  1460 },
		{ "fast open cookie",
		  { 34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 3, 3, 9, 0 },
		  14,
		  HF_OPT_WSCALE,
		  0,
		  9 },
		{ "MPTCP capable",
		  { 2, 4, 5, 0xb4, 30, 4, 1, 0x81, 4, 2, 1, 1 },
		  12,
		  HF_OPT_SACK,
		  1460 },
	};

static const struct layout systems[] = {
	{ "Linux",
	  { 2, 4, 5, 0xb4, 4, 2, TS_A, 1, 3, 3, 7 },
	  20,
	  ALL_THREE,
	  1460,
	  7,
	  TS_A_IS },
	{ "Linux without timestamps",
	  { 2, 4, 5, 0xb4, 1, 1, 4, 2, 1, 3, 3, 7 },
	  12,
	  HF_OPT_WSCALE | HF_OPT_SACK,
	  1460,
	  7 },
	{ "Linux without SACK",
	  { 2, 4, 5, 0xb4, 1, 1, TS_A, 1, 3, 3, 7 },
	  20,
	  HF_OPT_WSCALE | HF_OPT_TS,
	  1460,
	  7,
	  TS_A_IS },
	{ "Windows",
	  { 2, 4, 5, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2 },
	  12,
	  HF_OPT_WSCALE | HF_OPT_SACK,
	  1460,
	  8 },
	{ "Windows with timestamps",
	  { 2, 4, 5, 0xb4, 1, 3, 3, 8, 4, 2, TS_A },
	  20,
	  ALL_THREE,
	  1460,
	  8,
	  TS_A_IS },
	{ "macOS and iOS",
	  { 2, 4, 5, 0xb4, 1, 3, 3, 6, 1, 1, TS_A, 4, 2, 0, 0 },
	  24,
	  ALL_THREE,
	  1460,
	  6,
	  TS_A_IS },
	{ "FreeBSD",
	  { 2, 4, 5, 0xb4, 1, 3, 3, 6, 4, 2, TS_A },
	  20,
	  ALL_THREE,
	  1460,
	  6,
	  TS_A_IS },
	{ "OpenBSD",
	  { 2, 4, 5, 0xb4, 1, 1, 4, 2, 1, 3, 3, 6, 1, 1, TS_A },
	  24,
	  ALL_THREE,
	  1460,
	  6,
	  TS_A_IS },
};

static const struct layout broken[] = {
	{ "length 0", { 2, 4, 5, 0xb4, 253, 0, 4, 2 }, 8, 0, 1460 },
	{ "length 1", { 2, 4, 5, 0xb4, 253, 1, 4, 2 }, 8, 0, 1460 },
	{ "MSS of length 0", { 2, 0, 5, 0xb4, 4, 2, 1, 1 }, 8 },
	{ "length beyond the end", { 4, 2, 2, 4, 5 }, 5, HF_OPT_SACK },
	{ "length far beyond the end",
	  { 4, 2, 253, 255, 3, 3, 3, 1 },
	  8,
	  HF_OPT_SACK },
	{ "kind without length", { 4, 2, 1, 3 }, 4, HF_OPT_SACK },
	{ "MSS of length 3", { 2, 3, 5, 4, 2, 1, 1, 1 }, 8, HF_OPT_SACK },
	{ "MSS of length 5", { 2, 5, 5, 0xb4, 0, 4, 2, 0 }, 8, HF_OPT_SACK },
	{ "window scale of length 2", { 3, 2, 4, 2 }, 4, HF_OPT_SACK },
	{ "window scale of length 4",
	  { 3, 4, 7, 7, 4, 2, 0, 0 },
	  8,
	  HF_OPT_SACK },
	{ "SACK permitted of length 3", { 4, 3, 2, 1 }, 4 },
	{ "timestamp of length 9",
	  { 8, 9, 1, 2, 3, 4, 5, 6, 7, 3, 3, 2 },
	  12,
	  HF_OPT_WSCALE,
	  0,
	  2 },
	{ "timestamp of length 11",
	  { 8, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0 },
	  12 },
	{ "TCP-MD5 of length 2",
	  { 19, 2, 4, 2 },
	  4,
	  HF_OPT_SACK | OPT_SEEN_AUTH },
	{ "TCP-AO cut off", { 29, 16, 1, 1 }, 4 },
	{ "end of list hides the rest",
	  { 4, 2, 0, 2, 4, 5, 0xb4, 0 },
	  8,
	  HF_OPT_SACK },
	{ "end of list first", { 0, 4, 2, 1 }, 4 },
	{ "twice, the last counts", { 2, 4, 1, 1, 2, 4, 5, 0xb4 }, 8, 0, 1460 },
	{ "option ends with the field",
	  { 1, 3, 3, 5 },
	  4,
	  HF_OPT_WSCALE,
	  0,
	  5 },
	{ "bytes behind the end are none", { 1, 1, 1, 1, 4, 2, 3, 3, 3 }, 4 },
};

static void parse(struct options *o, const uint8_t *byte, uint32_t len)
{
	struct options_raw raw;

	memset(&raw, 0, sizeof(raw));
	memcpy(raw.byte, byte, len);
	raw.len = len;
	opt_parse(o, &raw);
}

static void check_layout(const struct layout *l)
{
	struct options o;

	parse(&o, l->byte, l->len);
	ck_assert_msg(o.seen == l->seen, "%s: seen %#x", l->name, o.seen);
	ck_assert_msg(o.mss == l->mss, "%s: mss %u", l->name, o.mss);
	ck_assert_msg(o.tsval == l->tsval && o.tsecr == l->tsecr,
		      "%s: tsval %#x tsecr %#x", l->name, o.tsval, o.tsecr);
	ck_assert_msg(!(l->seen & HF_OPT_WSCALE) || o.wscale == l->wscale,
		      "%s: window scale %u", l->name, o.wscale);
	ck_assert_msg(l->seen & HF_OPT_WSCALE || o.wscale == HF_WSCALE_NONE,
		      "%s: window scale %u without option", l->name, o.wscale);
}

#define CHECK_LAYOUTS(table) \
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) \
		check_layout(&table[i])

START_TEST(s12_every_option_alone)
{
	CHECK_LAYOUTS(single);
}
END_TEST

START_TEST(s12_layouts_of_usual_systems)
{
	CHECK_LAYOUTS(systems);
}
END_TEST

START_TEST(s33_broken_options_stay_inside_the_field)
{
	CHECK_LAYOUTS(broken);
}
END_TEST

START_TEST(forty_nops_are_walked_to_the_end)
{
	struct layout nops = { .name = "40 NOPs", .len = 40 };

	memset(nops.byte, OPT_KIND_NOP, 40);
	check_layout(&nops);
	nops.name = "38 NOPs, SACK permitted";
	nops.byte[38] = OPT_KIND_SACK_PERM;
	nops.byte[39] = OPT_LEN_SACK_PERM;
	nops.seen = HF_OPT_SACK;
	check_layout(&nops);
}
END_TEST

START_TEST(twenty_options_of_two_bytes_are_walked_to_the_end)
{
	struct layout many = { .name = "19 unknown, SACK permitted",
			       .len = 40,
			       .seen = HF_OPT_SACK };

	for (int i = 0; i < 40; i += 2) {
		many.byte[i] = 200 + i;
		many.byte[i + 1] = 2;
	}
	many.byte[38] = OPT_KIND_SACK_PERM;
	check_layout(&many);
}
END_TEST

/* RFC 7323 2.3, in the general loop and on the fast path. */
START_TEST(s40_window_scale_above_14_is_14)
{
	uint8_t linux_layout[20];
	struct options o;

	memcpy(linux_layout, systems[0].byte, 20);
	for (int shift = 0; shift < 256; shift++) {
		uint8_t any[4] = { 1, 3, 3, shift };

		linux_layout[19] = shift;
		parse(&o, any, 4);
		ck_assert_uint_eq(o.wscale, shift > 14 ? 14 : shift);
		parse(&o, linux_layout, 20);
		ck_assert_uint_eq(o.wscale, shift > 14 ? 14 : shift);
	}
}
END_TEST

/* Random fields made of whole options, of wrong ones and of noise. */
static uint32_t random_field(uint8_t byte[40])
{
	static const uint8_t kinds[] = { 0, 1, 1, 2, 3, 4, 8, 19, 29, 30, 253 };
	static const uint8_t lens[] = { 0, 1, 4, 3, 2, 10, 18, 16, 40 };
	uint32_t at = 0, len = rnd_below(11) * 4;

	rnd_fill(byte, 40);
	if (rnd_below(4) == 0)
		return len;
	while (at + 1 < len) {
		byte[at] = kinds[rnd_below(sizeof(kinds))];
		if (byte[at] < 2) {
			at++;
			continue;
		}
		byte[at + 1] = lens[rnd_below(sizeof(lens))];
		at += byte[at + 1] ?: 2;
	}
	return len;
}

static void random_near_fast_path(uint8_t byte[40], uint32_t *len)
{
	const struct layout *plain[] = {
		&systems[0],	/* Linux */
		&systems[1],	/* ... without timestamps */
		&systems[3],	/* Windows */
		&single[7],	/* timestamp */
	};
	const struct layout *l = plain[rnd_below(4)];

	rnd_fill(byte, 40);
	*len = l->len;
	memcpy(byte, l->byte, l->len);
	for (int i = rnd_below(3); i; i--)
		byte[rnd_below(*len)] = rnd32();
	if (rnd_below(8) == 0)
		*len -= 4;
	else if (rnd_below(8) == 0)
		*len += 4;
}

static void parse_both(const uint8_t *byte, uint32_t len)
{
	struct options fast, any;
	struct options_raw raw;

	memset(&raw, 0, sizeof(raw));
	memcpy(raw.byte, byte, len);
	raw.len = len;
	memset(&fast, 0, sizeof(fast));
	memset(&any, 0, sizeof(any));
	any.wscale = HF_WSCALE_NONE;
	opt_parse_any(&any, &raw);
	opt_parse(&fast, &raw);
	any.sum = fast.sum;
	ck_assert_mem_eq(&fast, &any, sizeof(any));
}

START_TEST(fast_paths_equal_the_general_loop)
{
	uint8_t byte[40];
	uint32_t len;

	rnd_seed(7323);
	for (int i = 0; i < 300000; i++) {
		len = random_field(byte);
		parse_both(byte, len);
		random_near_fast_path(byte, &len);
		parse_both(byte, len);
	}
}
END_TEST

START_TEST(s38_sum_covers_every_option_byte)
{
	uint8_t byte[40];
	struct options o;

	rnd_seed(38);
	for (int i = 0; i < 20000; i++) {
		uint32_t len = random_field(byte), sum = 0;

		for (uint32_t at = 0; at < len; at += 2)
			sum += byte[at] << 8 | byte[at + 1];
		while (sum >> 16)
			sum = (sum & 0xffff) + (sum >> 16);
		parse(&o, byte, len);
		ck_assert_uint_eq(ntohs(csum_fold16(o.sum)), sum);
	}
}
END_TEST

/* As tcp_options_write() of Linux lays them out. */
static const struct {
	uint8_t grant;
	uint8_t len;
	uint8_t byte[20];
} written[] = {
	{ 0, 4, { 2, 4, 5, 0xb4 } },
	{ HF_OPT_WSCALE, 8, { 2, 4, 5, 0xb4, 1, 3, 3, 7 } },
	{ HF_OPT_SACK, 8, { 2, 4, 5, 0xb4, 1, 1, 4, 2 } },
	{ HF_OPT_SACK | HF_OPT_WSCALE,
	  12,
	  { 2, 4, 5, 0xb4, 1, 1, 4, 2, 1, 3, 3, 7 } },
	{ HF_OPT_TS, 16, { 2, 4, 5, 0xb4, 1, 1, TS_A } },
	{ HF_OPT_TS | HF_OPT_WSCALE,
	  20,
	  { 2, 4, 5, 0xb4, 1, 1, TS_A, 1, 3, 3, 7 } },
	{ HF_OPT_TS | HF_OPT_SACK, 16, { 2, 4, 5, 0xb4, 4, 2, TS_A } },
	{ ALL_THREE, 20, { 2, 4, 5, 0xb4, 4, 2, TS_A, 1, 3, 3, 7 } },
};

START_TEST(s12_all_eight_grants_are_written_byte_for_byte)
{
	__be32 word[6];

	for (size_t i = 0; i < sizeof(written) / sizeof(*written); i++) {
		struct options_out out = {
			.mss = 1460,
			.wscale = 7,
			TS_A_IS,
			.grant = written[i].grant,
		};

		memset(word, 0xee, sizeof(word));
		opt_write(word, &out);
		ck_assert_uint_eq(opt_len(out.grant), written[i].len);
		ck_assert_mem_eq(word, written[i].byte, written[i].len);
		ck_assert_uint_eq(((uint8_t *)word)[written[i].len], 0xee);
	}
}
END_TEST

START_TEST(s12_what_is_written_reads_back_the_same)
{
	struct options o;
	__be32 word[5];

	rnd_seed(12);
	for (int i = 0; i < 50000; i++) {
		struct options_out out = {
			.mss = rnd32(),
			.wscale = rnd_below(15),
			.tsval = rnd32(),
			.tsecr = rnd32(),
			.grant = i & 7,
		};
		bool ts = out.grant & HF_OPT_TS;

		opt_write(word, &out);
		parse(&o, (uint8_t *)word, opt_len(out.grant));
		ck_assert_uint_eq(o.seen, out.grant);
		ck_assert_uint_eq(o.mss, out.mss);
		ck_assert_uint_eq(o.wscale, out.grant & HF_OPT_WSCALE
						    ? out.wscale
						    : HF_WSCALE_NONE);
		ck_assert_uint_eq(o.tsval, ts ? out.tsval : 0);
		ck_assert_uint_eq(o.tsecr, ts ? out.tsecr : 0);
	}
}
END_TEST

/* ECN is granted by a header flag: it must not change the options. */
START_TEST(ecn_grant_takes_no_option_bytes)
{
	for (int grant = 0; grant < 8; grant++)
		ck_assert_uint_eq(opt_len(grant | HF_OPT_ECN), opt_len(grant));
}
END_TEST

TEST_MAIN("options", s12_every_option_alone, s12_layouts_of_usual_systems,
	  s33_broken_options_stay_inside_the_field,
	  forty_nops_are_walked_to_the_end,
	  twenty_options_of_two_bytes_are_walked_to_the_end,
	  s40_window_scale_above_14_is_14, fast_paths_equal_the_general_loop,
	  s38_sum_covers_every_option_byte,
	  s12_all_eight_grants_are_written_byte_for_byte,
	  s12_what_is_written_reads_back_the_same,
	  ecn_grant_takes_no_option_bytes)
