// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The cookie: what it proves, what it must not, how long, how it looks. */
#include "run.h"
#include "native.h"

#define ROUNDS		20000
#define FLIP_ROUNDS	300
#define EPOCH_MS	(1U << 15)

/* One handshake, as SYN and third ACK show it. */
struct shake {
	struct cookie_id id;
	struct hf_keys keys;
	struct cookie cookie;
	uint32_t now_ms;
};

static struct shake random_shake(bool ts, bool ipv6)
{
	struct shake s;

	memset(&s, 0, sizeof(s));
	rnd_fill(&s.keys, sizeof(s.keys));
	s.keys.clock_off_ms &= ~255U;
	s.keys.ahead_ms = 0;
	rnd_fill(s.id.addr, ipv6 ? 32 : 8);
	s.id.ipv6 = ipv6;
	s.id.ports_irs = rnd64();
	s.now_ms = rnd32();
	s.cookie.mss_class = rnd_below(ts ? 16 : 8);
	s.cookie.wscale = rnd_below(16);
	if (s.cookie.wscale != HF_WSCALE_NONE)
		s.cookie.options |= HF_OPT_WSCALE;
	s.cookie.options |= rnd32() & HF_OPT_SACK;
	if (ts)
		s.cookie.options |= HF_OPT_TS | (rnd32() & HF_OPT_ECN);
	s.cookie.terms = rnd_below(256);
	cookie_mint(&s.cookie, &s.id, &s.keys, s.now_ms);
	return s;
}

/* One of the strong layout, of whatever was offered. */
static struct shake strong_shake(bool ipv6)
{
	struct shake s = random_shake(false, ipv6);

	cookie_strengthen(&s.cookie);
	cookie_mint(&s.cookie, &s.id, &s.keys, s.now_ms);
	return s;
}

/* The ACK that comes back: number acknowledged, and TSecr. */
static bool comes_back(const struct shake *s, uint32_t iss, uint32_t tsecr,
		       uint32_t now_ms, struct cookie *read)
{
	struct siphash pair;

	memset(read, 0, sizeof(*read));
	read->options = s->cookie.options & HF_OPT_TS;
	read->terms = s->cookie.terms;
	read->strong = s->cookie.strong;
	read->iss = iss;
	read->tsval = tsecr;
	pair = cookie_begin(&s->id, &s->keys);
	cookie_read(read, &pair, &s->keys, now_ms);
	return cookie_is_recent(read, &s->keys, now_ms) &&
	       cookie_proves(read, &pair, &s->id, &s->keys) &&
	       !cookie_expired(read, now_ms);
}

static uint32_t offset_of(const struct shake *s)
{
	return cookie_offset(cookie_begin(&s->id, &s->keys), &s->keys);
}

static bool proves_at(const struct shake *s, uint32_t now_ms)
{
	struct cookie read;

	return comes_back(s, s->cookie.iss, s->cookie.tsval, now_ms, &read);
}

static void ck_same_cookie(const struct cookie *a, const struct cookie *b)
{
	ck_assert_uint_eq(a->iss, b->iss);
	ck_assert_uint_eq(a->tsval, b->tsval);
	ck_assert_uint_eq(a->mint_ms, b->mint_ms);
	ck_assert_uint_eq(a->mss_class, b->mss_class);
	ck_assert_uint_eq(a->wscale, b->wscale);
	ck_assert_uint_eq(a->options, b->options);
}

START_TEST(s2_s12_minted_cookie_reads_back_and_proves)
{
	struct cookie read;

	rnd_seed(2);
	for (int i = 0; i < ROUNDS; i++) {
		struct shake s = random_shake(i & 1, i & 2);

		ck_assert(comes_back(&s, s.cookie.iss, s.cookie.tsval, s.now_ms,
				     &read));
		ck_same_cookie(&read, &s.cookie);
	}
}
END_TEST

START_TEST(s2_ack_off_by_one_to_three_proves_nothing)
{
	struct cookie read;

	rnd_seed(22);
	for (int i = 0; i < ROUNDS; i++) {
		struct shake s = random_shake(true, i & 1);

		for (int off = -3; off <= 3; off++)
			ck_assert(comes_back(&s, s.cookie.iss + off,
					     s.cookie.tsval, s.now_ms,
					     &read) == !off);
	}
}
END_TEST

/* 23 MAC bits: the seed is chosen so that none of the guesses hits. */
START_TEST(s2_no_ts_ack_off_by_one_to_three_proves_nothing)
{
	struct cookie read;

	rnd_seed(23);
	for (int i = 0; i < ROUNDS; i++) {
		struct shake s = random_shake(false, i & 1);

		for (int off = -3; off <= 3; off++)
			ck_assert(comes_back(&s, s.cookie.iss + off, 0,
					     s.now_ms, &read) == !off);
	}
}
END_TEST

static void flip(void *field, unsigned int bit)
{
	((uint8_t *)field)[bit / 8] ^= 1 << bit % 8;
}

/* Flip every bit of `len` bytes at an offset of the handshake, one by one. */
static unsigned int proofs_after_flips(const struct shake *good, size_t off,
				       size_t len)
{
	unsigned int proofs = 0;
	struct cookie read;

	for (unsigned int bit = 0; bit < len * 8; bit++) {
		struct shake s = *good;

		flip((uint8_t *)&s + off, bit);
		proofs += comes_back(&s, s.cookie.iss, s.cookie.tsval, s.now_ms,
				     &read);
	}
	return proofs;
}

#define FLIP_FIELD(s, field) \
	ck_assert_uint_eq(proofs_after_flips(s, \
		offsetof(struct shake, field), sizeof((s)->field)), 0)

static void flip_all(const struct shake *s)
{
	bool ts = s->cookie.options & HF_OPT_TS;
	size_t addr_bytes = s->id.ipv6 ? 32 : 8;

	FLIP_FIELD(s, cookie.iss);
	FLIP_FIELD(s, id.ports_irs);
	FLIP_FIELD(s, keys.cookie);
	ck_assert_uint_eq(proofs_after_flips(s, offsetof(struct shake, id.addr),
					     addr_bytes),
			  0);
	if (ts) {
		FLIP_FIELD(s, cookie.tsval);
		FLIP_FIELD(s, keys.offset);
	}
	for (int bit = 0; bit < 8; bit++) {
		struct shake other = *s;

		other.cookie.terms ^= 1 << bit;
		ck_assert(!proves_at(&other, s->now_ms));
	}
}

START_TEST(s2_s13_ts_any_flipped_bit_proves_nothing)
{
	rnd_seed(1);
	for (int i = 0; i < FLIP_ROUNDS; i++) {
		struct shake s = random_shake(true, i & 1);

		flip_all(&s);
	}
}
END_TEST

/* 2^-23 a guess, some 100000 guesses: the seed is one where none hits. */
START_TEST(s2_s13_no_ts_any_flipped_bit_proves_nothing)
{
	rnd_seed(3);
	for (int i = 0; i < FLIP_ROUNDS; i++) {
		struct shake s = random_shake(false, i & 1);

		flip_all(&s);
	}
}
END_TEST

START_TEST(ip_version_is_under_the_mac)
{
	rnd_seed(64);
	for (int i = 0; i < ROUNDS; i++) {
		struct shake s = random_shake(i & 1, i & 2);

		s.id.ipv6 ^= 1;
		ck_assert(!proves_at(&s, s.now_ms));
	}
}
END_TEST

START_TEST(strong_cookie_reads_back_and_proves)
{
	struct cookie read;

	rnd_seed(27);
	for (int i = 0; i < ROUNDS; i++) {
		struct shake s = strong_shake(i & 1);

		ck_assert(comes_back(&s, s.cookie.iss, 0, s.now_ms, &read));
		ck_same_cookie(&read, &s.cookie);
		ck_assert(comes_back(&s, s.cookie.iss, 0, s.now_ms + 32000,
				     &read));
		for (int off = -3; off <= 3; off++)
			ck_assert(comes_back(&s, s.cookie.iss + off, 0,
					     s.now_ms, &read) == !off);
	}
}
END_TEST

/* 2^-27 a guess, likewise. */
START_TEST(strong_any_flipped_bit_proves_nothing)
{
	rnd_seed(4);
	for (int i = 0; i < FLIP_ROUNDS; i++) {
		struct shake s = strong_shake(i & 1);

		flip_all(&s);
		s.cookie.strong = 0;
		ck_assert(!proves_at(&s, s.now_ms));
	}
}
END_TEST

/* A window that is believed smaller than it is harms nobody. */
START_TEST(strong_cookie_grants_no_more_than_was_offered)
{
	rnd_seed(5);
	for (int i = 0; i < ROUNDS; i++) {
		struct shake offer = random_shake(false, false), s = offer;

		cookie_strengthen(&s.cookie);
		ck_assert_uint_le(cookie_mss(&s.cookie),
				  cookie_mss(&offer.cookie));
		ck_assert_uint_eq(s.cookie.options & ~offer.cookie.options, 0);
		ck_assert_uint_eq((s.cookie.options & HF_OPT_SACK),
				  (offer.cookie.options & HF_OPT_SACK));
		if (s.cookie.options & HF_OPT_WSCALE)
			ck_assert_uint_le(s.cookie.wscale, offer.cookie.wscale);
		else
			ck_assert_uint_eq(s.cookie.wscale, HF_WSCALE_NONE);
	}
}
END_TEST

/* An ACK that takes its timestamp off, or one that puts one on. */
START_TEST(cookie_of_one_layout_proves_nothing_in_the_other)
{
	rnd_seed(10);
	for (int i = 0; i < ROUNDS; i++) {
		struct shake s = random_shake(i & 1, i & 2);

		s.cookie.options ^= HF_OPT_TS;
		ck_assert(!proves_at(&s, s.now_ms));
	}
}
END_TEST

START_TEST(s31_timestamp_is_never_ahead_and_at_most_511_ms_behind)
{
	uint32_t worst = 0;

	rnd_seed(31);
	for (int i = 0; i < ROUNDS * 10; i++) {
		struct shake s = random_shake(true, i & 1);
		uint32_t behind = s.now_ms - s.cookie.mint_ms;

		ck_assert_uint_le(behind, 256 + 255);
		ck_assert_uint_eq(s.cookie.mint_ms,
				  s.cookie.tsval - offset_of(&s) -
					  s.keys.clock_off_ms);
		if (behind > worst)
			worst = behind;
	}
	ck_assert_uint_gt(worst, 240);
}
END_TEST

START_TEST(s28_s31_offset_is_constant_for_an_address_pair)
{
	rnd_seed(28);
	for (int i = 0; i < ROUNDS; i++) {
		struct shake s = random_shake(true, i & 1);
		uint32_t offset = s.cookie.tsval - s.cookie.mint_ms;

		s.id.ports_irs = rnd64();
		s.cookie.options ^= HF_OPT_SACK;
		s.cookie.terms = rnd_below(256);
		cookie_mint(&s.cookie, &s.id, &s.keys, rnd32());
		ck_assert_uint_eq(s.cookie.tsval - s.cookie.mint_ms, offset);
		s.id.addr[0] ^= 1;
		ck_assert_uint_ne(offset_of(&s), offset);
	}
}
END_TEST

/* The same client, later: TSval grows with the clock but for the low bits. */
START_TEST(s28_tsval_of_the_same_options_never_goes_back)
{
	rnd_seed(29);
	for (int i = 0; i < ROUNDS; i++) {
		struct shake s = random_shake(true, i & 1), later = s;
		uint32_t step = rnd_below(2000);

		cookie_mint(&later.cookie, &later.id, &later.keys,
			    s.now_ms + step);
		ck_assert_int_ge((int32_t)(later.cookie.tsval - s.cookie.tsval),
				 0);
	}
}
END_TEST

/* The next generation: the same client at the same moment, or a little later. */
START_TEST(tsval_steps_forward_with_the_next_keys)
{
	rnd_seed(30);
	for (int i = 0; i < ROUNDS; i++) {
		struct shake s = random_shake(true, i & 1), next = s;

		rnd_fill(&next.keys.cookie, sizeof(next.keys.cookie));
		rnd_fill(&next.keys.offset, sizeof(next.keys.offset));
		next.keys.turn++;
		cookie_mint(&next.cookie, &next.id, &next.keys, s.now_ms);
		ck_assert_int_gt((int32_t)(next.cookie.tsval - s.cookie.tsval),
				 0);
		ck_assert(!comes_back(&next, s.cookie.iss, s.cookie.tsval,
				      s.now_ms, &(struct cookie){ 0 }));
	}
}
END_TEST

/* Machines that share keys: each counts from its own start, the other one's clock
 * is up to `ahead_ms` ahead of this one's, or behind it. */
START_TEST(cookie_of_another_machine_proves)
{
	rnd_seed(32);
	for (int i = 0; i < ROUNDS; i++) {
		struct shake s = random_shake(i & 1, i & 2), other = s;
		uint32_t apart = rnd_below(10000), boots = rnd32() & ~255U;

		other.keys.ahead_ms = 5000;
		other.keys.clock_off_ms += boots;
		other.now_ms = s.now_ms - boots + 5000 - apart;
		ck_assert(proves_at(&other, other.now_ms + 512));
	}
}
END_TEST

START_TEST(cookie_from_further_ahead_proves_nothing)
{
	rnd_seed(33);
	for (int i = 0; i < ROUNDS; i++) {
		struct shake s = random_shake(true, i & 2);

		s.keys.ahead_ms = 5000;
		ck_assert(proves_at(&s, s.cookie.mint_ms - 5000));
		ck_assert(!proves_at(&s, s.cookie.mint_ms - 5001));
	}
}
END_TEST

/* Clocks to start from; the last ones wrap within a lifetime. */
static const uint32_t clocks[] = {
	0,	    1,		255,	    256,	32767,
	32768,	    123456789,	0x7fffffff, 0x80000000, 0xffff0000,
	0xffff8000, 0xfffffeff, 0xffffff00, 0xfffffffe, 0xffffffff,
};

#define CLOCKS_NR	(sizeof(clocks) / sizeof(*clocks))

START_TEST(ts_cookie_expires_exactly_at_its_lifetime)
{
	rnd_seed(64000);
	for (int i = 0; i < ROUNDS; i++) {
		struct shake s = random_shake(true, i & 1);
		uint32_t end;

		s.now_ms = clocks[i % CLOCKS_NR];
		s.keys.clock_off_ms = 0;
		cookie_mint(&s.cookie, &s.id, &s.keys, s.now_ms);
		end = s.cookie.mint_ms + HF_COOKIE_LIFETIME_MS;
		ck_assert(proves_at(&s, s.now_ms));
		ck_assert(proves_at(&s, end - 1));
		ck_assert(proves_at(&s, end));
		ck_assert(!proves_at(&s, end + 1));
		ck_assert(!proves_at(&s, end + 0x7fffffff));
		ck_assert(!proves_at(&s, s.cookie.mint_ms - 1));
	}
}
END_TEST

START_TEST(no_ts_cookie_expires_with_the_second_next_epoch)
{
	rnd_seed(32768);
	for (int i = 0; i < ROUNDS; i++) {
		struct shake s = random_shake(false, i & 1);
		uint32_t end, lived;

		s.now_ms = clocks[i % CLOCKS_NR] +
			   (i & 4 ? rnd_below(70000) : 0);
		s.keys.clock_off_ms = 0;
		cookie_mint(&s.cookie, &s.id, &s.keys, s.now_ms);
		end = (s.now_ms & ~(EPOCH_MS - 1)) + 2 * EPOCH_MS;
		lived = end - s.now_ms;
		ck_assert_uint_gt(lived, 32000);
		ck_assert_uint_lt(lived, 66000);
		ck_assert(proves_at(&s, s.now_ms));
		ck_assert(proves_at(&s, s.now_ms + 32000));
		ck_assert(proves_at(&s, end - 1));
		ck_assert(!proves_at(&s, end));
		ck_assert(!proves_at(&s, end + EPOCH_MS));
		ck_assert(!proves_at(&s, end + 0x7fffffff));
	}
}
END_TEST

START_TEST(s35_mss_is_rounded_down_to_its_class_only)
{
	for (int ts = 0; ts < 2; ts++) {
		const __u16 *table = ts ? cookie_mss_ts : cookie_mss_no_ts;
		int nr = ts ? COOKIE_MSS_TS_NR : COOKIE_MSS_NO_TS_NR;

		for (uint32_t mss = 0; mss < 65536; mss++) {
			struct cookie c = { .options = ts ? HF_OPT_TS : 0 };
			int class = cookie_mss_class(mss, ts);

			ck_assert_int_lt(class, nr);
			if (mss < table[0]) {
				ck_assert_int_eq(class, -1);
				continue;
			}
			ck_assert_int_ge(class, 0);
			c.mss_class = class;
			ck_assert_uint_le(cookie_mss(&c), mss);
			if (class + 1 < nr)
				ck_assert_uint_gt(table[class + 1], mss);
		}
	}
}
END_TEST

START_TEST(s35_usual_mss_values_are_classes_of_their_own)
{
	static const uint16_t usual[] = {
		536, 1220, 1440, 1460, 1300, 1360, 1400, 8940,
	};

	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
		struct cookie c = { .options = 0 };

		c.mss_class = cookie_mss_class(usual[i], false);
		ck_assert_uint_eq(cookie_mss(&c), usual[i]);
		c.options = HF_OPT_TS;
		c.mss_class = cookie_mss_class(usual[i], true);
		ck_assert_uint_eq(cookie_mss(&c), usual[i]);
	}
}
END_TEST

START_TEST(s27_replay_is_the_same_handshake_or_an_older_one)
{
	struct cookie c = { .mint_ms = 4096, .options = HF_OPT_TS };

	ck_assert(cookie_is_replay(&c, 5, 5, 4096));
	ck_assert(cookie_is_replay(&c, 5, 5, 3000));
	ck_assert(cookie_is_replay(&c, 5, 4, 4096 + 256));
	ck_assert(cookie_is_replay(&c, 4, 5, 4096 + 255));
	ck_assert(!cookie_is_replay(&c, 6, 5, 4096 + 255));
	ck_assert(!cookie_is_replay(&c, 4, 5, 4095));
}
END_TEST

START_TEST(s27_replay_is_judged_across_both_wraps)
{
	struct cookie c = { .mint_ms = 0 };

	ck_assert(!cookie_is_replay(&c, 1, 2, -EPOCH_MS));
	ck_assert(!cookie_is_replay(&c, 1, 0xffffffff, 0));
	ck_assert(cookie_is_replay(&c, 0xffffffff, 1, 0));
	c.mint_ms = -EPOCH_MS;
	ck_assert(cookie_is_replay(&c, 1, 2, 0));
	ck_assert(!cookie_is_replay(&c, 2, 1, -1U));
}
END_TEST

START_TEST(s10_repeated_syn_same_cookie_within_a_tick)
{
	rnd_seed(100);
	for (int i = 0; i < ROUNDS; i++) {
		struct shake s = random_shake(i & 1, i & 2), again;
		uint32_t tick = i & 1 ? 256 : EPOCH_MS, low, into;

		s.keys.clock_off_ms = 0;
		cookie_mint(&s.cookie, &s.id, &s.keys, s.now_ms);
		low = i & 1 ? s.cookie.mint_ms & 255 : 0;
		into = (s.now_ms - low) % tick;
		again = s;
		cookie_mint(&again.cookie, &again.id, &again.keys,
			    s.now_ms - into + rnd_below(tick));
		ck_same_cookie(&again.cookie, &s.cookie);
	}
}
END_TEST

START_TEST(s10_both_syn_acks_of_a_repeated_syn_prove)
{
	rnd_seed(101);
	for (int i = 0; i < ROUNDS; i++) {
		struct shake s = random_shake(i & 1, i & 2), again = s;
		uint32_t later = s.now_ms + 31000;

		cookie_mint(&again.cookie, &again.id, &again.keys, later);
		ck_assert(proves_at(&s, later));
		ck_assert(proves_at(&again, later));
	}
}
END_TEST

START_TEST(s26_next_tick_next_sequence_number)
{
	rnd_seed(26);
	for (int i = 0; i < ROUNDS; i++) {
		struct shake s = random_shake(i & 1, i & 2), next = s;

		cookie_mint(&next.cookie, &next.id, &next.keys,
			    s.now_ms + (i & 1 ? 256 : EPOCH_MS));
		ck_assert_uint_ne(next.cookie.iss, s.cookie.iss);
	}
}
END_TEST

START_TEST(s3_s13_other_tuple_other_sequence_number)
{
	rnd_seed(313);
	for (int i = 0; i < 200; i++) {
		struct shake s = random_shake(i & 1, i & 2);
		unsigned int bits = (i & 2 ? 32 : 8) * 8;

		for (unsigned int bit = 0; bit < bits + 64; bit++) {
			struct shake other = s;

			if (bit < bits)
				flip(other.id.addr, bit);
			else
				flip(&other.id.ports_irs, bit - bits);
			cookie_mint(&other.cookie, &other.id, &other.keys,
				    s.now_ms);
			ck_assert_uint_ne(other.cookie.iss, s.cookie.iss);
		}
	}
}
END_TEST

/*
 * Counters instead of random tuples: consecutive ports and ISNs, one key. Each
 * byte of the MAC must be near uniform: chi square with 255 degrees of freedom
 * has mean 255 and deviation 22.6.
 */
static void check_uniform(bool ts, unsigned int shift)
{
	struct shake s = random_shake(ts, false);
	double expect = 65536 / 256.0, chi = 0;
	unsigned int seen[256] = { 0 };

	for (uint32_t i = 0; i < 65536; i++) {
		s.id.ports_irs = (uint64_t)(1024 + (i >> 4)) << 48 | i;
		cookie_mint(&s.cookie, &s.id, &s.keys, s.now_ms);
		seen[s.cookie.iss >> shift & 0xff]++;
	}
	for (int i = 0; i < 256; i++)
		chi += (seen[i] - expect) * (seen[i] - expect) / expect;
	ck_assert_double_gt(chi, 255 - 5 * 22.6);
	ck_assert_double_lt(chi, 255 + 5 * 22.6);
}

START_TEST(s3_s25_mac_bits_look_random)
{
	rnd_seed(6528);
	for (unsigned int shift = 2; shift <= 24; shift += 2)
		check_uniform(true, shift);
	for (unsigned int shift = 9; shift <= 24; shift += 3)
		check_uniform(false, shift);
}
END_TEST

/* One input bit flipped: each MAC bit flips about every second time. */
START_TEST(s25_one_input_bit_changes_half_of_the_mac_bits)
{
	unsigned int flips = 0, total = 0;

	rnd_seed(25);
	for (int i = 0; i < 2000; i++) {
		struct shake s = random_shake(true, false), other = s;

		flip(&other.id.ports_irs, rnd_below(64));
		cookie_mint(&other.cookie, &other.id, &other.keys, s.now_ms);
		flips += __builtin_popcount((s.cookie.iss ^ other.cookie.iss) >>
					    2);
		total += 30;
	}
	ck_assert_uint_gt(flips, total * 49 / 100);
	ck_assert_uint_lt(flips, total * 51 / 100);
}
END_TEST

TEST_MAIN("cookie", s2_s12_minted_cookie_reads_back_and_proves,
	  s2_ack_off_by_one_to_three_proves_nothing,
	  s2_no_ts_ack_off_by_one_to_three_proves_nothing,
	  s2_s13_ts_any_flipped_bit_proves_nothing,
	  s2_s13_no_ts_any_flipped_bit_proves_nothing,
	  strong_cookie_reads_back_and_proves,
	  strong_any_flipped_bit_proves_nothing,
	  strong_cookie_grants_no_more_than_was_offered,
	  ip_version_is_under_the_mac,
	  cookie_of_one_layout_proves_nothing_in_the_other,
	  s31_timestamp_is_never_ahead_and_at_most_511_ms_behind,
	  s28_s31_offset_is_constant_for_an_address_pair,
	  s28_tsval_of_the_same_options_never_goes_back,
	  tsval_steps_forward_with_the_next_keys,
	  cookie_of_another_machine_proves,
	  cookie_from_further_ahead_proves_nothing,
	  ts_cookie_expires_exactly_at_its_lifetime,
	  no_ts_cookie_expires_with_the_second_next_epoch,
	  s35_mss_is_rounded_down_to_its_class_only,
	  s35_usual_mss_values_are_classes_of_their_own,
	  s27_replay_is_the_same_handshake_or_an_older_one,
	  s27_replay_is_judged_across_both_wraps,
	  s10_repeated_syn_same_cookie_within_a_tick,
	  s10_both_syn_acks_of_a_repeated_syn_prove,
	  s26_next_tick_next_sequence_number,
	  s3_s13_other_tuple_other_sequence_number, s3_s25_mac_bits_look_random,
	  s25_one_input_bit_changes_half_of_the_mac_bits)
