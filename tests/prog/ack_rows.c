// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Third segments, one row each: what opens a connection, what opens nothing. */
#include <string.h>
#include <linux/bpf.h>

#include "shake.h"
#include "suite.h"

#define TS	1
#define NO_TS	2

#define PROFILE_NEW	2
#define RCV_WSCALE_NEW	3

struct ack_row {
	const char *name;
	int layouts;			/* TS, NO_TS, 0 for both */
	void (*edit)(struct shake *t);	/* after the answer, before the ACK */
	uint64_t reason;		/* 0: it is accepted */
};

static void put_tsecr(struct shake *t, int32_t add, uint32_t flip)
{
	uint32_t tsecr;

	memcpy(&tsecr, t->ack.opt + 8, 4);
	tsecr = htonl((ntohl(tsecr) + add) ^ flip);
	memcpy(t->ack.opt + 8, &tsecr, 4);
}

static void unchanged(struct shake *t)
{
	(void)t;
}

static void ack_plus_1(struct shake *t)
{
	t->ack.ack++;
}

static void ack_minus_1(struct shake *t)
{
	t->ack.ack--;
}

static void ack_top_bit(struct shake *t)
{
	t->ack.ack = ((t->ack.ack - 1) ^ 1U << 31) + 1;
}

static void ack_sack_bit(struct shake *t)
{
	t->ack.ack = ((t->ack.ack - 1) ^ 1) + 1;
}

static void ack_ecn_bit(struct shake *t)
{
	t->ack.ack = ((t->ack.ack - 1) ^ 2) + 1;
}

static void ack_mss_bit(struct shake *t)
{
	t->ack.ack = ((t->ack.ack - 1) ^ 1 << 5) + 1;
}

static void seq_plus_1(struct shake *t)
{
	t->ack.seq++;
}

static void seq_minus_1(struct shake *t)
{
	t->ack.seq--;
}

static void other_port(struct shake *t)
{
	t->ack.client_port = CLIENT_PORT + 1;
}

static void other_client(struct shake *t)
{
	memcpy(t->ack.client, t->syn.ip6 ? client6 : client4,
	       t->syn.ip6 ? 16 : 4);
	t->ack.client[3] ^= 4;
}

static void tsecr_plus_1(struct shake *t)
{
	put_tsecr(t, 1, 0);
}

static void tsecr_next_tick(struct shake *t)
{
	put_tsecr(t, 256, 0);
}

static void tsecr_scale_bit(struct shake *t)
{
	put_tsecr(t, 0, 1);
}

static void tsecr_zero(struct shake *t)
{
	memset(t->ack.opt + 8, 0, 4);
}

static void timestamp_lost(struct shake *t)
{
	t->ack.opt_len = 0;
}

static void timestamp_added(struct shake *t)
{
	static const uint8_t ts[12] = { 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8 };

	memcpy(t->ack.opt, ts, 12);
	t->ack.opt_len = 12;
}

static void bad_sum(struct shake *t)
{
	t->ack.sum = SUM_BAD;
}

static void bad_sum_of_payload(struct shake *t)
{
	t->ack.sum = SUM_BAD;
	t->ack.payload = 777;
}

static void bad_sum_of_jumbo_payload(struct shake *t)
{
	t->ack.sum = SUM_BAD;
	t->ack.payload = 3000;
}

/* The answer's mint time, by its cookie. */
static uint32_t mint_ms(const struct shake *t)
{
	struct cookie c;

	ck_assert(shake_decode(&rig, &t->syn, &t->reply, &c));
	return c.mint_ms;
}

static void at_lifetime(struct shake *t)
{
	rig_set_now(&rig, mint_ms(t) + HF_COOKIE_LIFETIME_MS);
}

static void past_lifetime(struct shake *t)
{
	rig_set_now(&rig, mint_ms(t) + HF_COOKIE_LIFETIME_MS + 1);
}

static void last_of_next_epoch(struct shake *t)
{
	rig_set_now(&rig, mint_ms(t) + 65535);
}

static void second_next_epoch(struct shake *t)
{
	rig_set_now(&rig, mint_ms(t) + 65536);
}

static void rotate(uint32_t times, uint32_t valid, uint32_t until_ms)
{
	struct hf_control c = rig_control(&rig);

	while (times--)
		rig_set_keys(&rig, ++c.key_generation);
	c.key_prev_valid = valid;
	c.key_prev_until_ms = until_ms;
	rig_set_control(&rig, &c);
}

static void key_previous(struct shake *t)
{
	(void)t;
	rotate(1, 1, RIG_NOW_MS + 1);
}

static void key_previous_is_over(struct shake *t)
{
	(void)t;
	rotate(1, 1, RIG_NOW_MS);
}

static void key_previous_is_none(struct shake *t)
{
	(void)t;
	rotate(1, 0, RIG_NOW_MS + 1000);
}

static void key_before_previous(struct shake *t)
{
	(void)t;
	rotate(2, 1, RIG_NOW_MS + 1000);
}

static void profile_changes(const struct shake *t, uint8_t prev,
			    uint32_t until_ms)
{
	struct hf_profile p = { .rcv_wscale = RCV_WSCALE_NEW };
	struct hf_service svc = rig_service(&rig, t->syn.ip6);

	rig_set_profile(&rig, PROFILE_NEW, &p);
	svc.profile = PROFILE_NEW;
	svc.profile_prev = prev;
	svc.profile_prev_until_ms = until_ms;
	rig_set_service(&rig, t->syn.ip6, &svc);
}

static void profile_previous(struct shake *t)
{
	profile_changes(t, RIG_PROFILE, RIG_NOW_MS + 1);
}

static void profile_previous_is_over(struct shake *t)
{
	profile_changes(t, RIG_PROFILE, RIG_NOW_MS);
}

static void profile_previous_is_none(struct shake *t)
{
	profile_changes(t, PROFILE_NEW, RIG_NOW_MS + 1000);
}

static void profile_and_key_previous(struct shake *t)
{
	profile_previous(t);
	key_previous(t);
}

static const struct ack_row rows[] = {
	{ "S2 valid", 0, unchanged, 0 },
	{ "last millisecond of the lifetime", TS, at_lifetime, 0 },
	{ "last millisecond of the next epoch", NO_TS, last_of_next_epoch, 0 },
	{ "previous key", 0, key_previous, 0 },
	{ "previous profile", 0, profile_previous, 0 },
	{ "previous key and profile", 0, profile_and_key_previous, 0 },
	{ "S2 ack + 1", 0, ack_plus_1, C(ACK_BAD_MAC) },
	{ "S2 ack - 1", 0, ack_minus_1, C(ACK_BAD_MAC) },
	{ "S2 seq + 1", 0, seq_plus_1, C(ACK_BAD_MAC) },
	{ "S2 seq - 1", 0, seq_minus_1, C(ACK_BAD_MAC) },
	{ "MAC bit", 0, ack_top_bit, C(ACK_BAD_MAC) },
	{ "SACK bit", TS, ack_sack_bit, C(ACK_BAD_MAC) },
	{ "ECN bit", TS, ack_ecn_bit, C(ACK_BAD_MAC) },
	{ "MSS bit", NO_TS, ack_mss_bit, C(ACK_BAD_MAC) },
	{ "S13 other port", 0, other_port, C(ACK_BAD_MAC) },
	{ "S13 other client", 0, other_client, C(ACK_BAD_MAC) },
	{ "TSecr + 1", TS, tsecr_plus_1, C(ACK_BAD_MAC) },
	{ "TSecr + 256", TS, tsecr_next_tick, C(ACK_BAD_MAC) },
	{ "TSecr: scale bit", TS, tsecr_scale_bit, C(ACK_BAD_MAC) },
	{ "TSecr 0", TS, tsecr_zero, C(ACK_BAD_MAC) },
	{ "timestamp lost", TS, timestamp_lost, C(ACK_BAD_MAC) },
	{ "timestamp added", NO_TS, timestamp_added, C(ACK_BAD_MAC) },
	{ "S38 checksum", 0, bad_sum, C(ACK_BAD_SUM) },
	{ "S38 checksum of payload", 0, bad_sum_of_payload, C(ACK_BAD_SUM) },
	{ "S38 checksum of jumbo payload", 0, bad_sum_of_jumbo_payload,
	  C(ACK_BAD_SUM) },
	{ "past its lifetime", TS, past_lifetime, C(ACK_EXPIRED) },
	{ "second next epoch", NO_TS, second_next_epoch, C(ACK_BAD_MAC) },
	{ "previous key is over", 0, key_previous_is_over, C(ACK_BAD_MAC) },
	{ "no previous key", 0, key_previous_is_none, C(ACK_BAD_MAC) },
	{ "key before the previous", 0, key_before_previous, C(ACK_BAD_MAC) },
	{ "previous profile is over", 0, profile_previous_is_over,
	  C(ACK_BAD_MAC) },
	{ "no previous profile", 0, profile_previous_is_none, C(ACK_BAD_MAC) },
};

#define ROWS_NR	((int)(sizeof(rows) / sizeof(*rows)))

static void ck_flow_handshake(const struct shake *t, const struct hf_flow *f,
			      uint32_t now_ms)
{
	bool ts = t->ack.opt_len;

	ck_assert_uint_eq((uint32_t)f->life, HF_LIFE_PENDING);
	ck_assert_uint_eq(f->irs, t->syn.seq);
	ck_assert_uint_eq(f->iss, t->reply.seq);
	ck_assert_uint_eq(f->created_ms, now_ms);
	ck_assert_uint_eq(f->mss, 1460);
	ck_assert_uint_eq(f->snd_wscale, ts ? 7 : 8);
	ck_assert_uint_eq(f->rcv_wscale, RIG_RCV_WSCALE);
	ck_assert_uint_eq(f->options, HF_OPT_WSCALE | HF_OPT_SACK |
			  (ts ? HF_OPT_TS : 0));
	ck_assert_uint_eq(f->handoff, HF_HANDOFF_REQSK);
	ck_assert_uint_eq(f->service, RIG_SERVICE);
}

static void ck_flow_dirs(const struct shake *t, const struct hf_flow *f,
			 uint32_t now_ms)
{
	bool fin = t->ack.flags & F_FIN;
	struct hf_flow_dir in = {
		.seq_hi = t->ack.seq + t->ack.payload + fin,
		.ack_hi = t->ack.ack,
		.window = t->ack.window,
		.flags = HF_DIR_SEEN | HF_DIR_SYN | HF_DIR_ACK |
			 (fin ? HF_DIR_FIN : 0) |
			 (t->ack.payload ? HF_DIR_DATA : 0),
		.tsval = t->ack.opt_len ? OPT_LINUX_TSVAL + 9 : 0,
		.last_ms = now_ms,
		.packets = 1,
		.bytes = t->ack.payload,
	};
	struct hf_flow_dir out = {
		.seq_hi = t->ack.ack,
		.ack_hi = t->ack.seq,
		.flags = HF_DIR_SYN | HF_DIR_ACK,
		.last_ms = now_ms,
	};

	if (t->ack.opt_len) {	/* NOPs and a timestamp: its echo */
		memcpy(&out.tsval, t->ack.opt + 8, sizeof(out.tsval));
		out.tsval = ntohl(out.tsval);
	}
	if (fin) {
		in.fin = (uint64_t)(t->ack.seq + t->ack.payload) << 32 |
			 t->ack.ack;
		in.fin_last_ms = now_ms;
	}
	ck_assert_mem_eq(&f->dir[HF_DIR_IN], &in, sizeof(in));
	ck_assert_mem_eq(&f->dir[HF_DIR_OUT], &out, sizeof(out));
}

static void run_accepted(const struct ack_row *row, struct shake *t)
{
	struct frame_buf frame;
	struct result res;
	struct hf_flow f;
	uint32_t now_ms, mint = mint_ms(t);

	row->edit(t);
	now_ms = rig_control(&rig).clock_off;
	frame_build(&frame, &t->ack);
	rig_run(&rig, &frame, &res);
	ck_result(row->name, &res, XDP_PASS,
		  C(ACK_ACCEPTED) | C(FLOW_CREATED));
	ck_untouched(row->name, &frame, &res);
	ck_assert(rig_flow(&rig, &t->ack, &f));
	ck_flow_handshake(t, &f, now_ms);
	ck_flow_dirs(t, &f, now_ms);
	ck_assert_uint_eq(f.mint_ms, mint);
	ck_assert_int_eq(rig_phase(&rig).flows, 1);
	ck_assert_uint_eq(rig_presence(&rig), 1 + 0x10000);
}

/* Calm: passes to the kernel. Flood: dropped. Never a record. */
static void run_rejected(const struct ack_row *row, struct shake *t)
{
	struct frame_buf frame;
	struct result res;

	row->edit(t);
	frame_build(&frame, &t->ack);
	rig_run(&rig, &frame, &res);
	ck_result(row->name, &res, XDP_PASS,
		  row->reason | C(REJECT_PASSED));
	ck_untouched(row->name, &frame, &res);
	rig_set_flood(&rig, rig_control(&rig).clock_off + 1);
	rig_run(&rig, &frame, &res);
	ck_result(row->name, &res, XDP_DROP,
		  row->reason | C(REJECT_DROPPED));
	ck_assert_uint_eq(rig_flows(&rig), 0);
	ck_assert_uint_eq(rig_presence(&rig), 0);
	ck_assert_int_eq(rig_phase(&rig).flows, 0);
}

static void run_row(const struct ack_row *row, bool ip6, bool ts)
{
	struct shake t;

	rig_reset(&rig);
	shake_make(&rig, &t, ip6, ts);
	if (row->reason)
		run_rejected(row, &t);
	else
		run_accepted(row, &t);
}

START_TEST(s2_third_segment)
{
	const struct ack_row *row = &rows[_i];
	int layouts = row->layouts ?: TS | NO_TS;

	for (int ip6 = 0; ip6 < 2; ip6++) {
		if (layouts & TS)
			run_row(row, ip6, true);
		if (layouts & NO_TS)
			run_row(row, ip6, false);
	}
	ck_row_passed(row->name);
}
END_TEST

START_TEST(s6_s22_payload_and_fin_in_the_third_segment)
{
	static const int bytes[] = { 0, 1, 2, 3, 100, 511, 512, 1400, 2047,
				     2048, 4000 };
	struct ack_row row = { "payload", 0, unchanged, 0 };
	struct shake t;

	for (size_t i = 0; i < sizeof(bytes) / sizeof(*bytes); i++) {
		for (int fin = 0; fin < 2; fin++) {
			rig_reset(&rig);
			shake_make(&rig, &t, _i & 1, _i & 2);
			t.ack.payload = bytes[i];
			t.ack.flags |= F_PSH | (fin ? F_FIN : 0);
			run_accepted(&row, &t);
		}
	}
}
END_TEST

TCase *ack_tcase(void)
{
	TCase *tc = tcase_create("ack");

	tcase_add_loop_test(tc, s2_third_segment, 0, ROWS_NR);
	tcase_add_loop_test(tc, s6_s22_payload_and_fin_in_the_third_segment, 0,
			    4);
	return tc;
}
