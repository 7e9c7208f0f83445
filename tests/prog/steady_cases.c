// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * bpf/flow/steady.bpf.h: what becomes of a segment of an open connection, what its
 * record says then, and what the daemon is told, is the same by the short way and by
 * the general one.
 */
#include <string.h>
#include <netinet/in.h>
#include <linux/bpf.h>

#include "shake.h"
#include "suite.h"

#define LATER_MS	700
#define SERVER_BYTES	5000
#define WINDOW		(1024 << RIG_RCV_WSCALE)	/* the server's */

/* What differs from the client's next segment, an ACK without data. */
struct change {
	const char *name;
	bool general;	/* not for the short way, if the connection is open */
	int32_t seq, ack;	/* of what the third segment has; 0: some more */
	int flags;
	int payload, opt_len, window;
	int doff, ip_len_add, trailer, ihl;
};

#define NO_OPTIONS	(-1)
#define ACKED		100	/* acknowledged; no cookie has such a number */
#define IN_PIECES	5000	/* bytes, more than a page */

static const struct change segments[] = {
	{ "ACK" },
	{ "data", .payload = 100 },
	{ "data, PSH", .payload = 1000, .ack = 50, .flags = F_PSH },
	{ "data in pieces", .payload = IN_PIECES },
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
	{ "acknowledges all", .ack = SERVER_BYTES },
	{ "beyond the window", true, .seq = WINDOW + 1 },
	{ "before the window", true, .seq = -WINDOW - 1 },
	{ "acknowledges more", true, .ack = SERVER_BYTES + 1 },
	{ "header too short", true, .doff = 4 },
	{ "header beyond the datagram", true, .doff = 15 },
	{ "datagram beyond the frame", true, .ip_len_add = 1 },
	{ "IP options or an extension header", true, .ihl = 6 },
	{ "FIN", true, .flags = F_FIN },
	{ "RST", true, .flags = F_RST },
	{ "RST, inexact", true, .seq = 50, .flags = F_RST },
	{ "SYN", true, .flags = F_SYN },
};

#define SEGMENTS	(sizeof(segments) / sizeof(*segments))

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

	seg.ack += c->ack ?: ACKED;
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
	if (seg.ip6 && c->ihl) {
		seg.ext[0] = IPPROTO_DSTOPTS;
		seg.exts = 1;
	}
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
	for (size_t i = 0; i < SEGMENTS; i++) {
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
	struct hf_flow_dir *in = &f->dir[HF_DIR_IN];

	in->flags |= HF_DIR_FIN;
	in->fin = (uint64_t)(in->seq_hi - 1) << 32;
}

static void fin_from_server(struct hf_flow *f)
{
	struct hf_flow_dir *out = &f->dir[HF_DIR_OUT];

	out->flags |= HF_DIR_FIN;
	out->fin = (uint64_t)(out->seq_hi - 1) << 32;
}

static void fins(struct hf_flow *f)
{
	fin_from_client(f);
	fin_from_server(f);
}

static void closed_both(struct hf_flow *f)
{
	fins(f);
	f->dir[HF_DIR_IN].ack_hi = f->dir[HF_DIR_OUT].seq_hi;
	f->dir[HF_DIR_OUT].ack_hi = f->dir[HF_DIR_IN].seq_hi;
}

static void reset_by_client(struct hf_flow *f)
{
	f->dir[HF_DIR_IN].flags |= HF_DIR_RST;
}

static void reset_by_server(struct hf_flow *f)
{
	f->dir[HF_DIR_OUT].flags |= HF_DIR_RST;
}

static void pending(struct hf_flow *f)
{
	f->life |= HF_LIFE_PENDING;
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
	fin_from_client,
	fin_from_server,
	fins,
	closed_both,
	reset_by_client,
	reset_by_server,
	pending,
	dying,
	opened_by_server,
	opens_actively,
	not_acknowledged_yet,
	scales_unknown,
};

#define STATES	(sizeof(states) / sizeof(*states))

START_TEST(a_connection_in_another_state_by_both_ways)
{
	compare_ways(&rig, _i & 3, states[_i / 4]);
}
END_TEST

/* What closed both ways may be another connection's by now: see reap_cases.c. */
static void (*const spliced_states[])(struct hf_flow *f) = {
	NULL, fin_from_client, fin_from_server, fins, reset_by_client, dying,
};

#define SPLICED_STATES	(sizeof(spliced_states) / sizeof(*spliced_states))

START_TEST(a_spliced_connection_by_both_ways)
{
	struct spec syn = shake_linux(_i & 1);
	struct hf_flow f;

	rig_reset(&rig_splice);
	compare_ways(&rig_splice, _i & 3, spliced_states[_i / 4]);
	syn.opt_len = 0;	/* only its tuple is asked for */
	ck_assert(rig_flow(&rig_splice, &syn, &f));
	ck_assert_int_eq(f.handoff, HF_HANDOFF_SPLICE);
}
END_TEST

/* Its record, which the filter denies, is found by the short way alone; and there is no
 * cookie that the general way would take. */
static bool goes_short(const struct spec *seg)
{
	struct result res;

	rig_forget_presence(&rig);
	rig_send(&rig, seg, &res);
	return res.service.n[HF_CNT_FLOW_IN];
}

START_TEST(of_an_open_connection_what_is_usual_takes_the_short_way)
{
	struct spec ack = opened(&rig, _i);
	struct hf_flow from;

	ck_assert(rig_flow(&rig, &ack, &from));
	for (size_t i = 0; i < SEGMENTS; i++) {
		const struct change *c = &segments[i];
		struct spec seg = changed(&ack, c);

		rig_set_flow(&rig, &ack, &from);
		ck_assert_msg(goes_short(&seg) == !c->general,
			      "%s: by the other way", c->name);
	}
}
END_TEST

START_TEST(a_half_closed_connection_takes_the_short_way)
{
	struct spec ack = opened(&rig, _i), seg = changed(&ack, segments);
	struct hf_flow f;

	ck_assert(rig_flow(&rig, &ack, &f));
	fin_from_client(&f);
	rig_set_flow(&rig, &ack, &f);
	ck_assert(goes_short(&seg));
}
END_TEST

START_TEST(who_traces_sees_the_general_way)
{
	struct spec ack = opened(&rig, _i), seg = changed(&ack, segments);

	go_general(&rig, true);
	ck_assert(!goes_short(&seg));
}
END_TEST

/* Where the kernel opens connections most have no record, and a look-up is more than a
 * question to the filter. */
START_TEST(calm_auto_goes_the_general_way)
{
	struct spec ack = opened(&rig, _i), seg = changed(&ack, segments);
	struct hf_control c = rig_control(&rig);

	c.modes |= HF_MODE_BIT(HF_MODE_AUTO);
	rig_set_control(&rig, &c);
	ck_assert(!goes_short(&seg));
	rig_set_flood(&rig, RIG_NOW_MS + 60000);
	ck_assert(goes_short(&seg));
}
END_TEST

/* A flood that is over is forgotten by the next segment, not only by the next stray. */
START_TEST(an_ack_flood_that_is_over_ends)
{
	struct spec ack = opened(&rig, _i), seg = changed(&ack, segments);
	struct hf_phase p = rig_phase(&rig);
	struct result res;

	p.ack_flood.on = 1;
	p.ack_flood.until_ms = RIG_NOW_MS + LATER_MS;
	rig_set_phase(&rig, &p);
	rig_send(&rig, &seg, &res);
	ck_result("the next one", &res, XDP_PASS, C(FLOW_IN));
	ck_assert_uint_eq(rig_phase(&rig).ack_flood.on, 0);
	ck_assert(goes_short(&seg));
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

#define FOUR(test)	tcase_add_loop_test(tc, test, 0, 4)
	FOUR(an_open_connection_by_both_ways);
	tcase_add_loop_test(tc, a_connection_in_another_state_by_both_ways, 0,
			    4 * STATES);
	tcase_add_loop_test(tc, a_spliced_connection_by_both_ways, 0,
			    4 * SPLICED_STATES);
	FOUR(of_an_open_connection_what_is_usual_takes_the_short_way);
	FOUR(a_half_closed_connection_takes_the_short_way);
	FOUR(who_traces_sees_the_general_way);
	FOUR(calm_auto_goes_the_general_way);
	FOUR(an_ack_flood_that_is_over_ends);
	FOUR(a_frame_for_another_station_moves_nothing);
	FOUR(what_is_no_service_any_more_moves_nothing);
	return tc;
}
