// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Segments of a connection that has a record, and its clock. */
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "shake.h"
#include "suite.h"

#define LATER_MS	700
#define SERVER_BYTES	5000

/*
 * An established connection: the third segment came, the server has sent
 * SERVER_BYTES and given a window. Returns the client's third segment.
 */
static struct spec established(bool ip6)
{
	struct spec syn = shake_linux(ip6), ack = shake_all(&rig, &syn);
	struct hf_flow_dir *out;
	struct hf_flow f;

	ck_assert(rig_flow(&rig, &ack, &f));
	out = &f.dir[HF_DIR_OUT];
	out->flags |= HF_DIR_SEEN | HF_DIR_DATA;
	out->seq_hi += SERVER_BYTES;
	out->window = 1024;
	rig_set_flow(&rig, &ack, &f);
	rig_set_now(&rig, RIG_NOW_MS + LATER_MS);
	return ack;
}

static struct hf_flow_dir facts_in(const struct spec *ack)
{
	struct hf_flow f;

	ck_assert(rig_flow(&rig, ack, &f));
	return f.dir[HF_DIR_IN];
}

/* Send a segment of the connection that passes and counts as this. */
static void send_counted(const struct spec *s, counter_set counts)
{
	struct frame_buf frame;
	struct result res;

	frame_build(&frame, s);
	rig_run(&rig, &frame, &res);
	ck_result("segment", &res, XDP_PASS, counts);
	ck_untouched("segment", &frame, &res);
}

static void send_fits(const struct spec *s)
{
	send_counted(s, C(FLOW_IN));
}

/* It must not move a single fact. */
static void send_unfit(const struct spec *s)
{
	struct hf_flow before, after;

	ck_assert(rig_flow(&rig, s, &before));
	send_counted(s, C(FLOW_IN_UNFIT));
	ck_assert(rig_flow(&rig, s, &after));
	ck_assert_mem_eq(&before, &after, sizeof(before));
}

START_TEST(s37_data_in_order_moves_the_facts)
{
	struct spec ack = established(_i),
		    data = shake_next(&ack, 0, F_ACK, 100);
	struct hf_flow_dir in;

	data.ack += 1000;
	data.window = 321;
	data.opt[7]++;
	send_fits(&data);
	in = facts_in(&ack);
	ck_assert_uint_eq(in.seq_hi, ack.seq + 100);
	ck_assert_uint_eq(in.ack_hi, ack.ack + 1000);
	ck_assert_uint_eq(in.window, 321);
	ck_assert_uint_eq(in.flags,
			  HF_DIR_SEEN | HF_DIR_SYN | HF_DIR_DATA | HF_DIR_ACK);
	ck_assert_uint_eq(in.tsval, OPT_LINUX_TSVAL + 10);
	ck_assert_uint_eq(in.last_ms, RIG_NOW_MS + LATER_MS);
	ck_assert_uint_eq(in.packets, 2);
	ck_assert_uint_eq(in.bytes, 100);
	ck_assert_uint_eq(in.fin, 0);
}
END_TEST

START_TEST(s37_retransmission_counts_and_moves_nothing_back)
{
	struct spec ack = established(_i),
		    data = shake_next(&ack, 0, F_ACK, 100);
	struct hf_flow_dir in;

	data.ack += 1000;
	send_fits(&data);
	data.payload = 50;
	data.ack -= 500;
	data.window = 1;
	send_fits(&data);
	in = facts_in(&ack);
	ck_assert_uint_eq(in.seq_hi, ack.seq + 100);
	ck_assert_uint_eq(in.ack_hi, ack.ack + 1000);
	ck_assert_uint_eq(in.window, ack.window);
	ck_assert_uint_eq(in.packets, 3);
	ck_assert_uint_eq(in.bytes, 150);
}
END_TEST

START_TEST(s34_payload_is_by_the_ip_length)
{
	struct spec ack = established(_i), data = shake_next(&ack, 0, F_ACK, 4);

	data.trailer = 40;
	send_fits(&data);
	ck_assert_uint_eq(facts_in(&ack).seq_hi, ack.seq + 4);
	ck_assert_uint_eq(facts_in(&ack).bytes, 4);
}
END_TEST

/* The server's window is 1024 << RIG_RCV_WSCALE. */
START_TEST(s40_beyond_the_window_is_unfit)
{
	uint32_t window = 1024 << RIG_RCV_WSCALE;
	struct spec ack = established(_i),
		    seg = shake_next(&ack, window + 1, F_ACK, 0);

	send_unfit(&seg);
	seg.seq--;
	send_fits(&seg);
	seg = shake_next(&ack, -window - 1, F_ACK, 0);
	send_unfit(&seg);
	seg = shake_next(&ack, 0x80000000, F_ACK, 0);
	send_unfit(&seg);
}
END_TEST

/* A window that opens acknowledges nothing new. */
START_TEST(s40_a_window_update_alone_is_noted)
{
	struct spec ack = established(_i), seg = shake_next(&ack, 0, F_ACK, 0);

	seg.window = 321;
	send_fits(&seg);
	ck_assert_uint_eq(facts_in(&ack).window, 321);
}
END_TEST

START_TEST(s2_ack_of_what_was_never_sent_is_unfit)
{
	struct spec ack = established(_i), seg = shake_next(&ack, 0, F_ACK, 0);

	seg.ack += SERVER_BYTES + 1;
	send_unfit(&seg);
	seg.ack--;
	send_fits(&seg);
}
END_TEST

START_TEST(rst_is_believed_only_at_the_exact_number)
{
	static const int32_t wrong[] = { -1, 1, 2, 50, 99, 101, 1000, 70000 };
	struct spec ack = established(_i & 1), rst;

	rst = shake_next(&ack, 0, F_ACK, 100);
	send_fits(&rst);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		rst = shake_next(&ack, wrong[i], F_RST | (_i & 2 ? F_ACK : 0),
				 0);
		send_unfit(&rst);
		ck_assert(!(facts_in(&ack).flags & HF_DIR_RST));
	}
	rst.seq = ack.seq + (_i & 4 ? 100 : 0);
	send_fits(&rst);
	ck_assert(facts_in(&ack).flags & HF_DIR_RST);
}
END_TEST

START_TEST(s51_first_fin_is_kept)
{
	struct spec ack = established(_i), fin;
	struct hf_flow_dir in;
	uint64_t want = (uint64_t)(ack.seq + 10) << 32 | (ack.ack + 5);

	fin = shake_next(&ack, 0, F_FIN | F_ACK, 10);
	fin.ack += 5;
	send_fits(&fin);
	in = facts_in(&ack);
	ck_assert_uint_eq(in.fin, want);
	ck_assert_uint_eq(in.seq_hi, ack.seq + 11);
	ck_assert_uint_eq(in.fin_last_ms, RIG_NOW_MS + LATER_MS);
	rig_set_now(&rig, RIG_NOW_MS + 2 * LATER_MS);
	fin.ack += 5;
	send_fits(&fin);
	in = facts_in(&ack);
	ck_assert_uint_eq(in.fin, want);
	ck_assert_uint_eq(in.seq_hi, ack.seq + 11);
	ck_assert_uint_eq(in.fin_last_ms, RIG_NOW_MS + 2 * LATER_MS);
}
END_TEST

/* TSval beside SACK blocks, as receivers with holes send it. */
START_TEST(s29_tsval_is_noted_beside_sack_blocks)
{
	static const uint8_t sack[12] = {
		1, 1, 5, 10, 9, 9, 9, 9, 9, 9, 9, 10
	};
	struct spec ack = established(_i), seg = shake_next(&ack, 0, F_ACK, 0);

	memcpy(seg.opt + 12, sack, 12);
	seg.opt_len = 24;
	seg.opt[7] = 0x77;
	send_fits(&seg);
	ck_assert_uint_eq(facts_in(&ack).tsval,
			  (OPT_LINUX_TSVAL & ~0xffU) | 0x77);
}
END_TEST

START_TEST(segment_without_timestamp_keeps_the_last_one)
{
	struct spec ack = established(_i), seg = shake_next(&ack, 0, F_ACK, 3);

	seg.opt_len = 0;
	send_fits(&seg);
	ck_assert_uint_eq(facts_in(&ack).tsval, OPT_LINUX_TSVAL + 9);
}
END_TEST

START_TEST(s33_bad_lengths_on_a_connection_pass_and_move_nothing)
{
	struct spec ack = established(_i), seg = shake_next(&ack, 0, F_ACK, 9);

	seg.doff = 4;
	send_unfit(&seg);
	seg.doff = 0;
	seg.ip_len_add = 1;
	send_unfit(&seg);
}
END_TEST

START_TEST(s13_same_ports_in_another_vlan_are_another_connection)
{
	struct spec ack = established(_i), seg = shake_next(&ack, 0, F_ACK, 9);

	seg.tags = 1;
	seg.tpid[0] = 0x8100;
	seg.tci[0] = 5;
	seg.seq += 9;
	rig_answer_zone(&rig, &seg);
	send_counted(&seg, C(ACK_BAD_MAC) | C(REJECT_PASSED));
	ck_assert_uint_eq(facts_in(&ack).packets, 1);
}
END_TEST

/* 802.1ad: the same customer tag behind another provider's. */
START_TEST(s13_same_ports_in_another_outer_vlan_are_another_connection)
{
	struct spec syn = shake_linux(_i), ack;

	syn.tags = 2;
	syn.tpid[0] = 0x88a8;
	syn.tpid[1] = 0x8100;
	syn.tci[0] = 7;
	syn.tci[1] = 9;
	rig_answer_zone(&rig, &syn);
	ack = shake_all(&rig, &syn);
	ck_assert_uint_eq(facts_in(&ack).packets, 1);
	ack.tci[0] = 8;
	ack.seq += 9;
	rig_answer_zone(&rig, &ack);
	send_counted(&ack, C(ACK_BAD_MAC) | C(REJECT_PASSED));
	ack.tci[0] = 7;
	send_counted(&ack, C(FLOW_IN));
}
END_TEST

START_TEST(s68_syn_on_a_connection_is_left_to_the_kernel)
{
	struct spec ack = established(_i), syn = shake_linux(_i);
	struct hf_control c = rig_control(&rig);
	struct result res;

	syn.seq += 12345;
	send_counted(&syn, C(SYN_SEEN) | C(SYN_PASS_LIVE_FLOW));
	ck_assert_uint_eq(facts_in(&ack).packets, 1);
	c.odd.all.nr = 0;
	rig_set_control(&rig, &c);
	rig_send(&rig, &syn, &res);
	ck_result("odd", &res, XDP_DROP, C(SYN_SEEN) | C(SYN_DROP_ODD_RATE));
}
END_TEST

/* Both FINs of a close, each acknowledged; `client_first` closes actively. */
static struct spec close_both(bool ip6, bool client_first)
{
	struct spec ack = established(ip6), last;
	struct hf_flow_dir *out;
	struct hf_flow f;
	uint32_t fin_seq;

	last = shake_next(&ack, 0, F_FIN | F_ACK, 0);
	last.ack += SERVER_BYTES + !client_first;
	ck_assert(rig_flow(&rig, &ack, &f));
	out = &f.dir[HF_DIR_OUT];
	fin_seq = out->seq_hi;
	out->seq_hi = fin_seq + 1;
	out->flags |= HF_DIR_FIN;
	out->fin = (uint64_t)fin_seq << 32 | (ack.seq + client_first);
	out->ack_hi = ack.seq + client_first;
	rig_set_flow(&rig, &ack, &f);
	send_fits(&last);
	if (client_first) {
		last = shake_next(&ack, 1, F_ACK, 0);
		last.ack += SERVER_BYTES + 1;
		send_fits(&last);
		return ack;
	}
	ck_assert(rig_flow(&rig, &ack, &f));
	f.dir[HF_DIR_OUT].ack_hi = ack.seq + 1;
	rig_set_flow(&rig, &ack, &f);
	return ack;
}

START_TEST(s52_s65_client_closed_first_tuple_is_free)
{
	struct spec syn = shake_linux(_i);
	struct segment reply;

	close_both(_i, true);
	syn.seq += 99999;
	shake_syn(&rig, &syn, &reply);
}
END_TEST

START_TEST(s52_s61_server_closed_first_kernel_decides)
{
	struct spec syn = shake_linux(_i);

	close_both(_i, false);
	syn.seq += 99999;
	send_counted(&syn, C(SYN_SEEN) | C(SYN_PASS_TIME_WAIT));
}
END_TEST

START_TEST(s53_half_closed_is_not_over)
{
	struct spec ack = established(_i), fin, syn = shake_linux(_i), late;

	fin = shake_next(&ack, 0, F_FIN | F_ACK, 0);
	send_fits(&fin);
	send_counted(&syn, C(SYN_SEEN) | C(SYN_PASS_LIVE_FLOW));
	late = shake_next(&ack, 1, F_ACK, 0);
	late.ack += SERVER_BYTES;
	send_fits(&late);
}
END_TEST

START_TEST(s69_segment_after_rst_is_one_without_a_record)
{
	struct spec ack = established(_i), rst, late;

	rst = shake_next(&ack, 0, F_RST, 0);
	send_fits(&rst);
	late = shake_next(&ack, 0, F_ACK, 10);
	late.seq += 500;
	send_counted(&late, C(ACK_BAD_MAC) | C(REJECT_PASSED));
	send_counted(&rst, C(PASS_RST));
}
END_TEST

/* The clock as the daemon makes it of jiffies and CLOCK_MONOTONIC. */
static void clock_read(struct hf_clock_arg *arg)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = arg,
		    .ctx_size_in = sizeof(*arg));

	ck_assert_int_eq(bpf_prog_test_run_opts(rig.clock, &opts), 0);
}

static uint64_t clock_tick_ns(void)
{
	struct timespec res;

	clock_getres(CLOCK_MONOTONIC_COARSE, &res);
	return res.tv_sec * 1000000000ULL + res.tv_nsec;
}

static uint32_t clock_of(const struct hf_control *c, uint64_t jiffies)
{
	return (jiffies * c->clock_mult >> 20) + c->clock_off;
}

/* What clock_off ought to be: jiffies may be late, but are never early. */
static uint32_t clock_off(struct hf_clock_arg *arg, uint32_t mult)
{
	uint32_t off, least = 0;

	for (int i = 0; i < 20; i++) {
		clock_read(arg);
		off = arg->mono_ns / 1000000 - (arg->jiffies * mult >> 20);
		if (!i || (int32_t)(off - least) < 0)
			least = off;
		usleep(1000);
	}
	return least;
}

START_TEST(s31_clock_follows_monotonic_time)
{
	struct hf_control c = rig_control(&rig);
	struct spec syn = shake_linux(_i);
	struct hf_clock_arg arg;
	struct segment reply;
	struct cookie cookie;
	int32_t drift_ms, tick_ms = clock_tick_ns() / 1000000 + 1;

	c.clock_mult = (clock_tick_ns() << 20) / 1000000;
	c.clock_off = clock_off(&arg, c.clock_mult);
	c.orphan_ms = 0;
	rig_set_control(&rig, &c);
	for (int i = 0; i < 5; i++) {
		usleep(20000);
		drift_ms = clock_off(&arg, c.clock_mult) - c.clock_off;
		ck_assert_int_le(drift_ms, tick_ms);
		ck_assert_int_ge(drift_ms, -tick_ms);
	}
	shake_syn(&rig, &syn, &reply);
	c.clock_off = clock_of(&c, arg.jiffies);
	ck_assert(shake_decode(&rig, &syn, &reply, &cookie));
	drift_ms = cookie.mint_ms - (uint32_t)c.clock_off;
	ck_assert_int_le(drift_ms, 20 * tick_ms);
	ck_assert_int_ge(drift_ms, -512);
}
END_TEST

TCase *flow_tcase(void)
{
	TCase *tc = tcase_create("flow");

#define BOTH(test)	tcase_add_loop_test(tc, test, 0, 2)
	BOTH(s37_data_in_order_moves_the_facts);
	BOTH(s37_retransmission_counts_and_moves_nothing_back);
	BOTH(s34_payload_is_by_the_ip_length);
	BOTH(s40_beyond_the_window_is_unfit);
	BOTH(s40_a_window_update_alone_is_noted);
	BOTH(s2_ack_of_what_was_never_sent_is_unfit);
	tcase_add_loop_test(tc, rst_is_believed_only_at_the_exact_number, 0, 8);
	BOTH(s51_first_fin_is_kept);
	BOTH(s29_tsval_is_noted_beside_sack_blocks);
	BOTH(segment_without_timestamp_keeps_the_last_one);
	BOTH(s33_bad_lengths_on_a_connection_pass_and_move_nothing);
	BOTH(s13_same_ports_in_another_vlan_are_another_connection);
	BOTH(s13_same_ports_in_another_outer_vlan_are_another_connection);
	BOTH(s68_syn_on_a_connection_is_left_to_the_kernel);
	BOTH(s52_s65_client_closed_first_tuple_is_free);
	BOTH(s52_s61_server_closed_first_kernel_decides);
	BOTH(s53_half_closed_is_not_over);
	BOTH(s69_segment_after_rst_is_one_without_a_record);
	BOTH(s31_clock_follows_monotonic_time);
	return tc;
}
