// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The Internet checksum on words against RFC 1071, 16 bits at a time. */
#include "run.h"
#include "native.h"

/* RFC 1071 section 4.1, on bytes in network order; not complemented. */
static uint16_t ref_sum(const uint8_t *byte, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++) {
		sum += i & 1 ? byte[i] : byte[i] << 8;
		if (sum > 0xffff)
			sum = (sum & 0xffff) + 1;
	}
	return sum;
}

/* Ours, brought to the integer that the bytes spell. */
static uint16_t our_sum(const uint8_t *byte, int words)
{
	__be32 word[16];

	memcpy(word, byte, words * 4);
	return ntohs(csum_fold16(csum_words(word, words)));
}

START_TEST(rfc1071_section_3_example)
{
	static const uint8_t data[] = {
		0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7,
	};

	ck_assert_uint_eq(our_sum(data, 2), 0xddf2);
	ck_assert_uint_eq(ref_sum(data, sizeof(data)), 0xddf2);
}
END_TEST

START_TEST(ip_header_of_a_real_packet_verifies)
{
	static const uint8_t header[] = {
		0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
		0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7,
	};

	ck_assert_uint_eq(our_sum(header, 5), 0xffff);
}
END_TEST

START_TEST(fold_carries_until_none_is_left)
{
	ck_assert_uint_eq(csum_fold16(0), 0);
	ck_assert_uint_eq(csum_fold16(0xffff), 0xffff);
	ck_assert_uint_eq(csum_fold16(0x10000), 1);
	ck_assert_uint_eq(csum_fold16(0x1fffe), 0xffff);
	ck_assert_uint_eq(csum_fold16(0x1ffff), 1);
	ck_assert_uint_eq(csum_fold16(0xffffffff), 0xffff);
	ck_assert_uint_eq(csum_fold16(0x100000000ULL), 1);
	ck_assert_uint_eq(csum_fold16(0x1fffeffffULL), 0xffff);
	ck_assert_uint_eq(csum_fold16(0xffffffff00000000ULL), 0xffff);
	ck_assert_uint_eq(csum_fold16(~0ULL), 0xffff);
	ck_assert_uint_eq(csum_fold16(0xfffffffffffffffeULL), 0xfffe);
}
END_TEST

START_TEST(fold_is_the_remainder_by_65535)
{
	rnd_seed(71);
	for (int i = 0; i < 1000000; i++) {
		uint64_t sum = rnd64() >> rnd_below(64);
		uint16_t folded = csum_fold16(sum);

		ck_assert_uint_eq(folded % 65535, sum % 65535);
		ck_assert(folded || !sum);
	}
}
END_TEST

START_TEST(words_equal_reference_on_random_input)
{
	uint8_t data[64];

	rnd_seed(1071);
	for (int i = 0; i < 200000; i++) {
		int words = i % 17;

		rnd_fill(data, sizeof(data));
		if (i % 3 == 0)
			memset(data, 0xff, rnd_below(65));
		ck_assert_uint_eq(our_sum(data, words),
				  ref_sum(data, words * 4));
	}
}
END_TEST

/* A datagram of any length, padded with zero to a word, sums the same. */
START_TEST(odd_length_padded_with_zero_equals_reference)
{
	uint8_t data[64];

	rnd_seed(1072);
	for (int i = 0; i < 100000; i++) {
		int len = i % 61;

		memset(data, 0, sizeof(data));
		rnd_fill(data, len);
		ck_assert_uint_eq(our_sum(data, (len + 3) / 4),
				  ref_sum(data, len));
	}
}
END_TEST

/* RFC 9293 3.1: addresses, zero, protocol, TCP length. */
START_TEST(pseudo_header_equals_reference)
{
	uint8_t pseudo[40];
	__be32 word[8];
	uint64_t sum;

	rnd_seed(793);
	for (int i = 0; i < 100000; i++) {
		int words = i & 1 ? 8 : 2;
		uint32_t len = rnd_below(65536);
		uint8_t *at = pseudo + words * 4;

		rnd_fill(pseudo, words * 4);
		memcpy(word, pseudo, words * 4);
		memset(at, 0, 8);
		at[2] = len >> 8;
		at[3] = len;
		at[7] = 6;
		sum = csum_pseudo(csum_words(word, words), len);
		ck_assert_uint_eq(ntohs(csum_fold16(sum)),
				  ref_sum(pseudo, words * 4 + 8));
	}
}
END_TEST

TEST_MAIN("checksum", rfc1071_section_3_example,
	  ip_header_of_a_real_packet_verifies, fold_carries_until_none_is_left,
	  fold_is_the_remainder_by_65535, words_equal_reference_on_random_input,
	  odd_length_padded_with_zero_equals_reference,
	  pseudo_header_equals_reference)
