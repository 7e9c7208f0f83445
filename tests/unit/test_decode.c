// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The decoder written from the drawing agrees with what the code mints. */
#include <stdio.h>
#include <unistd.h>

#include "run.h"
#include "native.h"

#define LINES	2000

/* Everything that one run of the decoder shares. */
struct batch {
	struct hf_keys keys;
	uint32_t now_ms;
	uint8_t terms;
	struct cookie_id id[LINES];
	struct cookie cookie[LINES];
	uint32_t age_ms[LINES];
};

static struct batch batch;

/* Minted up to `age` ms before now. */
static void mint(int i, bool ts, bool ipv6, uint32_t age)
{
	struct cookie *c = &batch.cookie[i];
	struct cookie_id *id = &batch.id[i];

	memset(c, 0, sizeof(*c));
	memset(id, 0, sizeof(*id));
	rnd_fill(id->addr, ipv6 ? 32 : 8);
	id->ipv6 = ipv6;
	id->ports_irs = rnd64();
	c->terms = batch.terms;
	c->mss_class = rnd_below(ts ? 16 : 8);
	c->wscale = rnd_below(16);
	c->options = rnd32() & HF_OPT_SACK;
	if (c->wscale != HF_WSCALE_NONE)
		c->options |= HF_OPT_WSCALE;
	if (ts)
		c->options |= HF_OPT_TS | (rnd32() & HF_OPT_ECN);
	if (!ts && rnd32() & 1)
		cookie_strengthen(c);
	cookie_mint(c, id, &batch.keys, batch.now_ms - age);
	batch.age_ms[i] = batch.now_ms - c->mint_ms;
}

static void address_text(char *to, uint64_t high, uint64_t low, bool ipv6)
{
	uint8_t byte[16];

	for (int i = 0; i < 8; i++) {
		byte[i] = high >> (56 - 8 * i);
		byte[8 + i] = low >> (56 - 8 * i);
	}
	inet_ntop(ipv6 ? AF_INET6 : AF_INET, byte, to, INET6_ADDRSTRLEN);
}

static void write_line(FILE *to, int i, uint32_t iss_flip)
{
	char client[INET6_ADDRSTRLEN], server[INET6_ADDRSTRLEN];
	const struct cookie_id *id = &batch.id[i];
	const struct cookie *c = &batch.cookie[i];

	if (id->ipv6) {
		address_text(client, id->addr[0], id->addr[1], true);
		address_text(server, id->addr[2], id->addr[3], true);
	} else {
		address_text(client, id->addr[0], 0, false);
		address_text(server, id->addr[0] << 32, 0, false);
	}
	fprintf(to, "%s %u %s %u %u %u ", client,
		(unsigned int)(id->ports_irs >> 48), server,
		(unsigned int)(id->ports_irs >> 32) & 0xffff,
		(uint32_t)id->ports_irs, c->iss ^ iss_flip);
	if (c->options & HF_OPT_TS)
		fprintf(to, "%u\n", c->tsval);
	else
		fputs("-\n", to);
}

static void expect_line(char *to, size_t size, int i)
{
	const struct cookie *c = &batch.cookie[i];
	char wscale[8] = "none";

	if (c->wscale != HF_WSCALE_NONE)
		snprintf(wscale, sizeof(wscale), "%u", c->wscale);
	snprintf(to, size,
		 "mac=ok layout=%s age_ms=%u mss=%u wscale=%s sack=%d ecn=%d\n",
		 c->options & HF_OPT_TS ? "ts"
		 : c->strong		? "strong"
					: "no-ts",
		 batch.age_ms[i], cookie_mss(c), wscale,
		 !!(c->options & HF_OPT_SACK), !!(c->options & HF_OPT_ECN));
}

static void hex_key(char to[33], const struct hf_siphash_key *key)
{
	const uint8_t *byte = (const uint8_t *)key;

	for (int i = 0; i < 16; i++)
		sprintf(to + 2 * i, "%02x", byte[i]);
}

/* Start the decoder on the batch's lines. */
static FILE *decode_open(char file[], uint32_t iss_flip)
{
	char key[33], offset_key[33], command[512];
	int fd = mkstemp(file);
	FILE *lines = fdopen(fd, "w");

	ck_assert_ptr_nonnull(lines);
	for (int i = 0; i < LINES; i++)
		write_line(lines, i, iss_flip);
	fclose(lines);
	hex_key(key, &batch.keys.cookie);
	hex_key(offset_key, &batch.keys.offset);
	snprintf(
		command, sizeof(command),
		"%s --key %s --offset-key %s --turn %u --terms %u --now %u <%s",
		DECODE, key, offset_key, batch.keys.turn, batch.terms,
		batch.now_ms, file);
	return popen(command, "r");
}

static void batch_make(uint32_t age_max)
{
	rnd_fill(&batch.keys, sizeof(batch.keys));
	batch.now_ms = rnd32();
	batch.terms = rnd_below(256);
	batch.keys.clock_off_ms = batch.keys.ahead_ms = 0;
	for (int i = 0; i < LINES; i++)
		mint(i, i & 1, i & 2, rnd_below(age_max));
}

START_TEST(decoder_reads_every_cookie_as_it_was_minted)
{
	char file[] = "/tmp/decode-XXXXXX", line[256], want[256];
	FILE *out;

	rnd_seed(100 + _i);
	batch_make(32000);
	out = decode_open(file, 0);
	for (int i = 0; i < LINES; i++) {
		ck_assert_ptr_nonnull(fgets(line, sizeof(line), out));
		expect_line(want, sizeof(want), i);
		ck_assert_str_eq(line, want);
	}
	ck_assert_int_eq(pclose(out), 0);
	unlink(file);
}
END_TEST

START_TEST(decoder_sees_a_damaged_cookie)
{
	char file[] = "/tmp/decode-XXXXXX", line[256];
	FILE *out;

	rnd_seed(200 + _i);
	batch_make(1);
	out = decode_open(file, 1U << _i);
	for (int i = 0; i < LINES; i++) {
		ck_assert_ptr_nonnull(fgets(line, sizeof(line), out));
		ck_assert_msg(!strncmp(line, "mac=bad ", 8), "bit %d: %s", _i,
			      line);
	}
	ck_assert_int_eq(pclose(out), 0);
	unlink(file);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("decode");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, decoder_reads_every_cookie_as_it_was_minted,
			    0, 8);
	tcase_add_loop_test(tcase, decoder_sees_a_damaged_cookie, 0, 32);
	return test_run("decode", tcase);
}
