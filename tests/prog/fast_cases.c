// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * bpf/open/fast.bpf.h: what was found for one SYN under flood holds for others. What
 * becomes of any is the same, whether others came before it or not.
 */
#include <string.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "handfast/answer.h"
#include "shake.h"
#include "suite.h"

#define FLOOD_MS	60000

/* Of both layouts of options, from other clients; whatever becomes of them. */
static void others(const struct rig *r, bool ip6)
{
	struct spec syn[] = { shake_linux(ip6), shake_no_ts(ip6) };
	struct result res;

	for (int i = 0; i < 2; i++) {
		memcpy(syn[i].client, ip6 ? client6 : client4, ip6 ? 16 : 4);
		syn[i].client[1] ^= 1;
		syn[i].client_port = 1024 + i;
		rig_send(r, &syn[i], &res);
	}
}

void fast_compare(const char *name, const struct spec *in, bool ip6,
		  void (*setup)(bool ip6))
{
	struct result alone, behind;
	struct spec syn = *in;

	syn.ip6 = ip6;
	if (setup)
		setup(ip6);
	rig_set_flood(&rig, RIG_NOW_MS + FLOOD_MS);
	rig_answer_zone(&rig, &syn);
	rig_services_written(&rig);	/* nothing is known of others */
	rig_send(&rig, &syn, &alone);
	others(&rig, ip6);
	rig_send(&rig, &syn, &behind);
	ck_same(name, &alone, &behind);
}

/* Rates of all CPUs: SYNs of this second, ACKs of this window. What an earlier test
 * left is counted by the first packet. */
struct counts {
	uint32_t syns, acks;
};

static struct counts in_rates(void)
{
	struct hf_rate rates[256];
	struct counts sum = { 0 };
	uint32_t zero = 0;

	memset(rates, 0, sizeof(rates));
	ck_assert_int_eq(bpf_map_lookup_elem(rig.rate, &zero, rates), 0);
	for (int i = 0; i < 256; i++) {
		sum.syns += rates[i].syns_s.nr;
		sum.acks += rates[i].acks.own;
	}
	return sum;
}

static struct spec kind(int i)
{
	struct spec syn = i & 2 ? shake_no_ts(i & 1) : shake_linux(i & 1);

	syn.client_port = 5000 + i;
	return syn;
}

/* The first goes the general way and is counted into the rate; those behind it are
 * when the next one goes that way. */
START_TEST(usual_syns_take_the_short_way_until_the_clock_ticks)
{
	struct spec syn = kind(_i);
	struct segment reply;
	uint32_t before;

	rig_set_flood(&rig, RIG_NOW_MS + FLOOD_MS);
	shake_syn(&rig, &syn, &reply);
	before = in_rates().syns;
	for (int i = 0; i < 9; i++)
		shake_syn(&rig, &syn, &reply);
	ck_assert_uint_eq(in_rates().syns, before);
	rig_set_now(&rig, RIG_NOW_MS + 1);
	shake_syn(&rig, &syn, &reply);
	ck_assert_uint_eq(in_rates().syns, before + 10);
}
END_TEST

/* Those that nobody counted for long are of another flood, or none. */
START_TEST(what_is_long_ago_is_not_counted)
{
	struct spec syn = kind(_i);
	struct segment reply;
	uint32_t before;

	rig_set_flood(&rig, RIG_NOW_MS + FLOOD_MS);
	shake_syn(&rig, &syn, &reply);
	before = in_rates().syns;
	for (int i = 0; i < 9; i++)
		shake_syn(&rig, &syn, &reply);
	rig_set_now(&rig, RIG_NOW_MS + HF_WINDOW_MS);
	shake_syn(&rig, &syn, &reply);
	ck_assert_uint_le(in_rates().syns, before + 1);
}
END_TEST

START_TEST(the_flood_goes_on_by_them)
{
	struct hf_control c = rig_control(&rig);
	struct spec syn = kind(_i);
	struct segment reply;

	rig_set_flood(&rig, RIG_NOW_MS + FLOOD_MS);
	rig_set_flood(&rig, RIG_NOW_MS + 2);
	c = rig_control(&rig);
	c.flood_syns.nr = 5;
	rig_set_control(&rig, &c);
	for (int i = 0; i < 10; i++)
		shake_syn(&rig, &syn, &reply);
	rig_set_now(&rig, RIG_NOW_MS + 1);
	shake_syn(&rig, &syn, &reply);
	ck_assert_uint_eq(rig_phase(&rig).flood.until_ms,
			  RIG_NOW_MS + 1 + c.flood_hold_ms);
}
END_TEST

START_TEST(calm_syns_are_remembered_each)
{
	struct hf_control c = rig_control(&rig);
	struct spec syn = kind(_i);
	struct segment reply;

	c.half_open_syns = 100;
	rig_set_control(&rig, &c);
	for (int i = 0; i < 3; i++) {
		syn.client_port++;
		shake_syn(&rig, &syn, &reply);
		ck_assert(rig_half_open(&rig, &syn));
	}
	ck_assert_uint_ge(in_rates().syns, 3);
}
END_TEST

/* A connection of the tuple has to see its SYN. */
START_TEST(a_live_connection_gets_its_syn)
{
	struct spec syn = kind(_i);
	struct result res;

	rig_set_flood(&rig, RIG_NOW_MS + FLOOD_MS);
	shake_all(&rig, &syn);
	others(&rig, _i & 1);
	rig_send(&rig, &syn, &res);
	ck_result("live", &res, XDP_PASS, C(SYN_SEEN) | C(SYN_PASS_LIVE_FLOW));
}
END_TEST

/* ... where the interface has an address: its own frames alone. */
START_TEST(a_frame_for_another_station_passes)
{
	struct spec syn = kind(_i);
	struct segment reply;
	uint32_t before;

	rig_set_flood(&rig, RIG_NOW_MS + FLOOD_MS);
	rig_set_station(&rig, server_mac);
	shake_syn(&rig, &syn, &reply);
	before = in_rates().syns;
	shake_syn(&rig, &syn, &reply);
	ck_assert_uint_eq(in_rates().syns, before);
	ck_others_pass(&rig, &syn);
}
END_TEST

/* The service's own words change; so does what is answered. */
START_TEST(a_written_service_is_read_again)
{
	struct hf_service svc = rig_service(&rig, _i & 1);
	struct spec syn = kind(_i);
	struct segment reply;
	struct result res;

	rig_set_flood(&rig, RIG_NOW_MS + FLOOD_MS);
	shake_syn(&rig, &syn, &reply);
	shake_syn(&rig, &syn, &reply);
	svc.mode = HF_MODE_OFF;
	rig_set_service(&rig, _i & 1, &svc);
	rig_send(&rig, &syn, &res);
	ck_result("off", &res, XDP_PASS, C(SYN_SEEN) | C(SYN_PASS_OFF));
}
END_TEST

/* ACKs that prove nothing, in such numbers; they are dropped. */
static void guesses(bool ip6)
{
	struct spec ack = {
		.ip6 = ip6,
		.flags = F_ACK,
		.ack = 77,
		.client_port = 7777,
		.opt = { 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8 },
		.opt_len = 12,
	};
	struct hf_phase p = rig_phase(&rig);
	struct result res;

	p.ack_flood.on = 1;
	p.ack_flood.until_ms = RIG_NOW_MS + FLOOD_MS;
	p.half_open = 0;
	p.flows = 1;	/* where connections have records, too */
	rig_set_phase(&rig, &p);
	for (int i = 0; i < 5; i++) {
		rig_send(&rig, &ack, &res);
		ck_result("guess", &res, XDP_DROP,
			  C(ACK_BAD_MAC) | C(REJECT_DROPPED));
	}
}

START_TEST(guesses_take_the_short_way)
{
	struct hf_control c = rig_control(&rig);
	uint32_t before;

	c.flood_acks.nr = c.flood_acks.batch = 1000;
	rig_set_control(&rig, &c);
	rig_set_flood(&rig, RIG_NOW_MS + FLOOD_MS);
	guesses(_i);
	before = in_rates().acks;
	guesses(_i);
	ck_assert_uint_eq(in_rates().acks, before);
}
END_TEST

/* ... also by the key before, which is another one since the last guess. */
START_TEST(a_proof_among_guesses_is_taken)
{
	struct hf_control c;
	struct result res;
	struct shake t;

	rig_set_flood(&rig, RIG_NOW_MS + FLOOD_MS);
	shake_make(&rig, &t, _i & 1, true);
	guesses(_i & 1);
	if (_i & 2) {
		c = rig_control(&rig);
		rig_set_keys(&rig, ++c.key_generation);
		c.key_prev_valid = 1;
		c.key_prev_until_ms = RIG_NOW_MS + 1000;
		rig_set_control(&rig, &c);
	}
	rig_send(&rig, &t.ack, &res);
	ck_assert_int_eq(res.verdict, XDP_PASS);
	ck_assert_uint_eq(rig_flows(&rig), 1);
}
END_TEST

TCase *fast_tcase(void)
{
	TCase *tc = tcase_create("fast");

	tcase_add_loop_test(tc,
			    usual_syns_take_the_short_way_until_the_clock_ticks,
			    0, 4);
	tcase_add_loop_test(tc, what_is_long_ago_is_not_counted, 0, 4);
	tcase_add_loop_test(tc, the_flood_goes_on_by_them, 0, 4);
	tcase_add_loop_test(tc, calm_syns_are_remembered_each, 0, 4);
	tcase_add_loop_test(tc, a_live_connection_gets_its_syn, 0, 4);
	tcase_add_loop_test(tc, a_frame_for_another_station_passes, 0, 4);
	tcase_add_loop_test(tc, a_written_service_is_read_again, 0, 4);
	tcase_add_loop_test(tc, guesses_take_the_short_way, 0, 2);
	tcase_add_loop_test(tc, a_proof_among_guesses_is_taken, 0, 4);
	return tc;
}
