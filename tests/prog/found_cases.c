// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What tc egress notes of a SYN-ACK from a protected port: services behind a
 * gateway, whose address is none yet, and the VLAN in which it leaves.
 */
#include <string.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "handfast/found.h"
#include "shake.h"
#include "suite.h"

/* A SYN for a host behind this one, which is no service. */
static struct spec syn_behind(bool ip6)
{
	struct spec s = shake_linux(ip6);

	memcpy(s.server, ip6 ? server6 : server4, ip6 ? 16 : 4);
	s.server[ip6 ? 15 : 3] ^= 0x55;
	return s;
}

static void asks(const struct spec *syn)
{
	ck_assert_int_eq(shake_tc(rig_splice.tc_in, syn), TC_ACT_UNSPEC);
}

static void answers(const struct spec *syn_ack)
{
	ck_assert_int_eq(shake_tc(rig_splice.tc_out, syn_ack), TC_ACT_UNSPEC);
}

/* What is noted of that host, or false. */
static bool found(const struct spec *syn, struct hf_found *f)
{
	struct hf_tuple t = rig_tuple(syn);
	struct hf_service_key key = { .port = t.server_port };

	memcpy(key.addr, t.server, sizeof(key.addr));
	return !bpf_map_lookup_elem(rig_splice.found, &key, f);
}

START_TEST(an_answer_to_a_syn_that_passed_is_noted)
{
	struct spec syn = syn_behind(_i), syn_ack = shake_answer(&syn);
	struct hf_found f;

	asks(&syn);
	ck_assert(!found(&syn, &f));
	answers(&syn_ack);
	ck_assert(found(&syn, &f));
	ck_assert_uint_eq(f.seen_ms, RIG_NOW_MS);
	ck_assert_uint_eq(f.options, HF_OPT_WSCALE | HF_OPT_SACK | HF_OPT_TS);
}
END_TEST

/* A host behind may send what it likes: it was not sent these SYNs. */
START_TEST(an_answer_that_nobody_asked_for_is_not_noted)
{
	struct spec syn = syn_behind(_i), other, syn_ack = shake_answer(&syn);
	struct hf_found f;

	answers(&syn_ack);
	ck_assert(!found(&syn, &f));
	asks(&syn);
	syn_ack.ack++;
	answers(&syn_ack);
	syn_ack.ack -= 2;
	answers(&syn_ack);
	ck_assert(!found(&syn, &f));
	for (int byte = 0; byte < (_i ? 16 : 4); byte++) {
		other = syn;
		other.server[byte] ^= 0x11;
		syn_ack = shake_answer(&other);
		answers(&syn_ack);
		ck_assert_msg(!found(&other, &f), "address byte %d", byte);
	}
	syn_ack = shake_answer(&syn);
	syn_ack.server_port++;
	answers(&syn_ack);
	ck_assert(!found(&syn, &f));
}
END_TEST

START_TEST(an_answer_of_a_service_or_of_another_port_is_not_noted)
{
	struct spec syn = syn_behind(_i), syn_ack;
	struct hf_found f;

	memcpy(syn.server, _i ? server6 : server4, _i ? 16 : 4);
	syn_ack = shake_answer(&syn);
	asks(&syn);
	answers(&syn_ack);
	ck_assert(!found(&syn, &f));
	syn = syn_behind(_i);
	syn_ack = shake_answer(&syn);
	syn.server_port = syn_ack.client_port = SERVER_PORT + 1;
	asks(&syn);
	answers(&syn_ack);
	ck_assert(!found(&syn, &f));
}
END_TEST

/* Where a SPEC covers any port, those that no service has are looked at, too: SYNs
 * and their answers, and nothing else. */
START_TEST(an_answer_of_any_port_is_noted_where_it_is_wanted)
{
	struct hf_control c = rig_control(&rig_splice);
	struct spec syn = syn_behind(_i), syn_ack = shake_answer(&syn);
	struct hf_found f;

	syn.server_port = syn_ack.client_port = SERVER_PORT + 1;
	c.find_ports = 1;
	rig_set_control(&rig_splice, &c);
	answers(&syn_ack);
	ck_assert(!found(&syn, &f));
	asks(&syn);
	syn_ack.flags = F_ACK;
	answers(&syn_ack);
	ck_assert(!found(&syn, &f));
	syn_ack.flags = F_SYN | F_ACK;
	answers(&syn_ack);
	ck_assert(found(&syn, &f));
}
END_TEST

/* Is the service's answer seen, behind SYNs to a host that is none? */
static bool is_seen_behind_others(bool ip6)
{
	struct spec syn = shake_linux(ip6), other = syn_behind(ip6), syn_ack;
	struct hf_answer a = {};

	memcpy(syn.server, ip6 ? server6 : server4, ip6 ? 16 : 4);
	syn_ack = shake_answer(&syn);
	ck_assert(!bpf_map_update_elem(rig_splice.answers,
				       &(uint32_t){ RIG_SERVICE }, &a, 0));
	asks(&syn);
	for (int i = 0; i < 4 * (int)HF_ASKED_SLOTS; i++) {
		other.client_port = i;
		other.client[0] = i >> 16;
		asks(&other);
	}
	answers(&syn_ack);
	ck_assert(!bpf_map_lookup_elem(rig_splice.answers,
				       &(uint32_t){ RIG_SERVICE }, &a));
	return a.seen_ms;
}

START_TEST(syns_to_nobody_displace_none_to_a_service)
{
	ck_assert(is_seen_behind_others(_i));
}
END_TEST

/* One write in a second, and none of an option that is known. */
START_TEST(a_flood_of_answers_is_noted_once_a_second)
{
	struct spec syn = syn_behind(_i), syn_ack = shake_answer(&syn);
	struct hf_found f;

	asks(&syn);
	answers(&syn_ack);
	rig_set_now(&rig_splice, RIG_NOW_MS + HF_FOUND_AGAIN_MS - 1);
	answers(&syn_ack);
	ck_assert(found(&syn, &f));
	ck_assert_uint_eq(f.seen_ms, RIG_NOW_MS);
	rig_set_now(&rig_splice, RIG_NOW_MS + HF_FOUND_AGAIN_MS);
	answers(&syn_ack);
	ck_assert(found(&syn, &f));
	ck_assert_uint_eq(f.seen_ms, RIG_NOW_MS + HF_FOUND_AGAIN_MS);
}
END_TEST

static void in_vlan(struct spec *s, uint16_t outer, uint16_t inner)
{
	s->tags = inner ? 2 : 1;
	s->tpid[0] = inner ? 0x88a8 : 0x8100;
	s->tpid[1] = 0x8100;
	s->tci[0] = outer;
	s->tci[1] = inner;
}

static void passes_as_unknown(const struct spec *syn)
{
	struct result res;

	rig_send(&rig_splice, syn, &res);
	ck_result("unknown VLAN", &res, XDP_PASS, C(PASS_VLAN));
}

static void is_answered(const struct spec *syn)
{
	struct result res;

	rig_send(&rig_splice, syn, &res);
	ck_assert_int_eq(res.verdict, XDP_TX);
}

START_TEST(a_vlan_is_known_once_an_answer_left_there)
{
	struct spec syn = shake_linux(_i), other = syn, both = syn, syn_ack;

	in_vlan(&syn, 5, 0);
	in_vlan(&other, 6, 0);
	in_vlan(&both, 6, 5);
	passes_as_unknown(&syn);
	syn_ack = shake_answer(&syn);
	answers(&syn_ack);
	is_answered(&syn);
	passes_as_unknown(&other);
	passes_as_unknown(&both);
	in_vlan(&syn_ack, 6, 5);
	answers(&syn_ack);
	is_answered(&both);
	passes_as_unknown(&other);
}
END_TEST

START_TEST(a_vlan_is_forgotten_without_answers)
{
	struct spec syn = shake_linux(_i);

	in_vlan(&syn, 5, 0);
	rig_answer_zone(&rig_splice, &syn);
	rig_set_now(&rig_splice, RIG_NOW_MS + HF_ZONE_BELIEVED_MS - 1);
	is_answered(&syn);
	rig_set_now(&rig_splice, RIG_NOW_MS + HF_ZONE_BELIEVED_MS);
	passes_as_unknown(&syn);
}
END_TEST

/* Its cookie was given out in time: the kernel would answer it with RST. */
START_TEST(an_answer_to_the_last_cookie_of_a_vlan_opens)
{
	struct spec syn = shake_linux(_i), ack;
	struct segment reply;
	struct result res;

	in_vlan(&syn, 5, 0);
	rig_answer_zone(&rig_splice, &syn);
	rig_set_now(&rig_splice, RIG_NOW_MS + HF_ZONE_BELIEVED_MS - 1);
	shake_syn(&rig_splice, &syn, &reply);
	ack = shake_ack(&syn, &reply);
	rig_set_now(&rig_splice, RIG_NOW_MS + HF_ZONE_BELIEVED_MS + 1000);
	rig_send(&rig_splice, &ack, &res);
	ck_result("ACK", &res, XDP_PASS, C(ACK_ACCEPTED) | C(FLOW_CREATED));
}
END_TEST

static void reset_splice(void)
{
	rig_reset(&rig_splice);
}

TCase *found_tcase(void)
{
	TCase *tc = tcase_create("found");

	tcase_add_checked_fixture(tc, reset_splice, NULL);
#define BOTH(test)	tcase_add_loop_test(tc, test, 0, 2)
	BOTH(an_answer_to_a_syn_that_passed_is_noted);
	BOTH(an_answer_that_nobody_asked_for_is_not_noted);
	BOTH(an_answer_of_a_service_or_of_another_port_is_not_noted);
	BOTH(an_answer_of_any_port_is_noted_where_it_is_wanted);
	BOTH(syns_to_nobody_displace_none_to_a_service);
	BOTH(a_flood_of_answers_is_noted_once_a_second);
	BOTH(a_vlan_is_known_once_an_answer_left_there);
	BOTH(a_vlan_is_forgotten_without_answers);
	BOTH(an_answer_to_the_last_cookie_of_a_vlan_opens);
	return tc;
}
