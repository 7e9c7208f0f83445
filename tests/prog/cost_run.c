// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One row: the frame for the front end, the run, the check of the counters. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "cost_run.h"
#include "handfast/brake.h"
#include "tests/floor.skel.h"
#include "tests/prog/cost.skel.h"

#define FLOOD_OVER_MS	70000	/* longer than a cookie lives */

struct rig cost_rig = { .with_tc = true };

static struct cost *front;
static struct floor *least;
static struct ring_buffer *events;

static int event_forget(void *ctx, void *data, size_t len)
{
	(void)ctx, (void)data, (void)len;
	return 0;
}

void cost_load(uint32_t max_flows)
{
	rig_load(&cost_rig, false, max_flows);
	front = cost__open();
	if (front)
		front->bss->clock_off = RIG_NOW_MS;
	least = floor__open_and_load();
	if (!front || !least ||
	    bpf_map__set_max_entries(front->maps.clients,
				     max_flows + COST_FRESH) ||
	    bpf_map__reuse_fd(front->maps.flows, cost_rig.flows) ||
	    bpf_map__reuse_fd(front->maps.splice, cost_rig.splice) ||
	    bpf_map__reuse_fd(front->maps.presence, cost_rig.presence) ||
	    cost__load(front)) {
		fprintf(stderr, "cost: load: %s\n", strerror(errno));
		exit(EXIT_FAILURE);
	}
	clients_map(bpf_map__fd(front->maps.clients), max_flows);
	events = ring_buffer__new(cost_rig.events, event_forget, NULL, NULL);
	if (!events) {
		fprintf(stderr, "cost: events: %s\n", strerror(errno));
		exit(EXIT_FAILURE);
	}
}

static uint32_t sum_words(const uint8_t *byte, uint32_t len)
{
	uint64_t sum = 0;
	uint16_t word;

	for (uint32_t i = 0; i + 1 < len; i += 2) {
		memcpy(&word, byte + i, 2);
		sum += word;
	}
	return sum;
}

/* From the server: what the description says of the client is the server's. */
static struct spec turned(const struct spec *in)
{
	struct spec s = *in;

	s.client_port = in->server_port ?: SERVER_PORT;
	s.server_port = CLIENT_PORT;
	memcpy(s.client, in->ip6 ? server6 : server4, in->ip6 ? 16 : 4);
	memcpy(s.server, in->ip6 ? client6 : client4, in->ip6 ? 16 : 4);
	return s;
}

/* The client's port and the segment's numbers, its checksum too. */
static void blank_tcp(uint8_t *tcp, const struct cost_frame *f)
{
	memset(tcp + (f->reply ? 2 : 0), 0, 2);
	memset(tcp + 4, 0, 8);
	memset(tcp + 16, 0, 2);
	if (f->pick == COST_CLIENT)
		memset(tcp + 28, 0, 4);
}

/* The frame with all that varies zero, and its sums without it. */
static void row_frame(const struct cost_row *row, struct cost_frame *f)
{
	struct spec in = row->from_server ? turned(&row->in) : row->in;
	uint32_t l4 = 14 + (in.ip6 ? 40 : 20), addrs;
	struct frame_buf frame;

	frame_build(&frame, &in);
	ck_assert_uint_lt(frame.len, COST_FRAME_MAX);
	memset(f, 0, sizeof(*f));
	f->len = frame.len;
	f->ip6 = in.ip6;
	f->reply = row->from_server;
	f->pick = row->pick;
	f->whole = row->proved;
	blank_tcp(frame.byte + l4, f);
	if (in.ip6) {
		memset(frame.byte + (row->from_server ? 50 : 34), 0, 4);
		addrs = sum_words(frame.byte + 22, 32);
	} else {
		memset(frame.byte + 24, 0, 2);
		memset(frame.byte + (row->from_server ? 30 : 26), 0, 4);
		addrs = sum_words(frame.byte + 26, 8);
		f->ip_sum = sum_words(frame.byte + 14, 20);
	}
	f->tcp_sum = addrs + sum_words(frame.byte + l4, frame.len - l4) +
		     htons(frame.len - l4) + htons(6);
	memcpy(f->byte, frame.byte, frame.len);
}

/* SYNs are answered, or nothing is proved, in such numbers? */
static bool is_flood(const struct cost_row *row)
{
	return row->flood || (row->pick == COST_SYN && !row->calm);
}

/* Calm or flood, nothing remembered, no handshake watched. */
static void row_prepare(const struct cost_row *row)
{
	static const struct hf_brake no_brake;
	struct hf_control c;
	struct hf_phase p = rig_phase(&cost_rig);
	enum hf_mode mode = row->idle ? HF_MODE_AUTO : HF_MODE_ALWAYS;
	static int64_t flows;
	uint32_t zero = 0;

	if (p.flows)
		flows = p.flows;
	rig_set_mode(&cost_rig, row->in.ip6, mode);
	c = rig_control(&cost_rig);
	c.modes = HF_MODE_BIT(mode);
	c.flows_limit = cost_rig.max_flows;
	c.half_open_syns = row->calm ? 1U << 30 : 0;
	rig_set_control(&cost_rig, &c);
	p.half_open = 0;
	p.flows = row->idle ? 0 : flows;
	p.ack_flood.on = row->flood;
	p.ack_flood.until_ms = RIG_NOW_MS + 1;
	p.flood.on = !row->idle;
	p.flood.until_ms = RIG_NOW_MS + (is_flood(row) ? 1 : -FLOOD_OVER_MS);
	ck_assert_int_eq(bpf_map_update_elem(cost_rig.phase, &zero, &p, 0), 0);
	ck_assert_int_eq(bpf_map_update_elem(cost_rig.brake,
					     &(uint32_t){ RIG_SERVICE },
					     &no_brake, 0),
			 0);
}

static bool is_tc(const struct cost_row *row)
{
	return row->target >= COST_DROP_TC;
}

static uint32_t row_target(const struct cost_row *row)
{
	switch (row->target) {
	case COST_DROP: return bpf_program__fd(front->progs.cost_drop);
	case COST_TX: return bpf_program__fd(front->progs.cost_tx);
	case COST_LOOKUP:
		return bpf_program__fd(row->in.ip6 ? front->progs.cost_lookup6
						   : front->progs.cost_lookup4);
	case COST_FIND: return bpf_program__fd(front->progs.cost_find);
	case COST_NOTE: return bpf_program__fd(front->progs.cost_note);
	case COST_ASK: return bpf_program__fd(front->progs.cost_ask);
	case COST_FLOOR: return bpf_program__fd(least->progs.xdp_floor);
	case COST_INGRESS: return cost_rig.ingress;
	case COST_DROP_TC: return bpf_program__fd(front->progs.cost_drop_tc);
	case COST_FIND_TC: return bpf_program__fd(front->progs.cost_find_tc);
	case COST_RENUMBER_TC:
		return bpf_program__fd(front->progs.cost_renumber_tc);
	case COST_TC_IN: return cost_rig.tc_in;
	case COST_TC_OUT: break;
	}
	return cost_rig.tc_out;
}

static void row_load(const struct cost_row *row, struct cost_frame *f)
{
	uint32_t zero = 0, fd = row_target(row);
	struct bpf_map *target = is_tc(row) ? front->maps.target_tc
					    : front->maps.target;

	ck_assert_int_eq(bpf_map__update_elem(front->maps.frame, &zero, 4, f,
					      sizeof(*f), 0),
			 0);
	ck_assert_int_eq(bpf_map__update_elem(target, &zero, 4, &fd, 4, 0), 0);
	front->bss->cursor = 0;
}

/* Of the thread: `duration` would count the time of whoever preempts us. */
static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* All packets in runs whose events the ring holds; returns nanoseconds. */
static uint64_t row_run(const struct cost_row *row, const struct cost_frame *f,
			uint32_t packets)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->byte,
		    .data_size_in = f->len);
	int fd = bpf_program__fd(is_tc(row) ? front->progs.cost_front_tc
					    : front->progs.cost_front);
	bool events_come = row->fresh || row->calm;
	uint64_t start_ns, ns = 0;

	for (uint32_t left = packets; left; left -= opts.repeat) {
		opts.repeat = left;
		if (events_come && left > COST_CHUNK)
			opts.repeat = COST_CHUNK;
		start_ns = cpu_ns();
		ck_assert_int_eq(bpf_prog_test_run_opts(fd, &opts), 0);
		ns += cpu_ns() - start_ns;
		ck_assert_msg((int)opts.retval == row->verdict,
			      "%s: verdict %d", row->name, (int)opts.retval);
		if (events_come)
			ring_buffer__consume(events);
	}
	return ns;
}

static void check_way(const struct cost_row *row, uint64_t counted,
		      uint32_t packets, uint64_t lost)
{
	bool ours = row->target == COST_INGRESS || row->target == COST_TC_IN ||
		    row->target == COST_TC_OUT;

	ck_assert_msg(!ours || row->uncounted ||
			      counted >= packets - packets / 1000,
		      "%s: only %lu of %u packets took this way", row->name,
		      (unsigned long)counted, packets);
	ck_assert_msg(rig_phase(&cost_rig).events_lost == lost,
		      "%s: events were lost", row->name);
}

double cost_run(const struct cost_row *row, uint32_t first, uint32_t count,
		uint32_t packets)
{
	uint64_t counted, lost, ns;
	struct cost_frame f;

	row_frame(row, &f);
	f.first = first;
	f.count = count;
	row_prepare(row);
	row_load(row, &f);
	lost = rig_phase(&cost_rig).events_lost;
	counted = rig_count_iface(&cost_rig, row->counter);
	ns = row_run(row, &f, packets);
	counted = rig_count_iface(&cost_rig, row->counter) - counted;
	check_way(row, counted, packets, lost);
	return (double)ns / packets;
}
