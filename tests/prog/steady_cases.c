// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * bpf/flow/steady.bpf.h: what becomes of a segment of an open connection, what its
 * record says then, and what the daemon is told, is the same by the short way and by
 * the general one.
 */
#include <string.h>
#include <linux/bpf.h>

#include "shake.h"
#include "suite.h"

#define LATER_MS	700
#define SERVER_BYTES	5000
#define WINDOW		(1024 << RIG_RCV_WSCALE)	/* the server's */

/* What differs from the client's next segment, an ACK without data. */
struct change {
	const char *name;
	int32_t seq, ack;
	int flags;
	int payload, opt_len, window;
	int doff, ip_len_add, trailer, ihl;
};

#define NO_OPTIONS	(-1)

static const struct change segments[] = {
	{ "ACK", .ack = 1000 },
	{ "data", .payload = 100 },
	{ "data, PSH", .payload = 1000, .ack = 50, .flags = F_PSH },
	{ "urgent data", .payload = 1, .flags = F_URG },
	{ "ECE, CWR", .payload = 10, .flags = F_ECE | F_CWR },
	{ "a gap", .seq = 300, .payload = 10 },
	{ "data again", .seq = -50, .payload = 20 },
	{ "keepalive", .seq = -1 },
	{ "older acknowledgment", .ack = -1, .window = 7 },
	{ "window update", .window = 7 },
	{ "no timestamps", .opt_len = NO_OPTIONS, .payload = 3 },
	{ "SACK", .opt_len = 24 },
	{ "padding", .payload = 4, .trailer = 40 },
	{ "the window's end", .seq = WINDOW },
	{ "beyond the window", .seq = WINDOW + 1 },
	{ "before the window", .seq = -WINDOW - 1 },
	{ "acknowledges all", .ack = SERVER_BYTES },
	{ "acknowledges more", .ack = SERVER_BYTES + 1 },
	{ "header too short", .doff = 4 },
	{ "header beyond the datagram", .doff = 15 },
	{ "datagram beyond the frame", .ip_len_add = 1 },
	{ "IP options", .ihl = 6 },
	{ "FIN", .flags = F_FIN },
	{ "RST", .flags = F_RST },
	{ "RST, inexact", .seq = 50, .flags = F_RST },
	{ "SYN", .flags = F_SYN },
};

/* A connection that is open both ways; its client's third segment. */
static struct spec opened(const struct rig *r, int kind)
{
	bool ip6 = kind & 1;
	struct spec syn = kind & 2 ? shake_no_ts(ip6) : shake_linux(ip6),
		    ack = shake_all(r, &syn);
	struct hf_flow_dir *out;
	struct hf_flow f;

	ck_assert(rig_flow(r, &ack, &f));
	f.life &= ~(uint64_t)HF_LIFE_PENDING;
	out = &f.dir[HF_DIR_OUT];
	out->flags |= HF_DIR_SEEN | HF_DIR_DATA;
	out->seq_hi += SERVER_BYTES;
	out->window = 1024;
	rig_set_flow(r, &ack, &f);
	rig_set_now(r, RIG_NOW_MS + LATER_MS);
	return ack;
}

static struct spec changed(const struct spec *ack, const struct change *c)
{
	struct spec seg = shake_next(ack, c->seq, F_ACK | c->flags, c->payload);

	seg.ack += c->ack;
	seg.window = c->window ?: seg.window;
	if (seg.opt_len && c->opt_len)
		seg.opt_len = c->opt_len == NO_OPTIONS ? 0 : c->opt_len;
	if (seg.opt_len > 12)	/* behind the timestamps, one block */
		memcpy(seg.opt + 12,
		       (uint8_t[]){ 1, 1, 5, 10, 9, 9, 9, 9, 9, 9, 9, 10 }, 12);
	seg.doff = c->doff;
	seg.ip_len_add = c->ip_len_add;
	seg.trailer = c->trailer;
	seg.ihl = c->ihl;
	return seg;
}

/* Whoever may be tracing gets all by the general way; here it is nobody. */
static void go_general(const struct rig *r, bool general)
{
	struct hf_control c = rig_control(r);

	c.trace = general;
	c.trace_until_ms = RIG_NOW_MS;
	rig_set_control(r, &c);
}

struct outcome {
	struct result res;
	struct hf_flow record;
	struct told told;
};

/* By one of the ways, from this record on. */
static struct outcome send_by(const struct rig *r, bool general,
			      const struct spec *seg,
			      const struct hf_flow *from)
{
	struct outcome o;

	rig_set_flow(r, seg, from);
	go_general(r, general);
	rig_told(r);	/* of packets before */
	rig_send(r, seg, &o.res);
	o.told = rig_told(r);
	ck_assert(rig_flow(r, seg, &o.record));
	return o;
}

/* Each segment, from the same record on. */
static void compare_ways(const struct rig *r, int kind,
			 void (*alter)(struct hf_flow *f))
{
	struct outcome general, short_way;
	struct spec ack = opened(r, kind);
	struct hf_flow from;

	ck_assert(rig_flow(r, &ack, &from));
	if (alter)
		alter(&from);
	for (size_t i = 0; i < sizeof(segments) / sizeof(*segments); i++) {
		const struct change *c = &segments[i];
		struct spec seg = changed(&ack, c);

		general = send_by(r, true, &seg, &from);
		short_way = send_by(r, false, &seg, &from);
		ck_same(c->name, &general.res, &short_way.res);
		ck_assert_msg(!memcmp(&general.record, &short_way.record,
				      sizeof(struct hf_flow)),
			      "%s: another record", c->name);
		ck_assert_msg(!memcmp(&general.told, &short_way.told,
				      sizeof(struct told)),
			      "%s: other events", c->name);
	}
}

START_TEST(an_open_connection_by_both_ways)
{
	compare_ways(&rig, _i, NULL);
}
END_TEST

static void fin_from_client(struct hf_flow *f)
{
	f->dir[HF_DIR_IN].flags |= HF_DIR_FIN;
	f->dir[HF_DIR_IN].fin = (uint64_t)(f->dir[HF_DIR_IN].seq_hi - 1) << 32;
}

static void fin_from_server(struct hf_flow *f)
{
	f->dir[HF_DIR_OUT].flags |= HF_DIR_FIN;
	f->dir[HF_DIR_OUT].fin = (uint64_t)(f->dir[HF_DIR_OUT].seq_hi - 1)
				 << 32;
}

static void reset_by_server(struct hf_flow *f)
{
	f->dir[HF_DIR_OUT].flags |= HF_DIR_RST;
}

static void dying(struct hf_flow *f)
{
	f->life |= HF_LIFE_DYING;
}

static void scales_unknown(struct hf_flow *f)
{
	f->handoff = HF_HANDOFF_ADOPTED;
}

static void opened_by_server(struct hf_flow *f)
{
	f->dir[HF_DIR_OUT].flags |= HF_DIR_ACTIVE;
}

static void opens_actively(struct hf_flow *f)
{
	opened_by_server(f);
	f->dir[HF_DIR_IN].flags &= ~HF_DIR_SYN;
}

static void not_acknowledged_yet(struct hf_flow *f)
{
	opened_by_server(f);
	f->dir[HF_DIR_IN].ack_hi = f->iss;
}

static void (*const states[])(struct hf_flow *f) = {
	fin_from_client, fin_from_server,      reset_by_server,
	dying,		 scales_unknown,       opened_by_server,
	opens_actively,	 not_acknowledged_yet,
};

#define STATES	(sizeof(states) / sizeof(*states))

START_TEST(a_connection_in_another_state_by_both_ways)
{
	compare_ways(&rig, _i & 1, states[_i / 2]);
}
END_TEST

static void spliced(struct hf_flow *f)
{
	ck_assert_int_eq(f->handoff, HF_HANDOFF_SPLICE);
}

START_TEST(a_spliced_connection_by_both_ways)
{
	rig_reset(&rig_splice);
	compare_ways(&rig_splice, _i, spliced);
}
END_TEST

/* Its record, which the filter denies, is found by the short way alone; and there is no
 * cookie that the general way would take. */
static bool goes_short(const struct spec *ack)
{
	struct spec seg = shake_next(ack, 0, F_ACK, 9);
	struct result res;

	seg.ack += 1000;
	rig_forget_presence(&rig);
	rig_send(&rig, &seg, &res);
	ck_assert_int_eq(res.verdict, XDP_PASS);
	return res.service.n[HF_CNT_FLOW_IN];
}

START_TEST(an_open_connection_takes_the_short_way)
{
	struct spec ack = opened(&rig, _i);

	ck_assert(goes_short(&ack));
	go_general(&rig, true);
	ck_assert(!goes_short(&ack));
}
END_TEST

/* Where the kernel opens connections most have no record, and a look-up is more than a
 * question to the filter. */
START_TEST(calm_auto_goes_the_general_way)
{
	struct spec ack = opened(&rig, _i);
	struct hf_control c = rig_control(&rig);

	c.auto_only = 1;
	rig_set_control(&rig, &c);
	ck_assert(!goes_short(&ack));
	rig_set_flood(&rig, RIG_NOW_MS + 60000);
	ck_assert(goes_short(&ack));
}
END_TEST

/* A segment that is somebody else's. */
static void moves_nothing(const struct spec *ack, enum hf_counter reason)
{
	struct spec seg = shake_next(ack, 0, F_ACK, 9);
	struct hf_flow before, after;
	struct result res;

	ck_assert(rig_flow(&rig, ack, &before));
	rig_send(&rig, &seg, &res);
	ck_assert_int_eq(res.verdict, XDP_PASS);
	ck_assert_uint_eq(res.none.n[reason], 1);
	ck_assert(rig_flow(&rig, ack, &after));
	ck_assert_mem_eq(&before, &after, sizeof(before));
}

START_TEST(a_frame_for_another_station_moves_nothing)
{
	struct spec ack = opened(&rig, _i);

	rig_set_station(&rig, client_mac);
	moves_nothing(&ack, HF_CNT_PASS_OTHER_STATION);
}
END_TEST

START_TEST(what_is_no_service_any_more_moves_nothing)
{
	struct spec ack = opened(&rig, _i);

	rig_clear_ports(&rig);
	moves_nothing(&ack, HF_CNT_PASS_NOT_SERVICE);
}
END_TEST

TCase *steady_tcase(void)
{
	TCase *tc = tcase_create("steady");

	tcase_add_loop_test(tc, an_open_connection_by_both_ways, 0, 4);
	tcase_add_loop_test(tc, a_connection_in_another_state_by_both_ways, 0,
			    2 * STATES);
	tcase_add_loop_test(tc, a_spliced_connection_by_both_ways, 0, 4);
	tcase_add_loop_test(tc, an_open_connection_takes_the_short_way, 0, 4);
	tcase_add_loop_test(tc, calm_auto_goes_the_general_way, 0, 4);
	tcase_add_loop_test(tc, a_frame_for_another_station_moves_nothing, 0,
			    4);
	tcase_add_loop_test(tc, what_is_no_service_any_more_moves_nothing, 0,
			    4);
	return tc;
}
