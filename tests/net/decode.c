// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Decode SYN-ACK cookies, by the drawing in bpf/open/cookie.bpf.h and nothing else.
 *
 *   decode [-4|-6] --key HEX32 --offset-key HEX32 --turn N --terms N --now MS
 *
 * reads lines `client cport server sport irs iss tsval|-` and prints for each
 *
 *   mac=ok|bad layout=ts|no-ts|strong age_ms=N mss=N wscale=N|none sack=0|1 ecn=0|1
 *
 * Keys are the 16 bytes as they lie in the map, --terms what the service grants as
 * meta has it, on a machine that shares its keys with none; --now is the data plane's clock
 * when the SYN-ACK was sent, or at most a lifetime later. -4 or -6 refuses
 * lines of the other IP version. Exit 0, 1 (a line is wrong), 2 (usage).
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX	6
#define SCALING_OFF	15

struct key {
	uint8_t byte[16];
};

struct settings {
	struct key key, offset_key;
	uint32_t now_ms;
	uint32_t turn, terms;
	int family;		/* 0: either */
};

/* One line of input. */
struct answer {
	bool ipv6, has_ts;
	uint8_t client[16], server[16];
	uint16_t client_port, server_port;
	uint32_t irs, iss, tsval;
};

/* What the cookie says. */
struct reading {
	uint32_t time;		/* TS, or the number of the epoch */
	uint32_t age_ms;
	unsigned int mss_class, wscale;
	bool sack, ecn, strong;
};

static const uint16_t mss_of_ts[16] = {
	536, 966, 1220, 1260, 1300, 1330, 1360, 1380,
	1400, 1420, 1440, 1452, 1460, 4036, 8940, 8960,
};

static const uint16_t mss_of_no_ts[8] = {
	536, 1220, 1300, 1360, 1400, 1440, 1460, 8940,
};

static uint64_t load_le(const uint8_t *byte)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value |= (uint64_t)byte[i] << 8 * i;
	return value;
}

static uint64_t load_be(const uint8_t *byte, int bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | *byte++;
	return value;
}

static uint64_t turn(uint64_t x, int left)
{
	return x << left | x >> (64 - left);
}

static void sip_rounds(uint64_t v[4], int rounds)
{
	while (rounds--) {
		v[0] += v[1];
		v[1] = turn(v[1], 13) ^ v[0];
		v[2] += v[3];
		v[3] = turn(v[3], 16) ^ v[2];
		v[0] = turn(v[0], 32) + v[3];
		v[3] = turn(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = turn(v[1], 17) ^ v[2];
		v[2] = turn(v[2], 32);
	}
}

/* Two rounds a word. */
static void sip_absorb(uint64_t v[4], const uint64_t *word, int words)
{
	for (int i = 0; i < words; i++) {
		v[3] ^= word[i];
		sip_rounds(v, 2);
		v[0] ^= word[i];
	}
}

static void sip_begin(uint64_t v[4], const struct key *key,
		      const uint64_t *word, int words)
{
	static const char init[33] = "uespemosmodnarodarenegylsetybdet";

	for (int i = 0; i < 4; i++)
		v[i] = load_le((const uint8_t *)init + 8 * i) ^
		       load_le(key->byte + (i & 1) * 8);
	sip_absorb(v, word, words);
}

static uint64_t sip_end(uint64_t v[4], uint8_t constant, int rounds)
{
	v[2] ^= constant;
	sip_rounds(v, rounds);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* SipHash-2-4 of whole words and a number of fewer bytes. */
static uint64_t sip(const struct key *key, const uint64_t *word, int words,
		    uint64_t rest, int rest_bytes)
{
	uint64_t end = (words * 8ULL + rest_bytes) << 56 | rest, v[4];

	sip_begin(v, key, word, words);
	sip_absorb(v, &end, 1);
	return sip_end(v, 0xff, 4);
}

static int address_words(const struct answer *a, uint64_t *word)
{
	if (!a->ipv6) {
		word[0] = load_be(a->client, 4) << 32 | load_be(a->server, 4);
		return 1;
	}
	word[0] = load_be(a->client, 8);
	word[1] = load_be(a->client + 8, 8);
	word[2] = load_be(a->server, 8);
	word[3] = load_be(a->server + 8, 8);
	return 4;
}

static uint32_t offset_of(const struct settings *set, const struct answer *a)
{
	uint64_t word[WORDS_MAX];
	uint64_t v[4];

	sip_begin(v, &set->key, word, address_words(a, word));
	v[0] ^= load_le(set->offset_key.byte);
	v[1] ^= load_le(set->offset_key.byte + 8);
	return set->turn << 30 | (sip_end(v, 0xdd, 3) & 0x3fffffff);
}

static struct reading read_ts(const struct settings *set,
			      const struct answer *a)
{
	uint32_t ts = a->tsval - offset_of(set, a);
	struct reading r = {
		.time = ts,
		.age_ms = set->now_ms - ts,
		.mss_class = ts >> 4 & 15,
		.wscale = ts & 15,
		.sack = a->iss & 1,
		.ecn = a->iss >> 1 & 1,
	};

	return r;
}

static struct reading read_no_ts(const struct settings *set,
				 const struct answer *a)
{
	uint32_t epoch = set->now_ms >> 15;
	struct reading r = {
		.mss_class = a->iss >> 5 & 7,
		.wscale = a->iss & 15,
		.sack = a->iss >> 4 & 1,
	};

	r.time = (epoch & 1) == (a->iss >> 8 & 1) ? epoch : epoch - 1;
	r.age_ms = set->now_ms - (r.time << 15);
	return r;
}

static struct reading read_strong(const struct settings *set,
				  const struct answer *a)
{
	static const unsigned int classes[4] = { 0, 1, 3, 5 };
	static const unsigned int scales[4] = { SCALING_OFF, SCALING_OFF, 2,
						7 };
	uint32_t epoch = set->now_ms >> 15;
	struct reading r = {
		.mss_class = classes[a->iss >> 2 & 3],
		.wscale = scales[a->iss & 3],
		.sack = a->iss & 3,
		.strong = true,
	};

	r.time = (epoch & 1) == (a->iss >> 4 & 1) ? epoch : epoch - 1;
	r.age_ms = set->now_ms - (r.time << 15);
	return r;
}

static uint64_t mac_of(const struct settings *set, const struct answer *a,
		       const struct reading *r)
{
	uint32_t meta = set->terms << 16 | (uint32_t)a->ipv6 << 15 |
			(uint32_t)a->has_ts << 14 | (uint32_t)r->strong << 13 |
			(uint32_t)r->ecn << 9 | (uint32_t)r->sack << 8 |
			r->mss_class << 4 | r->wscale;
	uint64_t word[WORDS_MAX];
	int words = address_words(a, word);

	word[words++] = (uint64_t)a->client_port << 48 |
			(uint64_t)a->server_port << 32 | a->irs;
	return sip(&set->key, word, words, (uint64_t)r->time << 24 | meta, 7);
}

/* In the layout that it has, if it is good in any. */
static bool read_answer(const struct settings *set, const struct answer *a,
			struct reading *r)
{
	if (a->has_ts) {
		*r = read_ts(set, a);
		return mac_of(set, a, r) >> 34 == a->iss >> 2;
	}
	*r = read_strong(set, a);
	if (mac_of(set, a, r) >> 37 == a->iss >> 5)
		return true;
	*r = read_no_ts(set, a);
	return mac_of(set, a, r) >> 41 == a->iss >> 9;
}

static void print_answer(const struct settings *set, const struct answer *a)
{
	struct reading r;
	bool ok = read_answer(set, a, &r);
	char wscale[16] = "none";

	if (r.wscale != SCALING_OFF)
		snprintf(wscale, sizeof(wscale), "%u", r.wscale);
	printf("mac=%s layout=%s age_ms=%" PRIu32
	       " mss=%u wscale=%s sack=%d ecn=%d\n",
	       ok ? "ok" : "bad",
	       a->has_ts  ? "ts"
	       : r.strong ? "strong"
			  : "no-ts",
	       r.age_ms,
	       a->has_ts ? mss_of_ts[r.mss_class] : mss_of_no_ts[r.mss_class],
	       wscale, r.sack, r.ecn);
}

static bool parse_number(const char *text, uint64_t most, uint64_t *value)
{
	char *end;

	*value = strtoull(text, &end, 0);
	return *text && *text != '-' && !*end && *value <= most;
}

static bool parse_address(const char *text, bool *ipv6, uint8_t to[16])
{
	*ipv6 = strchr(text, ':');
	return inet_pton(*ipv6 ? AF_INET6 : AF_INET, text, to) == 1;
}

static bool parse_line(const struct settings *set, const char *line,
		       struct answer *a)
{
	char client[64], cport[16], server[64], sport[16], irs[16], iss[16];
	uint64_t cp, sp, x, y, ts = 0;
	char tsval[16];
	bool ipv6;

	if (sscanf(line, "%63s %15s %63s %15s %15s %15s %15s", client, cport,
		   server, sport, irs, iss, tsval) != 7)
		return false;
	if (!parse_address(client, &a->ipv6, a->client) ||
	    !parse_address(server, &ipv6, a->server) || ipv6 != a->ipv6)
		return false;
	if (set->family && ipv6 != (set->family == 6))
		return false;
	a->has_ts = strcmp(tsval, "-");
	if (!parse_number(cport, 65535, &cp) ||
	    !parse_number(sport, 65535, &sp) ||
	    !parse_number(irs, UINT32_MAX, &x) ||
	    !parse_number(iss, UINT32_MAX, &y) ||
	    (a->has_ts && !parse_number(tsval, UINT32_MAX, &ts)))
		return false;
	a->client_port = cp;
	a->server_port = sp;
	a->irs = x;
	a->iss = y;
	a->tsval = ts;
	return true;
}

static bool parse_key(const char *hex, struct key *key)
{
	unsigned int byte;

	if (strlen(hex) != 32 || strspn(hex, "0123456789abcdefABCDEF") != 32)
		return false;
	for (int i = 0; i < 16; i++) {
		sscanf(hex + 2 * i, "%2x", &byte);
		key->byte[i] = byte;
	}
	return true;
}

static int usage(void)
{
	fputs("usage: decode [-4|-6] --key HEX32 --offset-key HEX32 "
	      "--turn N --terms N --now MS\n",
	      stderr);
	return 2;
}

#define HAVE_ALL	0x1f	/* one bit an option that must be there */

static bool parse_options(int argc, char **argv, struct settings *set)
{
	static const struct option options[] = {
		{ "key", required_argument, NULL, 'k' },
		{ "offset-key", required_argument, NULL, 'o' },
		{ "turn", required_argument, NULL, 'r' },
		{ "terms", required_argument, NULL, 't' },
		{ "now", required_argument, NULL, 'n' },
		{ 0 },
	};
	unsigned int have = 0;
	uint64_t value = 0;
	bool ok = true;
	int c;

	while (ok && (c = getopt_long(argc, argv, "46", options, NULL)) != -1) {
		if (c == '4' || c == '6') {
			set->family = c - '0';
		} else if (c == 'k') {
			ok = parse_key(optarg, &set->key);
			have |= 1;
		} else if (c == 'o') {
			ok = parse_key(optarg, &set->offset_key);
			have |= 2;
		} else if (c == 'r') {
			ok = parse_number(optarg, UINT32_MAX, &value);
			set->turn = value;
			have |= 16;
		} else if (c == 't') {
			ok = parse_number(optarg, 255, &value);
			set->terms = value;
			have |= 4;
		} else if (c == 'n') {
			ok = parse_number(optarg, UINT32_MAX, &value);
			set->now_ms = value;
			have |= 8;
		} else {
			ok = false;
		}
	}
	return ok && have == HAVE_ALL && optind == argc;
}

int main(int argc, char **argv)
{
	struct settings set = { 0 };
	char line[512];
	int failed = 0;

	if (!parse_options(argc, argv, &set))
		return usage();
	while (fgets(line, sizeof(line), stdin)) {
		struct answer a = { 0 };

		if (parse_line(&set, line, &a)) {
			print_answer(&set, &a);
			continue;
		}
		fprintf(stderr, "decode: not an answer: %s", line);
		failed = 1;
	}
	return failed;
}
