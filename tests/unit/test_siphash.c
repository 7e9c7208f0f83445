// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* SipHash against the published vectors and against the paper, byte by byte. */
#include "run.h"
#include "native.h"

#define BYTES_MAX	64

static uint64_t ref_rol(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

/* Figure 2.1 of the paper. */
static void ref_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = ref_rol(v[1], 13);
	v[3] = ref_rol(v[3], 16);
	v[1] ^= v[0];
	v[3] ^= v[2];
	v[0] = ref_rol(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = ref_rol(v[1], 17);
	v[3] = ref_rol(v[3], 21);
	v[1] ^= v[2];
	v[3] ^= v[0];
	v[2] = ref_rol(v[2], 32);
}

static uint64_t ref_le64(const uint8_t *byte)
{
	uint64_t word = 0;

	for (int i = 7; i >= 0; i--)
		word = word << 8 | byte[i];
	return word;
}

/* SipHash-c-d of any number of bytes, section 2. */
static uint64_t ref_siphash(int c, int d, const uint8_t key[16],
			    const uint8_t *msg, size_t len)
{
	uint64_t k0 = ref_le64(key), k1 = ref_le64(key + 8);
	uint64_t v[4] = {
		k0 ^ 0x736f6d6570736575ULL,
		k1 ^ 0x646f72616e646f6dULL,
		k0 ^ 0x6c7967656e657261ULL,
		k1 ^ 0x7465646279746573ULL,
	};
	uint8_t block[8];
	uint64_t m;

	for (size_t at = 0; at <= len; at += 8) {
		size_t left = len - at < 8 ? len - at : 8;

		memset(block, 0, sizeof(block));
		memcpy(block, msg + at, left);
		if (left < 8)
			block[7] = len;
		m = ref_le64(block);
		v[3] ^= m;
		for (int i = 0; i < c; i++)
			ref_round(v);
		v[0] ^= m;
	}
	v[2] ^= 0xff;
	for (int i = 0; i < d; i++)
		ref_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* The state when all whole words of the message are absorbed; how many bytes. */
static size_t our_begin(struct siphash *s, const uint8_t key[16],
			const uint8_t *msg, size_t len)
{
	struct hf_siphash_key k = { ref_le64(key), ref_le64(key + 8) };
	size_t at = 0;

	siphash_init(s, &k);
	for (; len - at >= 8; at += 8)
		siphash_word2(s, ref_le64(msg + at));
	return at;
}

static uint64_t our_siphash(const uint8_t key[16], const uint8_t *msg,
			    size_t len)
{
	uint8_t tail[8] = { 0 };
	struct siphash s;
	size_t at = our_begin(&s, key, msg, len);

	memcpy(tail, msg + at, len - at);
	return siphash_end24(&s, len, ref_le64(tail));
}

/* vectors_sip64 of the authors' code, key 00..0f, message 00, 01, 02 ... */
static const struct vector {
	size_t bytes;
	uint64_t hash;
} vectors[] = {
	{ 0, 0x726fdb47dd0e0e31ULL },  { 8, 0x93f5f5799a932462ULL },
	{ 15, 0xa129ca6149be45e5ULL },	/* appendix A of the paper */
	{ 16, 0x3f2acc7f57c29bdbULL }, { 24, 0xb8ad50c6f649af94ULL },
	{ 32, 0x7127512f72f27cceULL }, { 40, 0x0e3ea96b5304a7d0ULL },
	{ 48, 0xe612a3cb9ecba951ULL }, { 56, 0xb78dbfaf3a8d83bdULL },
};

#define VECTORS_NR	(sizeof(vectors) / sizeof(*vectors))

static void vector_input(uint8_t key[16], uint8_t msg[64])
{
	for (int i = 0; i < 16; i++)
		key[i] = i;
	for (int i = 0; i < 64; i++)
		msg[i] = i;
}

START_TEST(reference_gives_the_published_vectors)
{
	uint8_t key[16], msg[64];

	vector_input(key, msg);
	for (size_t i = 0; i < VECTORS_NR; i++)
		ck_assert_uint_eq(ref_siphash(2, 4, key, msg, vectors[i].bytes),
				  vectors[i].hash);
}
END_TEST

START_TEST(siphash24_gives_the_published_vectors)
{
	uint8_t key[16], msg[64];

	vector_input(key, msg);
	for (size_t i = 0; i < VECTORS_NR; i++)
		ck_assert_uint_eq(our_siphash(key, msg, vectors[i].bytes),
				  vectors[i].hash);
}
END_TEST

START_TEST(siphash24_equals_reference_on_random_input)
{
	uint8_t key[16], msg[BYTES_MAX];

	rnd_seed(24);
	for (int i = 0; i < 100000; i++) {
		size_t len = i % (BYTES_MAX + 1);

		rnd_fill(key, sizeof(key));
		rnd_fill(msg, sizeof(msg));
		ck_assert_uint_eq(our_siphash(key, msg, len),
				  ref_siphash(2, 4, key, msg, len));
	}
}
END_TEST

/* What branches off does not move when one bit of the rest does, and is another one
 * than the hash of what was absorbed. */
START_TEST(branch_is_a_hash_of_its_own)
{
	struct hf_siphash_key other = {};
	uint8_t key[16], msg[16];
	struct siphash s, end;
	uint64_t branch;

	rnd_seed(33);
	for (int i = 0; i < 1000; i++) {
		rnd_fill(key, sizeof(key));
		rnd_fill(msg, sizeof(msg));
		our_begin(&s, key, msg, 16);
		end = s;
		branch = siphash_branch3(&s, &other);
		ck_assert_uint_ne(branch, siphash_end24(&end, 16, 0));
		msg[i % 16] ^= 1 << i % 8;
		our_begin(&s, key, msg, 16);
		ck_assert_int_ge(__builtin_popcountll(
					 branch ^ siphash_branch3(&s, &other)),
				 10);
		msg[i % 16] ^= 1 << i % 8;
		other.k0 ^= 1ULL << i % 64;
		our_begin(&s, key, msg, 16);
		ck_assert_int_ge(__builtin_popcountll(
					 branch ^ siphash_branch3(&s, &other)),
				 10);
		other.k0 = 0;
	}
}
END_TEST

TEST_MAIN("siphash", reference_gives_the_published_vectors,
	  siphash24_gives_the_published_vectors,
	  siphash24_equals_reference_on_random_input,
	  branch_is_a_hash_of_its_own)
