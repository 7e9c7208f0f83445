// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The data plane for tests: loading, filling the maps, running packets. */
#include <check.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/mman.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "lib/skeleton.h"
#include "rig.h"
#include "handfast/answer.h"
#include "handfast/found.h"
#include "handfast/state.h"
#include "handfast/half_open.h"
#include "handfast/presence.h"
#include "handfast/brake.h"
#include "sys/kernel.h"

#define CPUS_MAX	256

static const char *const counter_names[] = {
#define NAME(id, name, help) #name,
	HF_COUNTERS(NAME)
#undef NAME
};

static void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static int cpus(void)
{
	int n = libbpf_num_possible_cpus();

	if (n < 1 || n > CPUS_MAX)
		die("possible CPUs");
	return n;
}

void rig_isolate(void)
{
	cpu_set_t here;

	if (unshare(CLONE_NEWNET))
		die("new network namespace (root?)");
	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	if (sched_setaffinity(0, sizeof(here), &here))
		die("staying on one processor");
}

/* Its one value, in place: it has megabytes, and each test wants it empty. */
static struct hf_presence *presence_of(const struct bpf_map *map)
{
	void *value = mmap(NULL, sizeof(struct hf_presence),
			   PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map),
			   0);

	if (value == MAP_FAILED)
		die("presence");
	return value;
}

static void rig_take(struct rig *r, const struct handfast *skel)
{
	r->control = bpf_map__fd(skel->maps.data_control);
	r->phase = bpf_map__fd(skel->maps.data_phase);
	r->keys = bpf_map__fd(skel->maps.keys);
	r->rate = bpf_map__fd(skel->maps.rate);
	r->profiles = bpf_map__fd(skel->maps.profiles);
	r->ports = bpf_map__fd(skel->maps.data_ports);
	r->services = bpf_map__fd(skel->maps.services);
	r->flows = bpf_map__fd(skel->maps.flows);
	r->splice = bpf_map__fd(skel->maps.splice_v1);
	r->half_open = bpf_map__fd(skel->maps.half_open);
	r->closed = bpf_map__fd(skel->maps.closed);
	r->prefixes = bpf_map__fd(skel->maps.prefixes);
	r->presence = bpf_map__fd(skel->maps.presence);
	r->filters = presence_of(skel->maps.presence);
	r->counters = bpf_map__fd(skel->maps.counters);
	r->iface_counters = bpf_map__fd(skel->maps.iface_counters);
	r->brake = bpf_map__fd(skel->maps.brake);
	r->stations = bpf_map__fd(skel->maps.stations);
	r->answers = bpf_map__fd(skel->maps.answers);
	r->pending_ends = bpf_map__fd(skel->maps.pending_ends);
	r->events = bpf_map__fd(skel->maps.events);
	r->trace = bpf_map__fd(skel->maps.trace);
	r->found = bpf_map__fd(skel->maps.found);
	r->asked = bpf_map__fd(skel->maps.asked);
	r->zones = bpf_map__fd(skel->maps.zones);
	r->ingress = bpf_program__fd(skel->progs.hf_ingress);
	r->clock = bpf_program__fd(skel->progs.hf_clock);
	r->reap = bpf_program__fd(skel->progs.hf_reap);
	r->tc_in = bpf_program__fd(skel->progs.hf_tc_in);
	r->tc_out = bpf_program__fd(skel->progs.hf_tc_out);
}

/* The skeleton lives as long as the process: its descriptors are in `r`. */
void rig_load(struct rig *r, bool partial_sum, uint32_t max_flows)
{
	struct handfast *skel = handfast__open();
	struct bpf_program *prog;
	struct bpf_map *map;

	if (!skel)
		die("open");
	bpf_object__for_each_map(map, skel->obj)
		bpf_map__set_pin_path(map, NULL);
	bpf_object__for_each_program(prog, skel->obj)
		bpf_program__set_autoload(prog, false);
	bpf_program__set_autoload(skel->progs.hf_ingress, true);
	bpf_program__set_autoload(skel->progs.hf_clock, true);
	bpf_program__set_autoload(skel->progs.hf_reap, true);
	bpf_program__set_autoload(skel->progs.hf_tc_in, r->with_tc);
	bpf_program__set_autoload(skel->progs.hf_tc_out, r->with_tc);
	bpf_map__set_max_entries(skel->maps.flows, max_flows);
	bpf_map__set_max_entries(skel->maps.splice_v1, max_flows);
	bpf_map__set_map_flags(skel->maps.presence, BPF_F_MMAPABLE);
	skel->rodata->iface_partial_sum = partial_sum;
	skel->rodata->iface_slot = RIG_IFACE;
	skel->rodata->handoff = r->handoff;
	if (!r->handoff && kernel_has_reqsk() < 1)	/* nothing to choose */
		skel->rodata->handoff = HF_HANDOFF_REQSK;
	if (handfast__load(skel))
		die("load");
	rig_take(r, skel);
	r->max_flows = max_flows;
}

/* In what is called again and again libcheck is told of failures alone: it
 * notes each assertion that holds, too, by six system calls. */
static void map_set(int fd, const void *key, const void *value)
{
	int err = bpf_map_update_elem(fd, key, value, BPF_ANY);

	if (err)
		ck_abort_msg("map update: %d", err);
}

static void map_get(int fd, const void *key, void *value)
{
	int err = bpf_map_lookup_elem(fd, key, value);

	if (err)
		ck_abort_msg("map lookup: %d", err);
}

static void map_clear(int fd)
{
	struct hf_tuple key; /* the longest key there is */

	while (!bpf_map_get_next_key(fd, NULL, &key))
		bpf_map_delete_elem(fd, &key);
}

struct hf_control rig_control(const struct rig *r)
{
	struct hf_control c;

	/* cppcheck-suppress uninitvar ; read through the macro of libcheck */
	map_get(r->control, &(__u32){ 0 }, &c);
	return c;
}

void rig_set_control(const struct rig *r, const struct hf_control *c)
{
	map_set(r->control, &(__u32){ 0 }, c);
}

void rig_set_now(const struct rig *r, uint32_t now_ms)
{
	struct hf_control c = rig_control(r);

	c.clock_mult = 0;
	c.clock_off = now_ms;
	c.heartbeat_ms = now_ms; /* the daemon lives */
	rig_set_control(r, &c);
}

struct hf_phase rig_phase(const struct rig *r)
{
	struct hf_phase p;

	/* cppcheck-suppress uninitvar ; as above */
	map_get(r->phase, &(__u32){ 0 }, &p);
	return p;
}

void rig_set_phase(const struct rig *r, const struct hf_phase *p)
{
	map_set(r->phase, &(__u32){ 0 }, p);
}

void rig_set_flood(const struct rig *r, uint32_t until_ms)
{
	struct hf_phase p = rig_phase(r);

	p.flood.on = 1;
	p.flood.until_ms = until_ms;
	rig_set_phase(r, &p);
}

void rig_set_mode(const struct rig *r, bool ip6, enum hf_mode mode)
{
	struct hf_service svc = rig_service(r, ip6);

	svc.mode = mode;
	rig_set_service(r, ip6, &svc);
}

struct hf_keys rig_keys(uint32_t generation)
{
	struct hf_keys k = {
		.cookie = { 0x0123456789abcdefULL * (generation + 1),
			    0xfedcba9876543210ULL ^ generation },
		.offset = { 0x6f66667365740001ULL * (generation + 1),
			    0x6b65792d73746179ULL },
		.turn = generation,
	};

	return k;
}

void rig_set_keys(const struct rig *r, uint32_t generation)
{
	struct hf_keys k = rig_keys(generation);

	map_set(r->keys, &(__u32){ generation % HF_KEYS_MAX }, &k);
}

uint8_t rig_terms(const struct rig *r, uint32_t index)
{
	struct hf_profile profile;

	map_get(r->profiles, &index, &profile);
	return profile.rcv_wscale << 4 | profile.grants;
}

void rig_set_profile(const struct rig *r, uint32_t index,
		     const struct hf_profile *profile)
{
	map_set(r->profiles, &index, profile);
}

static struct hf_service_key service_key(bool ip6)
{
	struct hf_service_key key = { .port = htons(SERVER_PORT) };

	if (ip6) {
		memcpy(key.addr, server6, 16);
	} else {
		key.addr[2] = htonl(0xffff);
		memcpy(&key.addr[3], server4, 4);
	}
	return key;
}

struct hf_service rig_service(const struct rig *r, bool ip6)
{
	struct hf_service_key key = service_key(ip6);
	struct hf_service svc;

	map_get(r->services, &key, &svc);
	return svc;
}

void rig_write_service(const struct rig *r, bool ip6,
		       const struct hf_service *svc)
{
	struct hf_service_key key = service_key(ip6);

	map_set(r->services, &key, svc);
}

void rig_set_port_bit(const struct rig *r, uint16_t port)
{
	uint8_t ports[HF_PORTS_BYTES] = { 0 };

	map_get(r->ports, &(__u32){ 0 }, ports);
	ports[port >> 3] |= 1 << (port & 7);
	map_set(r->ports, &(__u32){ 0 }, ports);
}

void rig_clear_ports(const struct rig *r)
{
	static const uint8_t none[HF_PORTS_BYTES];

	map_set(r->ports, &(__u32){ 0 }, none);
}

void rig_services_written(const struct rig *r)
{
	struct hf_control c = rig_control(r);

	c.services_written++;
	rig_set_control(r, &c);
}

void rig_set_service(const struct rig *r, bool ip6,
		     const struct hf_service *svc)
{
	rig_write_service(r, ip6, svc);
	rig_services_written(r);
}

/* Another one each time: what `closed` holds is of other tuples then. */
static uint64_t other_seed(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return 0x5eed5eed5eed5eedULL ^
	       (now.tv_sec * 1000000000ULL + now.tv_nsec);
}

static void reset_control(const struct rig *r)
{
	struct hf_phase calm = { 0 };
	struct hf_control c = {
		.clock_off = RIG_NOW_MS,
		.presence_seed = other_seed(),
		.services_written = rig_control(r).services_written + 100,
		.armed = 1,
		.modes = HF_MODE_BIT(HF_MODE_ALWAYS),
		.key_generation = RIG_GENERATION,
		.flood_syns.nr = 1U << 30,
		.flood_acks.nr = 1U << 30,
		.flood_hold_ms = 1000,
		.odd.all.nr = 1U << 30,
		.odd.prefix = 1U << 30,
		.guesses.all.nr = 1U << 30,
		.guesses.prefix = 1U << 30,
		.seen_complete = 1,
		.flows_limit = r->max_flows * 95 / 100,
		.flows_pending = r->max_flows,
		.pending_prefix = 1 << 30,
		.heartbeat_ms = RIG_NOW_MS,
		.orphan_ms = 5000,
	};

	rig_set_control(r, &c);
	map_set(r->phase, &(__u32){ 0 }, &calm);
	for (uint32_t g = RIG_GENERATION - 2; g <= RIG_GENERATION; g++)
		rig_set_keys(r, g);
}

static void reset_services(const struct rig *r)
{
	struct hf_profile profile = {
		.rcv_wscale = RIG_RCV_WSCALE,
		.grants = RIG_GRANTS,
	};
	struct hf_service svc = {
		.id = RIG_SERVICE,
		.flags = HF_SVC_LISTENING,
		.mode = HF_MODE_ALWAYS,
		.profile = RIG_PROFILE,
		.profile_prev = RIG_PROFILE,
		.window = RIG_WINDOW,
	};
	static uint8_t ports[HF_PORTS_BYTES];

	rig_set_profile(r, RIG_PROFILE, &profile);
	ports[SERVER_PORT >> 3] = 1 << (SERVER_PORT & 7);
	map_set(r->ports, &(__u32){ 0 }, ports);
	map_clear(r->services);
	svc.mss = RIG_MSS4;
	rig_set_service(r, false, &svc);
	svc.mss = RIG_MSS6;
	rig_set_service(r, true, &svc);
}

/* As in bpf/open/pending.bpf.h, padded to what a CPU's value takes. */
struct pending_ends {
	uint32_t head, tail, oldest_ms, pad;
};

void rig_forget_presence(const struct rig *r)
{
	memset(r->filters, 0, sizeof(*r->filters));
}

void rig_reset(const struct rig *r)
{
	static struct hf_rate rates[CPUS_MAX];
	static const struct hf_brake no_brake;
	static const struct hf_stations any_station;
	static const struct pending_ends no_pending[CPUS_MAX];
	static const struct hf_asked_set nobody_asked;

	reset_control(r);
	reset_services(r);
	map_clear(r->flows);
	map_clear(r->half_open);
	map_clear(r->found);
	map_clear(r->zones);
	map_set(r->asked, &(__u32){ 0 }, &nobody_asked);
	rig_forget_presence(r);
	map_set(r->rate, &(__u32){ 0 }, rates);
	map_set(r->brake, &(__u32){ RIG_SERVICE }, &no_brake);
	map_set(r->stations, &(__u32){ RIG_IFACE }, &any_station);
	map_set(r->pending_ends, &(__u32){ 0 }, no_pending);
}

void rig_set_closed(const struct rig *r, const struct hf_closed_set *each)
{
	static struct hf_closed_set sets[1 << HF_CLOSED_BITS];
	static uint32_t keys[1 << HF_CLOSED_BITS];
	uint32_t nr = 1 << HF_CLOSED_BITS;

	for (uint32_t i = 0; i < nr; i++) {
		keys[i] = i;
		sets[i] = *each;
	}
	ck_assert(!bpf_map_update_batch(r->closed, keys, sets, &nr, NULL));
}

const struct hf_closed_set *rig_closed(const struct rig *r)
{
	static struct hf_closed_set sets[1 << HF_CLOSED_BITS];
	static uint32_t keys[1 << HF_CLOSED_BITS];
	uint32_t nr = 1 << HF_CLOSED_BITS, next;

	ck_assert(!bpf_map_lookup_batch(r->closed, NULL, &next, keys, sets, &nr,
					NULL));
	ck_assert_uint_eq(nr, 1 << HF_CLOSED_BITS);
	return sets;
}

void rig_set_station(const struct rig *r, const uint8_t mac[6])
{
	struct hf_stations s = { .nr = 1 };

	memcpy(&s.mac[0], mac, 6);
	map_set(r->stations, &(__u32){ RIG_IFACE }, &s);
}

void rig_forget_prefixes(const struct rig *r)
{
	static uint32_t keys[1 << HF_PREFIX_BITS];
	uint32_t nr = 1 << HF_PREFIX_BITS, len;
	struct bpf_map_info info = {};
	void *none;

	len = sizeof(info);
	ck_assert(!bpf_obj_get_info_by_fd(r->prefixes, &info, &len));
	none = calloc(nr, (info.value_size + 7) / 8 * 8);
	ck_assert_ptr_nonnull(none);
	for (uint32_t i = 0; i < nr; i++)
		keys[i] = i;
	ck_assert(!bpf_map_update_batch(r->prefixes, keys, none, &nr, NULL));
	free(none);
}

static int on_event(void *arg, void *data, size_t size)
{
	const struct hf_event_rec *rec = data;
	struct told *told = arg;

	if (size >= sizeof(*rec) && rec->event < HF_EVENT_NR)
		told->nr[rec->event]++;
	return 0;
}

struct told rig_told(const struct rig *r)
{
	struct told told = { { 0 } };
	struct ring_buffer *ring = ring_buffer__new(r->events, on_event, &told,
						    NULL);

	ck_assert_ptr_nonnull(ring);
	ring_buffer__consume(ring);
	ring_buffer__free(ring);
	return told;
}

/* A counter's sum over all CPUs. */
static struct counted counters_read(int fd, uint32_t row)
{
	static struct hf_counters per_cpu[CPUS_MAX];
	struct counted sum = { 0 };

	map_get(fd, &row, per_cpu);
	for (int cpu = 0; cpu < cpus(); cpu++)
		for (int i = 0; i < HF_CNT_NR; i++)
			sum.n[i] += per_cpu[cpu].n[i];
	return sum;
}

uint64_t rig_count(const struct rig *r, enum hf_counter counter)
{
	return counters_read(r->counters, RIG_SERVICE).n[counter];
}

uint64_t rig_count_iface(const struct rig *r, enum hf_counter counter)
{
	return counters_read(r->iface_counters, RIG_IFACE).n[counter];
}

void rig_list_raised(const struct rig *r, FILE *fp)
{
	static struct hf_counters per_cpu[CPUS_MAX];
	uint64_t sum[HF_CNT_NR] = { 0 };

	if (bpf_map_lookup_elem(r->iface_counters, &(__u32){ RIG_IFACE },
				per_cpu))
		return;
	for (int cpu = 0; cpu < cpus(); cpu++)
		for (int i = 0; i < HF_CNT_NR; i++)
			sum[i] += per_cpu[cpu].n[i];
	for (int i = 0; i < HF_CNT_NR; i++)
		if (sum[i])
			fprintf(fp, "%s\n", counter_names[i]);
}

static struct counted counted_since(struct counted now,
				    const struct counted *before)
{
	for (int i = 0; i < HF_CNT_NR; i++)
		now.n[i] -= before->n[i];
	return now;
}

/* syn_seen is the sum of its three kinds of reasons. */
static void check_identity(const struct counted *c)
{
	uint64_t reasons = 0;

	for (int i = 0; i < HF_CNT_NR; i++)
		if (!strncmp(counter_names[i], "syn_", 4) &&
		    i != HF_CNT_SYN_SEEN)
			reasons += c->n[i];
	ck_assert_uint_eq(c->n[HF_CNT_SYN_SEEN], reasons);
}

/* Who counts for a service or for none counts for the interface. */
static void check_counters(const struct result *res,
			   const struct counted *iface)
{
	for (int i = 0; i < HF_CNT_NR; i++)
		if (iface->n[i] != res->service.n[i] + res->none.n[i])
			ck_abort_msg("%s: interface and service differ",
				     counter_names[i]);
	check_identity(&res->service);
	check_identity(&res->none);
}

void rig_run(const struct rig *r, const struct frame_buf *in,
	     struct result *res)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in->byte,
		    .data_size_in = in->len, .data_out = res->out.byte,
		    .data_size_out = sizeof(res->out.byte), .repeat = 1);
	struct counted service = counters_read(r->counters, RIG_SERVICE);
	struct counted none = counters_read(r->counters, 0);
	struct counted iface = counters_read(r->iface_counters, RIG_IFACE);
	int err = bpf_prog_test_run_opts(r->ingress, &opts);

	ck_assert_msg(!err, "test run of %u bytes: %d", in->len, err);
	res->verdict = opts.retval;
	res->out.len = opts.data_size_out;
	res->service = counted_since(counters_read(r->counters, RIG_SERVICE),
				     &service);
	res->none = counted_since(counters_read(r->counters, 0), &none);
	iface = counted_since(counters_read(r->iface_counters, RIG_IFACE),
			      &iface);
	check_counters(res, &iface);
}

void rig_send(const struct rig *r, const struct spec *in, struct result *res)
{
	struct frame_buf frame;

	frame_build(&frame, in);
	rig_run(r, &frame, res);
}

counter_set rig_counted(const struct counted *c)
{
	counter_set bits = 0;

	for (int i = 0; i < HF_CNT_NR; i++) {
		if (c->n[i] > 1)
			ck_abort_msg("%s counted twice", counter_names[i]);
		bits |= (counter_set)c->n[i] << i;
	}
	return bits;
}

const char *rig_counter_names(counter_set bits)
{
	static char texts[2][512];
	static int turn;
	char *text = texts[turn ^= 1];
	size_t at = 0;

	text[0] = 0;
	for (int i = 0; i < HF_CNT_NR; i++)
		if (bits >> i & 1 && at < sizeof(texts[0]) - 40)
			at += sprintf(text + at, " %s", counter_names[i]);
	return text;
}

static void tuple_address(__be32 to[4], const uint8_t *from, bool ip6,
			  const uint8_t *or_else)
{
	from = from[0] ? from : or_else;
	if (ip6) {
		memcpy(to, from, 16);
		return;
	}
	to[2] = htonl(0xffff);
	memcpy(&to[3], from, 4);
}

struct hf_tuple rig_tuple(const struct spec *s)
{
	struct hf_tuple t = {
		.client_port = htons(s->client_port ?: CLIENT_PORT),
		.server_port = htons(s->server_port ?: SERVER_PORT),
	};

	tuple_address(t.client, s->client, s->ip6, s->ip6 ? client6 : client4);
	tuple_address(t.server, s->server, s->ip6, s->ip6 ? server6 : server4);
	for (int i = 0; i < s->tags; i++)
		t.zone = t.zone << 12 | (s->tci[i] & 0xfff);
	return t;
}

bool rig_flow(const struct rig *r, const struct spec *s, struct hf_flow *f)
{
	struct hf_tuple t = rig_tuple(s);

	return !bpf_map_lookup_elem(r->flows, &t, f);
}

void rig_set_flow(const struct rig *r, const struct spec *s,
		  const struct hf_flow *f)
{
	struct hf_tuple t = rig_tuple(s);

	ck_assert_int_eq(bpf_map_update_elem(r->flows, &t, f, BPF_EXIST), 0);
}

void rig_answer_zone(const struct rig *r, const struct spec *s)
{
	struct hf_tuple t = rig_tuple(s);

	if (t.zone)
		map_set(r->zones, &t.zone, &(__u32){ RIG_NOW_MS });
}

bool rig_half_open(const struct rig *r, const struct spec *s)
{
	struct hf_tuple t = rig_tuple(s);
	struct hf_half_open h;

	return !bpf_map_lookup_elem(r->half_open, &t, &h);
}

unsigned int rig_flows(const struct rig *r)
{
	struct hf_tuple key, next;
	unsigned int n = 0;
	void *at = NULL;

	while (!bpf_map_get_next_key(r->flows, at, &next)) {
		key = next;
		at = &key;
		n++;
	}
	return n;
}

static bool bit_of(const uint32_t *bit, uint32_t i)
{
	return bit[i / 32] >> i % 32 & 1;
}

/* How many records a half of a cell has; its tags must say the same. */
static uint32_t half_of(uint32_t cell, int half)
{
	uint32_t n = cell >> half & HF_PRESENCE_COUNT;

	ck_assert_msg(n || !(uint16_t)(cell >> half), "tags of nobody");
	return n;
}

/* How many records a filter has; its bits must say the same. */
static uint64_t filter_sum(const uint32_t *bit, const uint32_t *cell,
			   uint32_t cells, bool halves)
{
	uint32_t wrong = 0, n;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < cells; i++) {
		n = cell[i];
		if (n && halves)
			n = half_of(n, 0) + half_of(n, HF_PRESENCE_HALF);
		wrong += bit_of(bit, i) != !!n;
		sum += n;
	}
	ck_assert_uint_eq(wrong, 0);
	return sum;
}

uint64_t rig_presence(const struct rig *r)
{
	const struct hf_presence *p = r->filters;

	return filter_sum(p->flow_bit, p->flow_cell, HF_PRESENCE_FLOW_CELLS,
			  true) +
	       (filter_sum(p->tc_bit, p->tc_cell, HF_PRESENCE_TC_CELLS, false)
		<< 16);
}

unsigned int rig_tc_cells(const struct rig *r)
{
	unsigned int nr = 0;

	for (uint32_t i = 0; i < HF_PRESENCE_TC_CELLS; i++)
		nr += bit_of(r->filters->tc_bit, i);
	return nr;
}

void rig_presence_share(const struct rig *r, int records)
{
	uint32_t *cell = r->filters->flow_cell, other = 3 << HF_PRESENCE_SUM;
	uint32_t more = records * (5 << HF_PRESENCE_SUM | 1);
	int half;

	for (uint32_t i = 0; i < HF_PRESENCE_FLOW_CELLS; i++) {
		if (!cell[i])
			continue;
		half = (uint16_t)cell[i] ? 0 : HF_PRESENCE_HALF;
		cell[i] = (cell[i] ^ other << half) + (more << half);
	}
}

void rig_presence_other_half(const struct rig *r, bool stays)
{
	uint32_t *cell = r->filters->flow_cell, was;

	for (uint32_t i = 0; i < HF_PRESENCE_FLOW_CELLS; i++) {
		was = cell[i];
		cell[i] = was << HF_PRESENCE_HALF | was >> HF_PRESENCE_HALF;
		if (stays)
			cell[i] |= was;
	}
}

void rig_reap(const struct rig *r, struct hf_reap_arg *arg)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = arg,
		    .ctx_size_in = sizeof(*arg));

	ck_assert_int_eq(bpf_prog_test_run_opts(r->reap, &opts), 0);
}

void rig_remove(const struct rig *r, const struct spec *s)
{
	struct hf_reap_arg arg = { .tuple = rig_tuple(s) };
	struct hf_flow f;

	ck_assert(rig_flow(r, s, &f));
	arg.life = f.life;
	arg.op = HF_REAP_MARK;
	rig_reap(r, &arg);
	arg.op = HF_REAP_REMOVE;
	rig_reap(r, &arg);
	ck_assert(arg.done);
}
