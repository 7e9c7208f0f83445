// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * bpf/flow/idle.bpf.h and bpf/open/fast_calm.bpf.h: while calm, in mode auto, nearly all
 * goes by short ways, and becomes what it would without them.
 */
#include <string.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "handfast/found.h"
#include "shake.h"
#include "suite.h"

#define LESSONS		8	/* IDLE_LESSONS */
#define CALM_SYN	(C(SYN_SEEN) | C(SYN_PASS_CALM))

static void set_calm(const struct rig *r, bool ip6)
{
	struct hf_control c;

	rig_set_mode(r, ip6, HF_MODE_AUTO);
	c = rig_control(r);
	c.modes = HF_MODE_BIT(HF_MODE_AUTO);
	rig_set_control(r, &c);
}

/* Both layouts of options, both IP versions. */
static struct spec kind(int i)
{
	struct spec syn = i & 2 ? shake_no_ts(i & 1) : shake_linux(i & 1);

	syn.client_port = 6000 + i;
	return syn;
}

static void disarm(void)
{
	struct hf_control c = rig_control(&rig);

	c.armed = 0;
	rig_set_control(&rig, &c);
}

static void sends(const char *name, const struct spec *syn, counter_set counts)
{
	struct result res;

	rig_send(&rig, syn, &res);
	ck_result(name, &res, XDP_PASS, counts);
}

/* Whatever holds for all of them is asked once in a tick. */
START_TEST(calm_syns_take_the_short_way_until_the_clock_ticks)
{
	struct spec syn = kind(_i);

	set_calm(&rig, _i & 1);
	sends("the first", &syn, CALM_SYN);
	disarm();
	sends("in the same tick", &syn, CALM_SYN);
	syn.client_port++;
	sends("another client", &syn, CALM_SYN);
	rig_set_now(&rig, RIG_NOW_MS + 1);
	sends("in the next", &syn, C(SYN_SEEN) | C(SYN_PASS_NOT_ARMED));
}
END_TEST

/* They are counted at once, and the one too many is answered. */
START_TEST(the_flood_begins_with_the_syn_that_is_one_too_many)
{
	struct spec syn = kind(_i);
	struct segment reply;
	struct hf_control c;

	set_calm(&rig, _i & 1);
	rig_set_now(&rig, RIG_NOW_MS + HF_WINDOW_MS);
	c = rig_control(&rig);
	c.flood_syns = (struct hf_limit){ .nr = 6, .batch = 1 };
	rig_set_control(&rig, &c);
	for (int i = 0; i < 6; i++) {
		ck_assert(!rig_phase(&rig).flood.on);
		syn.client_port++;
		sends("calm", &syn, CALM_SYN);
	}
	ck_assert(rig_phase(&rig).flood.on);
	shake_syn(&rig, &syn, &reply);
}
END_TEST

START_TEST(a_calm_syn_for_another_station_is_not_counted)
{
	struct spec syn = kind(_i);

	set_calm(&rig, _i & 1);
	rig_set_station(&rig, server_mac);
	sends("the first", &syn, CALM_SYN);
	disarm();
	sends("the short way", &syn, CALM_SYN);
	ck_others_pass(&rig, &syn);
}
END_TEST

/* Who traces sees each, and who follows active opens looks for its record. */
START_TEST(calm_syns_that_somebody_looks_at_go_the_general_way)
{
	struct spec syn = kind(_i & 3);
	struct hf_control c;

	set_calm(&rig, _i & 1);
	c = rig_control(&rig);
	if (_i & 4)
		c.track_active = 1;
	else
		c.trace = 1;
	rig_set_control(&rig, &c);
	sends("the first", &syn, CALM_SYN);
	disarm();
	sends("the second", &syn, C(SYN_SEEN) | C(SYN_PASS_NOT_ARMED));
}
END_TEST

START_TEST(a_written_service_has_no_calm_of_before)
{
	struct spec syn = kind(_i);
	struct hf_service svc;

	set_calm(&rig, _i & 1);
	sends("the first", &syn, CALM_SYN);
	svc = rig_service(&rig, _i & 1);
	svc.mode = HF_MODE_OFF;
	rig_set_service(&rig, _i & 1, &svc);
	for (int i = 0; i < 2; i++)
		sends("off", &syn, C(SYN_SEEN) | C(SYN_PASS_OFF));
}
END_TEST

static void passes(const struct spec *seg, enum hf_counter why)
{
	struct result res;

	rig_send(&rig, seg, &res);
	ck_assert_int_eq(res.verdict, XDP_PASS);
	ck_assert_uint_eq(res.none.n[why], 1);
}

/* ... or tagged, which no short way takes. */
START_TEST(segments_are_counted_by_what_they_are)
{
	struct spec ack = { .ip6 = _i & 1, .flags = F_ACK, .ack = 77 };

	ack.tags = _i >> 1;
	ack.tpid[0] = 0x8100;
	ack.tci[0] = 5;
	set_calm(&rig, _i & 1);
	passes(&ack, HF_CNT_PASS_CALM);
	ack.flags |= F_FIN;
	passes(&ack, HF_CNT_PASS_CALM);
	ack.server_port = SERVER_PORT ^ 7;
	passes(&ack, HF_CNT_PASS_NOT_SERVICE);
}
END_TEST

/* --- tc --- */

/* How many SYNs have a mark. */
static int marks(void)
{
	static struct hf_asked_set set;
	int nr = 0;

	ck_assert(
		!bpf_map_lookup_elem(rig_splice.asked, &(uint32_t){ 0 }, &set));
	for (uint32_t i = 0; i < HF_ASKED_SLOTS; i++)
		nr += !!set.service[i].mark + !!set.other[i].mark;
	return nr;
}

static void forget_marks(void)
{
	static const struct hf_asked_set none;

	ck_assert(!bpf_map_update_elem(rig_splice.asked, &(uint32_t){ 0 },
				       &none, 0));
}

/* Of so many SYNs of other clients: how many got a mark? */
static int ask(bool ip6, int nr)
{
	struct spec syn = shake_linux(ip6);

	forget_marks();
	for (int i = 0; i < nr; i++) {
		syn.client_port++;
		shake_tc(rig_splice.tc_in, &syn);
	}
	return marks();
}

/* Calm, at a time of this test alone: the data plane remembers the last one. */
static void begin(int test, bool ip6)
{
	struct hf_control c;

	set_calm(&rig_splice, ip6);
	c = rig_control(&rig_splice);
	c.presence_seed = 1;	/* none of these marks displaces another one */
	rig_set_control(&rig_splice, &c);
	rig_set_now(&rig_splice, RIG_NOW_MS + 100 * test + 10 * ip6);
}

/* It ticks. */
static void goes_on(int test, bool ip6)
{
	rig_set_now(&rig_splice, RIG_NOW_MS + 100 * test + 10 * ip6 + 1);
}

START_TEST(a_few_syns_a_tick_are_asked)
{
	begin(1, _i);
	ck_assert_int_eq(ask(_i, 3), 3);
	ck_assert_int_eq(ask(_i, 10), LESSONS - 3);
	ck_assert_int_eq(ask(_i, 10), 0);
	goes_on(1, _i);
	ck_assert_int_eq(ask(_i, LESSONS + 1), LESSONS);
}
END_TEST

/* Who asks for what is not protected keeps nobody from being asked. */
START_TEST(syns_for_other_ports_take_no_lessons)
{
	struct spec syn = shake_linux(_i);

	begin(5, _i);
	syn.server_port ^= 16;	/* shares the place of the service's */
	for (int i = 0; i < 3 * LESSONS; i++)
		shake_tc(rig_splice.tc_in, &syn);
	ck_assert_int_eq(ask(_i, LESSONS + 1), LESSONS);
}
END_TEST

/* In a flood few pass, each for something; with records there may be one of it. */
START_TEST(all_syns_are_asked_where_it_is_not_calm)
{
	struct hf_phase p;

	begin(2, _i & 1);
	p = rig_phase(&rig_splice);
	if (_i & 2)
		p.flows = 1;
	else
		p.flood = (struct hf_flood){ .on = 1,
					     .until_ms = RIG_NOW_MS + 1000 };
	rig_set_phase(&rig_splice, &p);
	ck_assert_int_eq(ask(_i & 1, 3 * LESSONS), 3 * LESSONS);
}
END_TEST

/* The server answers, and says so in its window. */
static void answer(const struct spec *syn, uint16_t window)
{
	struct spec s = shake_answer(syn);

	s.window = window;
	shake_tc(rig_splice.tc_out, &s);
}

static uint16_t learned_window(bool ip6)
{
	struct hf_answer a = {};

	ck_assert(!bpf_map_lookup_elem(rig_splice.answers,
				       &(uint32_t){ RIG_SERVICE }, &a));
	return ip6 ? a.ip6.manner.window : a.ip4.manner.window;
}

static void learn(bool ip6, int nr)
{
	struct spec syn = shake_linux(ip6);

	for (int i = 1; i <= nr; i++) {
		syn.client_port++;
		shake_tc(rig_splice.tc_in, &syn);
		answer(&syn, i);
	}
}

START_TEST(a_few_answers_a_tick_teach)
{
	struct spec syn = shake_linux(_i);

	begin(3, _i);
	learn(_i, LESSONS + 3);
	ck_assert_uint_eq(learned_window(_i), LESSONS);
	goes_on(3, _i);
	answer(&syn, 1000);	/* nobody asked it; it is one of them, though */
	learn(_i, LESSONS + 3);
	ck_assert_uint_eq(learned_window(_i), LESSONS - 1);
}
END_TEST

START_TEST(all_answers_teach_where_it_is_not_calm)
{
	struct hf_phase p;

	begin(4, _i);
	p = rig_phase(&rig_splice);
	p.flows = 1;
	rig_set_phase(&rig_splice, &p);
	learn(_i, 3 * LESSONS);
	ck_assert_uint_eq(learned_window(_i), 3 * LESSONS);
}
END_TEST

/* A connection that was proved before it was calm. Its first segment becomes the SYN for
 * its server; until that answers data is held. */
START_TEST(what_has_a_record_is_served_while_calm)
{
	struct spec syn = shake_linux(_i), ack = shake_all(&rig_splice, &syn);
	struct spec data = shake_next(&ack, 0, F_ACK, 10);

	set_calm(&rig_splice, _i);
	ck_assert_int_eq(shake_tc(rig_splice.tc_in, &data), TC_ACT_UNSPEC);
	ck_assert_int_eq(shake_tc(rig_splice.tc_in, &data), TC_ACT_SHOT);
	data.server_port ^= 7;
	ck_assert_int_eq(shake_tc(rig_splice.tc_in, &data), TC_ACT_UNSPEC);
}
END_TEST

static void reset_splice(void)
{
	rig_reset(&rig_splice);
}

TCase *idle_tcase(void)
{
	TCase *tc = tcase_create("idle");

	tcase_add_checked_fixture(tc, reset_splice, NULL);
#define LOOP(test, nr)	tcase_add_loop_test(tc, test, 0, nr)
	LOOP(calm_syns_take_the_short_way_until_the_clock_ticks, 4);
	LOOP(the_flood_begins_with_the_syn_that_is_one_too_many, 4);
	LOOP(a_calm_syn_for_another_station_is_not_counted, 4);
	LOOP(calm_syns_that_somebody_looks_at_go_the_general_way, 8);
	LOOP(a_written_service_has_no_calm_of_before, 4);
	LOOP(segments_are_counted_by_what_they_are, 4);
	LOOP(a_few_syns_a_tick_are_asked, 2);
	LOOP(syns_for_other_ports_take_no_lessons, 2);
	LOOP(all_syns_are_asked_where_it_is_not_calm, 4);
	LOOP(a_few_answers_a_tick_teach, 2);
	LOOP(all_answers_teach_where_it_is_not_calm, 2);
	LOOP(what_has_a_record_is_served_while_calm, 2);
	return tc;
}
