// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Guesses at cookies without timestamps: how many are checked, and what changes
 * when there are too many. */
#include <string.h>
#include <linux/bpf.h>

#include "shake.h"
#include "suite.h"

#define PRICE_WEAK	16U	/* 2^27 / 2^23 */
#define CHECKED		(C(ACK_BAD_MAC) | C(REJECT_PASSED))
#define UNCHECKED	(C(ACK_UNCHECKED) | C(REJECT_DROPPED))

/* So many guesses of 2^-27 may be made in a window, and so many by a prefix. */
static void set_guesses(uint32_t all, uint32_t prefix)
{
	struct hf_control c = rig_control(&rig);

	c.guesses = (struct hf_share){ .all.nr = all, .prefix = prefix };
	rig_set_control(&rig, &c);
}

/* An ACK without timestamps that acknowledges nothing, of the nth network. */
static void guess(bool ip6, int network, uint64_t counts)
{
	struct spec s = { .ip6 = ip6, .flags = F_ACK, .ack = 77 };
	struct result res;

	memcpy(s.client, ip6 ? client6 : client4, ip6 ? 16 : 4);
	s.client[ip6 ? 6 : 2] ^= network;
	rig_send(&rig, &s, &res);
	ck_result("guess", &res,
		  counts & C(REJECT_PASSED) ? XDP_PASS : XDP_DROP, counts);
}

/* Somebody made too many. */
static void go_strong(bool ip6)
{
	set_guesses(PRICE_WEAK, PRICE_WEAK);
	guess(ip6, 9, CHECKED);
	guess(ip6, 9, UNCHECKED);
	set_guesses(1U << 30, 1U << 30);
	rig_set_now(&rig, RIG_NOW_MS + HF_WINDOW_MS);
}

static void set_time(uint32_t after_ms)
{
	rig_set_now(&rig, RIG_NOW_MS + after_ms);
}

static void ack(const struct shake *t, int verdict, uint64_t counts)
{
	struct result res;

	rig_send(&rig, &t->ack, &res);
	ck_result("third ACK", &res, verdict, counts);
}

#define OPENED		(C(ACK_ACCEPTED) | C(FLOW_CREATED))

START_TEST(so_many_guesses_are_checked_in_a_window)
{
	set_guesses(3 * PRICE_WEAK, 1U << 30);
	for (int window = 1; window < 3; window++) {
		for (int i = 0; i < 3; i++)
			guess(_i, i, CHECKED);
		guess(_i, 3, UNCHECKED);
		ck_assert_uint_eq(rig_phase(&rig).forgery.on, 1);
		set_time(window * (HF_WINDOW_MS + COOKIE_BARE_LIFETIME_MS * 3));
	}
}
END_TEST

START_TEST(one_network_has_not_the_guesses_of_all)
{
	set_guesses(100 * PRICE_WEAK, 2 * PRICE_WEAK);
	guess(_i, 1, CHECKED);
	guess(_i, 1, CHECKED);
	guess(_i, 1, UNCHECKED);
	guess(_i, 2, CHECKED);
	ck_assert_uint_eq(rig_phase(&rig).forgery.on, 0);
}
END_TEST

START_TEST(what_proves_is_not_charged)
{
	set_guesses(PRICE_WEAK, PRICE_WEAK);
	for (int i = 0; i < 5; i++) {
		struct spec syn = shake_no_ts(_i);

		syn.client_port = 5000 + i;
		shake_all(&rig, &syn);
	}
	guess(_i, 0, CHECKED);
	guess(_i, 0, UNCHECKED);
}
END_TEST

START_TEST(clients_with_timestamps_notice_nothing)
{
	struct spec syn = shake_linux(_i);
	struct cookie c;
	struct shake t;

	set_guesses(0, 0);
	guess(_i, 0, UNCHECKED);
	shake_make(&rig, &t, _i, true);
	ck_assert(shake_decode(&rig, &syn, &t.reply, &c));
	ck_assert_uint_eq(c.wscale, 7);
	ack(&t, XDP_PASS, OPENED);
}
END_TEST

/* As read by the layout that the answer should have. */
static struct cookie cookie_of(const struct shake *t, bool strong)
{
	struct hf_control control = rig_control(&rig);
	struct hf_keys keys = rig_keys(control.key_generation);
	struct cookie_id id = shake_id(&t->syn);
	struct siphash pair = cookie_begin(&id, &keys);
	struct cookie c = {
		.iss = t->reply.seq,
		.terms = RIG_TERMS,
		.strong = strong,
	};

	cookie_read(&c, &pair, &keys, control.clock_off);
	ck_assert(cookie_proves(&c, &pair, &id, &keys));
	return c;
}

START_TEST(too_many_make_cookies_strong)
{
	struct cookie c;
	struct hf_flow f;
	struct shake t;

	go_strong(_i);
	shake_make(&rig, &t, _i, false);
	c = cookie_of(&t, true);
	ck_assert_uint_eq(c.options, HF_OPT_SACK | HF_OPT_WSCALE);
	ck_assert_uint_eq(c.wscale, 7);
	ck_assert_uint_eq(cookie_mss(&c), 1440);
	ck_assert_ptr_nonnull(segment_option(&t.reply, 3, 3));
	ack(&t, XDP_PASS, OPENED);
	ck_assert(rig_flow(&rig, &t.syn, &f));
	ck_assert_uint_eq(f.snd_wscale, 7);
	ck_assert_uint_eq(f.mss, 1440);
}
END_TEST

/* A scale that was not granted must not be announced. */
START_TEST(a_small_scale_is_not_granted_then)
{
	struct spec syn = { .ip6 = _i,
			    .seq = SHAKE_IRS,
			    .opt = { 2, 4, 5, 180, 4, 2, 3, 3, 1, 1, 1, 1 },
			    .opt_len = 12 };
	struct segment reply;

	go_strong(_i);
	shake_syn(&rig, &syn, &reply);
	ck_assert_ptr_null(segment_option(&reply, 3, 3));
	ck_assert_ptr_nonnull(segment_option(&reply, 4, 2));
}
END_TEST

/* For one lifetime after each switch. */
START_TEST(cookies_of_the_other_layout_prove_after_a_switch)
{
	struct shake weak, strong;

	shake_make(&rig, &weak, _i, false);
	go_strong(_i);
	set_time(30000);
	ack(&weak, XDP_PASS, OPENED);
	set_time(COOKIE_BARE_LIFETIME_MS - 1);
	ck_assert(rig_phase(&rig).forgery.on);
	strong.syn = shake_no_ts(_i);
	strong.syn.client_port = 4243;
	shake_syn(&rig, &strong.syn, &strong.reply);
	strong.ack = shake_ack(&strong.syn, &strong.reply);
	cookie_of(&strong, true);
	set_time(COOKIE_BARE_LIFETIME_MS + 1);
	weak.syn.client_port = 4244;
	shake_syn(&rig, &weak.syn, &weak.reply);
	cookie_of(&weak, false);
	set_time(COOKIE_BARE_LIFETIME_MS + 20000);
	ack(&strong, XDP_PASS, OPENED);
}
END_TEST

/* Guesses at what is not made any more cost nothing: a strong one alone. */
START_TEST(after_a_lifetime_only_strong_ones_are_tried)
{
	struct hf_phase p = rig_phase(&rig);
	struct shake weak;

	shake_make(&rig, &weak, _i, false);
	p.forgery.on = 1;
	p.forgery.since_ms = RIG_NOW_MS - COOKIE_BARE_LIFETIME_MS;
	p.forgery.until_ms = RIG_NOW_MS + 60000;
	rig_set_phase(&rig, &p);
	set_guesses(2, 2);
	ack(&weak, XDP_PASS, CHECKED);
	guess(_i, 0, CHECKED);
	guess(_i, 0, UNCHECKED);
}
END_TEST

/* So many, flood or not; the ACK is proved by the record, and not charged. */
START_TEST(syns_without_timestamps_are_remembered_then)
{
	struct hf_control c = rig_control(&rig);
	struct shake t;

	c.half_open_syns = 1;
	rig_set_control(&rig, &c);
	go_strong(_i);
	rig_set_flood(&rig, RIG_NOW_MS + 60000);
	set_guesses(0, 0);
	shake_make(&rig, &t, _i, false);
	ck_assert(rig_half_open(&rig, &t.syn));
	ack(&t, XDP_PASS, OPENED | C(HALF_PROVED));
	t.syn.client_port = 4243;
	shake_syn(&rig, &t.syn, &t.reply);
	ck_assert(!rig_half_open(&rig, &t.syn));
	t.syn = shake_linux(_i);
	t.syn.client_port = 4244;
	set_time(3 * HF_WINDOW_MS);
	shake_syn(&rig, &t.syn, &t.reply);
	ck_assert(!rig_half_open(&rig, &t.syn));
}
END_TEST

/* Each key and each profile that may have made it is a guess more. */
START_TEST(a_check_costs_as_much_as_it_may_hit)
{
	struct hf_control c = rig_control(&rig);

	c.key_prev_valid = 1;
	c.key_prev_until_ms = RIG_NOW_MS + 1000;
	rig_set_control(&rig, &c);
	set_guesses(2 * PRICE_WEAK, 1U << 30);
	guess(_i, 0, CHECKED);
	guess(_i, 0, UNCHECKED);
}
END_TEST

static void set_up(void)
{
	rig_forget_prefixes(&rig);
}

#define BOTH(test)	tcase_add_loop_test(tc, test, 0, 2)

TCase *forgery_tcase(void)
{
	TCase *tc = tcase_create("forgery");

	tcase_add_checked_fixture(tc, set_up, NULL);
	BOTH(so_many_guesses_are_checked_in_a_window);
	BOTH(one_network_has_not_the_guesses_of_all);
	BOTH(what_proves_is_not_charged);
	BOTH(clients_with_timestamps_notice_nothing);
	BOTH(too_many_make_cookies_strong);
	BOTH(a_small_scale_is_not_granted_then);
	BOTH(cookies_of_the_other_layout_prove_after_a_switch);
	BOTH(after_a_lifetime_only_strong_ones_are_tried);
	BOTH(syns_without_timestamps_are_remembered_then);
	BOTH(a_check_costs_as_much_as_it_may_hit);
	return tc;
}
