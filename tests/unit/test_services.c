// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Protected services in a made-up machine: what listens, which maps there are
 * and which writes fail is the test's word. Each look brings the maps in step.
 */
#include "run.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/attach/seen.h"
#include "daemon/service/services.h"
#include "lib/log.h"
#include "sys/link.h"
#include "sys/sysctl.h"

#define LISTENERS_MAX	1200
#define PAIRS_MAX	4096
#define FD_SERVICES	1001
#define FD_FOUND	1002
#define FOUND_MAX	2048
#define NOW_MS		1000000U
#define MINUTE_MS	60000U

struct noted {
	struct hf_service_key key;
	struct hf_found value;
};

static struct machine {
	struct listener listener[LISTENERS_MAX];
	struct listener_list listening;		/* those */
	struct service_entry pair[PAIRS_MAX];	/* the map `services` */
	int pairs;
	bool services_full;			/* it takes no new pair */
	struct noted found[FOUND_MAX];		/* the map `found` */
	int founds;
	int refused;				/* as counted */
	int found_err;				/* of a list that breaks off */
	struct hf_counters counters[HF_SERVICES_MAX], base[HF_SERVICES_MAX];
	struct hf_brake brake[HF_SERVICES_MAX];
	struct hf_answer answer[HF_SERVICES_MAX];
	struct hf_service_info info[HF_SERVICES_MAX];
	struct hf_profile profile[HF_PROFILES_MAX];
	struct hf_control control;
	int marks_restarted;
	__u8 ports[HF_PORTS_BYTES];
	int errors_said;
} m;

static struct services services;
static struct config config;
static struct services_view view;
static struct dataplane dp;

/* The kernel. */

static struct service_entry *find_pair(const struct hf_service_key *key)
{
	for (int i = 0; i < m.pairs; i++)
		if (!memcmp(&m.pair[i].key, key, sizeof(*key)))
			return &m.pair[i];
	return NULL;
}

int bpf_map_update_elem(int fd, const void *key, const void *value, __u64 flags)
{
	struct service_entry *e = find_pair(key);

	ck_assert_int_eq(fd, FD_SERVICES);
	ck_assert_uint_eq(flags, BPF_ANY);
	if (!e && m.services_full) {
		errno = E2BIG;
		return -E2BIG;
	}
	if (!e) {
		ck_assert_int_lt(m.pairs, PAIRS_MAX);
		e = &m.pair[m.pairs++];
	}
	memcpy(&e->key, key, sizeof(e->key));
	memcpy(&e->value, value, sizeof(e->value));
	return 0;
}

int bpf_map_delete_elem(int fd, const void *key)
{
	struct service_entry *e = find_pair(key);

	for (int i = 0; fd == FD_FOUND && i < m.founds; i++) {
		if (memcmp(&m.found[i].key, key, sizeof(m.found[i].key)))
			continue;
		m.found[i] = m.found[--m.founds];
		return 0;
	}
	ck_assert_int_eq(fd, FD_SERVICES);
	if (!e) {
		errno = ENOENT;
		return -ENOENT;
	}
	*e = m.pair[--m.pairs];
	return 0;
}

int bpf_map_get_next_key(int fd, const void *key, void *next)
{
	int next_at = key ? find_pair(key) - m.pair + 1 : 0;

	ck_assert_int_eq(fd, FD_SERVICES);
	if (next_at == m.pairs)
		return -ENOENT;
	memcpy(next, &m.pair[next_at].key, sizeof(m.pair[0].key));
	return 0;
}

int bpf_map_lookup_elem(int fd, const void *key, void *value)
{
	const struct service_entry *e = find_pair(key);

	ck_assert_int_eq(fd, FD_SERVICES);
	if (!e)
		return -ENOENT;
	memcpy(value, &e->value, sizeof(e->value));
	return 0;
}

static void *row(enum hf_map map, __u32 at, size_t *size)
{
	switch ((int)map) {
	case HF_MAP_ANSWERS: *size = sizeof(m.answer[0]); return &m.answer[at];
	case HF_MAP_BRAKE: *size = sizeof(m.brake[0]); return &m.brake[at];
	case HF_MAP_SERVICE_INFO: *size = sizeof(m.info[0]); return &m.info[at];
	case HF_MAP_PROFILES:
		*size = sizeof(m.profile[0]);
		return &m.profile[at];
	}
	ck_abort_msg("map %d", map);
	return NULL;
}

int map_read(const struct maps *maps, enum hf_map map, __u32 at, void *value)
{
	size_t size;
	const void *from = row(map, at, &size);

	(void)maps;
	memcpy(value, from, size);
	return 0;
}

int map_write(const struct maps *maps, enum hf_map map, __u32 at,
	      const void *value)
{
	size_t size;
	void *to = row(map, at, &size);

	(void)maps;
	memcpy(to, value, size);
	return 0;
}

int map_read_counters(const struct maps *maps, enum hf_map map, __u32 at,
		      struct hf_counters *sum)
{
	(void)maps;
	ck_assert_int_eq(map, HF_MAP_COUNTERS);
	for (int i = 0; i < HF_CNT_NR; i++)
		sum->n[i] = m.counters[at].n[i] - m.base[at].n[i];
	return 0;
}

int map_rebase_counters(const struct maps *maps, enum hf_map map, __u32 at)
{
	(void)maps;
	ck_assert_int_eq(map, HF_MAP_COUNTERS);
	m.base[at] = m.counters[at];
	return 0;
}

void seen_restart(struct dataplane *of, uint64_t now_ms)
{
	(void)of;
	(void)now_ms;
	m.marks_restarted++;
}

int map_for_each_found(const struct maps *maps, on_found_fn fn, void *arg)
{
	int err = 0;

	(void)maps;
	for (int i = 0; !err && i < m.founds; i++)
		err = fn(&m.found[i].key, &m.found[i].value, arg);
	return err ?: m.found_err;
}

void dataplane_note(const struct dataplane *of, __u32 service,
		    enum hf_counter counter)
{
	(void)of;
	ck_assert_uint_eq(service, 0);
	ck_assert_int_eq(counter, HF_CNT_FOUND_NO_ROW);
	m.refused++;
}

int link_for_each_addr(void (*fn)(const struct in6_addr *, void *), void *arg)
{
	struct in6_addr addr;

	inet_pton(AF_INET6, "::ffff:10.0.0.1", &addr);
	fn(&addr, arg);
	return 0;
}

int sysctl_wscale(long space)
{
	int shift = 0;

	for (; space > 65535 && shift < 14; space >>= 1)
		shift++;
	return shift;
}

void dataplane_ask_sockets(struct dataplane *of, __u32 now_ms)
{
	(void)of;
	(void)now_ms;
}

void log_error(const char *fmt, ...)
{
	(void)fmt;
	m.errors_said++;
}

/* The test. */

static void set_up(void)
{
	memset(&m, 0, sizeof(m));
	memset(&services, 0, sizeof(services));
	memset(&view, 0, sizeof(view));
	config_init(&config);
	config_resolve(&config);
	m.listening.at = m.listener;
	view.config = &config;
	view.listeners = &m.listening;
	view.reqsk = view.syncookies = true;
	view.profile.rcv_wscale = 14;
	view.profile.grants = HF_OPT_SACK;
	view.mtu = 1500;
	view.now_ms = NOW_MS;
	dp.maps.fd[HF_MAP_SERVICES] = FD_SERVICES;
	dp.maps.fd[HF_MAP_FOUND] = FD_FOUND;
	dp.control = &m.control;
	dp.ports = m.ports;
	m.errors_said = 0;
	services_take_over(&services, &dp);
}

static void tear_down(void)
{
	services_free(&services);
}

/* SPECs as -p or -e gives them. */
static void set_specs(struct spec_list *list, const char *text)
{
	const char *bad;

	list->nr = 0;
	ck_assert_int_eq(spec_list_add(list, text, &bad), 0);
}

/* A socket listens on any address. */
static struct listener *listens(uint16_t port)
{
	struct listener *l = &m.listener[m.listening.nr++];

	memset(l, 0, sizeof(*l));
	l->port = port;
	l->sockets = 1;
	return l;
}

/* Its last one closes. */
static void closes(void)
{
	m.listening.nr--;
}

static int look(void)
{
	int err = services_sync(&services, &view, &dp);

	services_publish(&services, &view, &dp, "");
	return err;
}

static const struct service_entry *pair_of(uint16_t port)
{
	struct hf_service_key key = { .port = htons(port) };
	struct in6_addr addr;

	inet_pton(AF_INET6, "::ffff:10.0.0.1", &addr);
	memcpy(key.addr, &addr, sizeof(addr));
	return find_pair(&key);
}

/* The map says so. */
static bool is_protected(uint16_t port)
{
	const struct service_entry *e = pair_of(port);

	return e && e->value.id && e->value.flags & HF_SVC_LISTENING;
}

static const struct hf_service_info *info_of(uint16_t port)
{
	char name[HF_SPEC_MAX];

	snprintf(name, sizeof(name), "*:%u", port);
	for (int i = 1; i < HF_SERVICES_MAX; i++)
		if (m.info[i].used && !strcmp(m.info[i].spec, name))
			return &m.info[i];
	return NULL;
}

/* What people are told of port 80: the handoff, and why. */
static void has_handoff(enum hf_handoff handoff, enum hf_choice choice)
{
	look();
	ck_assert_int_eq(info_of(80)->handoff, handoff);
	ck_assert_int_eq(info_of(80)->choice, choice);
}

START_TEST(a_service_says_which_handoff_it_has_and_why)
{
	listens(80);
	has_handoff(HF_HANDOFF_REQSK, HF_CHOICE_FREE);
	view.hooks = HF_HOOKS_IP4;
	has_handoff(HF_HANDOFF_SPLICE, HF_CHOICE_HOOKS);
	view.hooks = HF_HOOKS_IP6;	/* it has no such address */
	has_handoff(HF_HANDOFF_REQSK, HF_CHOICE_FREE);
	view.syncookies = false;
	has_handoff(HF_HANDOFF_SPLICE, HF_CHOICE_SYNCOOKIES);
	view.reqsk = false;
	has_handoff(HF_HANDOFF_SPLICE, HF_CHOICE_KERNEL);
	closes();
	has_handoff(HF_HANDOFF_SPLICE, HF_CHOICE_BEHIND);
}
END_TEST

START_TEST(a_handoff_that_is_asked_for_is_not_chosen)
{
	listens(80);
	view.hooks = HF_HOOKS_IP4 | HF_HOOKS_IP6;
	config.service.handoff = HF_HANDOFF_REQSK;
	has_handoff(HF_HANDOFF_REQSK, HF_CHOICE_ASKED);
	ck_assert(pair_of(80)->value.flags & HF_SVC_REQSK);
	config.service.handoff = HF_HANDOFF_SPLICE;
	has_handoff(HF_HANDOFF_SPLICE, HF_CHOICE_ASKED);
	ck_assert(pair_of(80)->value.flags & HF_SVC_SPLICE);
	config.service.handoff = HF_HANDOFF_NONE;
	has_handoff(HF_HANDOFF_SPLICE, HF_CHOICE_HOOKS);
	ck_assert(!(pair_of(80)->value.flags & (HF_SVC_REQSK | HF_SVC_SPLICE)));
}
END_TEST

START_TEST(a_failed_write_is_not_armed_and_tried_again)
{
	listens(80);
	ck_assert_int_eq(look(), 0);
	m.services_full = true;
	listens(81);
	ck_assert_int_eq(look(), -E2BIG);
	ck_assert(is_protected(80) && info_of(80)->armed);
	ck_assert(!pair_of(81));
	ck_assert(!info_of(81)->armed);
	ck_assert_str_ne(info_of(81)->why, "");
	ck_assert_uint_eq(m.info[0].addrs, 1);
	ck_assert_int_eq(look(), -E2BIG);
	m.services_full = false;
	ck_assert_int_eq(look(), 0);
	ck_assert(is_protected(81) && info_of(81)->armed);
	ck_assert_str_eq(info_of(81)->why, "");
}
END_TEST

START_TEST(ten_thousand_one_shot_listeners_are_all_served)
{
	listens(22);
	look();
	for (int i = 0; i < 10000; i++) {
		listens(20000 + i);
		ck_assert_int_eq(look(), 0);
		ck_assert_msg(is_protected(20000 + i), "the %dth", i);
		ck_assert_msg(is_protected(22), "beside the %dth", i);
		closes();
	}
	ck_assert_int_eq(m.errors_said, 0);
	ck_assert_int_le(m.pairs, HF_SERVICES_MAX);
	ck_assert_str_eq(m.info[pair_of(22)->value.id].spec, "*:22");
}
END_TEST

/* A local user opens more than there are rows, and closes them. */
START_TEST(what_has_no_row_is_counted_and_gets_one_later)
{
	listens(80);
	look();
	for (int i = 0; i < 1100; i++)
		listens(20000 + i);
	look();
	ck_assert(is_protected(80));
	ck_assert_uint_eq(m.info[0].addrs, 1101 - (HF_SERVICES_MAX - 1));
	ck_assert_str_ne(m.info[0].why, "");
	ck_assert_uint_eq(m.info[0].used, HF_ROW_FREE);
	look();
	ck_assert_uint_eq(m.info[0].addrs, 1101 - (HF_SERVICES_MAX - 1));
	m.listening.nr = 1;
	listens(81);
	look();		/* they were there a look ago */
	look();
	ck_assert(is_protected(80) && is_protected(81));
	ck_assert_uint_eq(m.info[0].addrs, 0);
}
END_TEST

/* By both IP versions, and by a SPEC besides. */
START_TEST(a_name_without_a_row_counts_once)
{
	set_specs(&config.protect, "all,9");
	for (int i = 0; i < HF_SERVICES_MAX - 1; i++)
		listens(20000 + i);
	look();
	ck_assert_uint_eq(m.info[0].addrs, 1);
	listens(9);
	listens(9)->v6only = true;
	look();
	ck_assert_uint_eq(m.info[0].addrs, 1);
}
END_TEST

START_TEST(sockets_of_one_port_are_one_service)
{
	listens(80)->sockets = 16000;
	look();
	ck_assert(pair_of(80)->value.flags & HF_SVC_SHARED);
	ck_assert_uint_eq(services.sockets, 16000);
	listens(81);
	look();
	ck_assert(!(pair_of(81)->value.flags & HF_SVC_SHARED));
	ck_assert_uint_eq(services.sockets, 16001);
}
END_TEST

/* A name is found among those of the same hash, and by a daemon that comes later. */
START_TEST(a_name_has_one_row)
{
	for (int i = 0; i < 700; i++)
		listens(20000 + i);
	look();
	for (int again = 0; again < 2; again++) {
		for (int i = 0; i < 700; i++)
			ck_assert_ptr_eq(info_of(20000 + i), &m.info[i + 1]);
		services_free(&services);
		memset(&services, 0, sizeof(services));
		services_take_over(&services, &dp);
		look();
	}
	ck_assert_int_eq(services.rows.nr, 701);
}
END_TEST

/* 1023 names, all idle; the first half of the rows has a connection each. */
static void fill_rows(int with_flows)
{
	for (int i = 1; i < HF_SERVICES_MAX; i++) {
		listens(20000 + i);
		look();
		closes();
	}
	for (int i = 1; i <= with_flows; i++)
		m.counters[i].n[HF_CNT_FLOW_CREATED] = 8;
	for (int i = 1; i <= with_flows; i++)
		m.counters[i].n[HF_CNT_FLOW_CLOSED] = 7;
	look();
	look();
}

START_TEST(a_row_with_connections_is_not_given_to_another)
{
	fill_rows(HF_SERVICES_MAX - 2);
	listens(80);
	look();
	ck_assert(is_protected(80));
	ck_assert_uint_eq(pair_of(80)->value.id, HF_SERVICES_MAX - 1);
	listens(81);
	look();
	ck_assert(!is_protected(81));
	ck_assert_int_eq(m.errors_said, 1);
	m.counters[5].n[HF_CNT_FLOW_CLOSED] = 8;
	look();
	ck_assert(is_protected(81));
	ck_assert_uint_eq(pair_of(81)->value.id, 5);
}
END_TEST

START_TEST(the_next_owner_of_a_row_begins_at_zero)
{
	struct hf_counters c;
	int id;

	fill_rows(0);
	for (int i = 1; i < HF_SERVICES_MAX; i++) {
		m.counters[i].n[HF_CNT_SYN_SEEN] = 1000;
		m.brake[i].state = HF_BRAKE_TRIPPED;
		m.answer[i].seen_ms = 1;
	}
	listens(80);
	look();
	id = pair_of(80)->value.id;
	map_read_counters(&dp.maps, HF_MAP_COUNTERS, id, &c);
	ck_assert_uint_eq(c.n[HF_CNT_SYN_SEEN], 0);
	ck_assert_uint_eq(m.counters[id].n[HF_CNT_SYN_SEEN], 1000);
	ck_assert_int_eq(m.brake[id].state, HF_BRAKE_OFF);
	ck_assert_uint_eq(m.answer[id].seen_ms, 0);
	ck_assert_ptr_null(pair_of(20001));	/* whose row it was */
}
END_TEST

/* Its former owner's pair must not stay under the new name. */
START_TEST(a_row_given_in_a_look_that_failed_changed_hands)
{
	int id;

	set_specs(&config.protect, "all,10.9.0.0/16:443");
	fill_rows(0);
	ck_assert_ptr_nonnull(pair_of(20002));
	id = pair_of(20002)->value.id;
	listens(80);
	m.found_err = -EINTR;
	ck_assert_int_eq(look(), -EINTR);
	m.found_err = 0;
	ck_assert_int_eq(look(), 0);
	ck_assert_int_eq(pair_of(80)->value.id, id);
	ck_assert_ptr_null(pair_of(20002));
}
END_TEST

/* A listener that closes and comes back in the same look keeps its row. */
START_TEST(a_name_that_was_wanted_in_the_last_look_keeps_its_row)
{
	int id;

	fill_rows(HF_SERVICES_MAX - 2);
	listens(80);
	look();
	id = pair_of(80)->value.id;
	closes();
	listens(81);
	look();		/* 80 was there a look ago */
	ck_assert(!is_protected(81));
	look();
	ck_assert(is_protected(81));
	ck_assert_uint_eq(pair_of(81)->value.id, id);
}
END_TEST

/* Sixteen buffer sizes want more profiles than there are. */
START_TEST(a_profile_in_use_is_not_overwritten)
{
	struct hf_profile before[HF_PROFILES_MAX];

	view.rcvbuf = 1;
	for (int i = 0; i < HF_PROFILES_MAX - 1; i++)
		listens(80 + i)->rcvbuf = 65536U << i;
	look();
	memcpy(before, m.profile, sizeof(before));
	for (int grants = 0; grants < 8; grants++) {
		view.profile.grants = grants;
		look();
		for (int i = 0; i < m.pairs; i++) {
			const struct hf_service *v = &m.pair[i].value;
			const struct hf_profile *p = &m.profile[v->profile];

			ck_assert(!v->profile ||
				  (p->grants & ~before[v->profile].grants) ==
					  0);
		}
		ck_assert_mem_eq(before, m.profile, sizeof(before));
	}
}
END_TEST

START_TEST(a_profile_that_nobody_uses_any_more_is_given_out)
{
	for (int grants = 0; grants < 100; grants++) {
		m.listening.nr = 0;
		listens(80);
		view.profile.grants = grants;
		view.now_ms += 2 * HF_COOKIE_LIFETIME_MS;
		look();
		ck_assert_uint_eq(m.profile[pair_of(80)->value.profile].grants,
				  grants);
	}
}
END_TEST

/* Services behind a gateway. */

static void gateway_of(const char *specs)
{
	set_specs(&config.protect, specs);
}

static struct hf_service_key key_of(const char *addr, uint16_t port)
{
	struct hf_service_key key = { .port = htons(port) };
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, addr, &a), 1);
	memcpy(key.addr, &a, sizeof(a));
	return key;
}

static const struct service_entry *pair_at(const char *addr, uint16_t port)
{
	struct hf_service_key key = key_of(addr, port);

	return find_pair(&key);
}

/* A SYN-ACK leaves: as tc egress does, which notes it where nobody is. */
static void answers_key(const struct hf_service_key *key)
{
	const struct service_entry *e = find_pair(key);
	__u16 port = ntohs(key->port);
	struct noted *n;

	if (e) {
		m.answer[e->value.id].seen_ms = view.now_ms;
		return;
	}
	if (!(m.ports[port >> 3] & 1 << (port & 7)) && !m.control.find_ports)
		return;
	ck_assert_int_lt(m.founds, FOUND_MAX);
	n = &m.found[m.founds++];
	n->key = *key;
	n->value = (struct hf_found){ .seen_ms = view.now_ms,
				      .options = HF_OPT_TS };
}

static void answers(const char *addr, uint16_t port)
{
	struct hf_service_key key = key_of(addr, port);

	answers_key(&key);
}

/* The `nr`th host of 10.9.0.0/16. */
static struct hf_service_key nth_key(int nr)
{
	struct hf_service_key key = key_of("::ffff:10.9.0.0", 443);

	key.addr[3] |= htonl(nr + 1);
	return key;
}

static void nth_answers(int nr)
{
	struct hf_service_key key = nth_key(nr);

	answers_key(&key);
}

static bool nth_is_there(int nr)
{
	struct hf_service_key key = nth_key(nr);

	return find_pair(&key);
}

static void later(__u32 ms)
{
	view.now_ms += ms;
	m.founds = 0;	/* so old that nobody looks at them */
}

static const struct hf_service_info *info_named(const char *name)
{
	for (int i = 1; i < HF_SERVICES_MAX; i++)
		if (m.info[i].used == HF_ROW_USED &&
		    !strcmp(m.info[i].spec, name))
			return &m.info[i];
	return NULL;
}

START_TEST(what_answers_in_a_network_is_a_service)
{
	const struct service_entry *e;

	gateway_of("10.9.0.0/24:443,[2001:db8::/32]:8000-8010");
	look();
	answers("::ffff:10.9.0.7", 443);
	answers("2001:db8::7", 8003);
	look();
	e = pair_at("::ffff:10.9.0.7", 443);
	ck_assert_ptr_nonnull(e);
	ck_assert(!(e->value.flags & HF_SVC_LISTENING));
	ck_assert_uint_eq(e->value.mss, 1460);
	ck_assert_uint_eq(m.answer[e->value.id].seen_ms, NOW_MS);
	ck_assert_uint_eq(m.answer[e->value.id].options, HF_OPT_TS);
	ck_assert_str_eq(m.info[e->value.id].spec, "10.9.0.7:443");
	ck_assert(!m.info[e->value.id].listening);
	e = pair_at("2001:db8::7", 8003);
	ck_assert_ptr_nonnull(e);
	ck_assert_str_eq(m.info[e->value.id].spec, "[2001:db8::7]:8003");
}
END_TEST

/* Nothing answers there yet: watched, and no error. */
START_TEST(a_network_has_a_row_of_its_own)
{
	const struct hf_service_info *info;

	gateway_of("10.9.0.0/24:8000-8010");
	config.service.mode = HF_MODE_ALWAYS;
	ck_assert_int_eq(look(), 0);
	info = info_named("10.9.0.0/24:8000-8010");
	ck_assert_ptr_nonnull(info);
	ck_assert(!info->listening && info->armed);
	ck_assert_int_eq(info->mode, HF_MODE_ALWAYS);
	ck_assert_int_eq(m.pairs, 0);
	ck_assert_int_eq(m.errors_said, 0);
}
END_TEST

START_TEST(only_what_a_network_covers_is_a_service)
{
	gateway_of("10.9.0.0/24:443,80,[::/0]:443");
	set_specs(&config.exclude, "10.9.0.128/25:443");
	look();
	answers("::ffff:10.9.0.127", 443);
	answers("::ffff:10.9.0.128", 443);	/* excluded */
	answers("::ffff:10.9.1.1", 443);	/* another network */
	answers("::ffff:10.9.0.1", 80);		/* local addresses only */
	answers("2001:db8::1", 443);
	look();
	ck_assert_ptr_nonnull(pair_at("::ffff:10.9.0.127", 443));
	ck_assert_ptr_nonnull(pair_at("2001:db8::1", 443));
	ck_assert_ptr_null(pair_at("::ffff:10.9.0.128", 443));
	ck_assert_ptr_null(info_named("10.9.0.128:443"));
	ck_assert_ptr_null(pair_at("::ffff:10.9.1.1", 443));
	ck_assert_ptr_null(pair_at("::ffff:10.9.0.1", 80));
	ck_assert_int_eq(m.refused, 0);
}
END_TEST

START_TEST(without_splice_nothing_behind_is_looked_for)
{
	gateway_of("10.9.0.0/24:443");
	config.service.handoff = HF_HANDOFF_REQSK;
	look();
	m.ports[443 >> 3] |= 1 << (443 & 7);	/* of some other service */
	answers("::ffff:10.9.0.7", 443);
	look();
	ck_assert_ptr_null(pair_at("::ffff:10.9.0.7", 443));
	ck_assert_ptr_null(info_named("10.9.0.0/24:443"));
}
END_TEST

/* The local one by its socket, those behind by their answers. */
START_TEST(a_network_has_local_addresses_too)
{
	gateway_of("10.0.0.0/24:443");
	listens(443);
	look();
	ck_assert(is_protected(443));
	ck_assert_str_eq(m.info[pair_of(443)->value.id].spec, "*:443");
	answers("::ffff:10.0.0.1", 443);
	answers("::ffff:10.0.0.2", 443);
	look();
	ck_assert(is_protected(443));
	ck_assert_ptr_null(info_named("10.0.0.1:443"));
	ck_assert_ptr_nonnull(pair_at("::ffff:10.0.0.2", 443));
	closes();
	look();
	ck_assert(!is_protected(443));
	ck_assert_ptr_nonnull(pair_of(443));
	ck_assert_ptr_null(info_named("10.0.0.1:443"));
}
END_TEST

/* More ports than have a row each: the one published here is found. */
START_TEST(a_published_port_of_a_wide_range_is_found)
{
	gateway_of("10.0.0.0/24:8000-9000");
	look();
	ck_assert_ptr_null(pair_of(8080));
	answers("::ffff:10.0.0.1", 8080);
	look();
	ck_assert_ptr_nonnull(pair_of(8080));
}
END_TEST

/* Without an address it is this host's: what is published there, and no other's. */
START_TEST(a_published_port_is_found_by_specs_without_address)
{
	static const char *const specs[] = { "all", "8000-9000", "*:8000-9000",
					     "" };

	if (specs[_i][0])	/* none is all */
		gateway_of(specs[_i]);
	look();
	answers("::ffff:10.0.0.1", 8080);
	answers("::ffff:10.9.0.5", 8080);
	look();
	ck_assert_ptr_nonnull(pair_at("::ffff:10.0.0.1", 8080));
	ck_assert_ptr_null(pair_at("::ffff:10.9.0.5", 8080));
	ck_assert_int_eq(m.marks_restarted, 1);
	look();
	ck_assert_int_eq(m.marks_restarted, 1);
	ck_assert_ptr_nonnull(info_named("10.0.0.1:8080"));
	ck_assert_ptr_null(info_named(specs[_i]));
}
END_TEST

/* In the table that the map was made of. */
static enum service_rank rank_of(uint16_t port)
{
	const struct service_entry *e = pair_of(port);
	int i = 0;

	while (service_entry_cmp(&services.table.entry[i], e))
		i++;
	return services.table.entry[i].rank;
}

/* Neither what was found nor a socket that is no more stays by its last answer. */
START_TEST(what_is_gone_from_a_local_address_goes)
{
	listens(443);
	look();
	answers("::ffff:10.0.0.1", 443);
	answers("::ffff:10.0.0.1", 8080);
	closes();
	look();
	ck_assert_ptr_nonnull(pair_at("::ffff:10.0.0.1", 8080));
	ck_assert_int_eq(rank_of(443), SERVICE_FORMER);
	look();
	ck_assert_int_eq(rank_of(443), SERVICE_FORMER);
	later(HF_FOUND_SILENT_MS);
	look();
	ck_assert_ptr_null(pair_at("::ffff:10.0.0.1", 8080));
}
END_TEST

/* Nor where only sockets are services, or the SPECs name each port. */
START_TEST(any_port_is_not_looked_at_in_vain)
{
	gateway_of("80,8000-8010,10.9.0.0/24:443");
	look();
	ck_assert_uint_eq(m.control.find_ports, 0);
	gateway_of("all");
	look();
	ck_assert_uint_eq(m.control.find_ports, 1);
	config.service.handoff = HF_HANDOFF_REQSK;
	look();
	ck_assert_uint_eq(m.control.find_ports, 0);
}
END_TEST

START_TEST(a_single_address_with_many_ports_is_found_port_by_port)
{
	gateway_of("10.9.0.5:1-65535");
	look();
	answers("::ffff:10.9.0.5", 22);
	answers("::ffff:10.9.0.6", 22);
	look();
	ck_assert_ptr_nonnull(pair_at("::ffff:10.9.0.5", 22));
	ck_assert_ptr_null(pair_at("::ffff:10.9.0.6", 22));
}
END_TEST

START_TEST(a_silent_one_gives_its_row_back)
{
	int row;

	gateway_of("10.9.0.0/24:443");
	look();
	answers("::ffff:10.9.0.7", 443);
	look();
	row = pair_at("::ffff:10.9.0.7", 443)->value.id;
	later(HF_FOUND_SILENT_MS - 1);
	look();
	ck_assert_ptr_nonnull(pair_at("::ffff:10.9.0.7", 443));
	answers("::ffff:10.9.0.7", 443);
	later(HF_FOUND_SILENT_MS - 1);
	look();
	ck_assert_ptr_nonnull(info_named("10.9.0.7:443"));
	later(1);
	look();
	ck_assert_ptr_null(pair_at("::ffff:10.9.0.7", 443));
	ck_assert_ptr_null(info_named("10.9.0.7:443"));
	ck_assert_int_eq(m.info[row].used, HF_ROW_LEFT);
	answers("::ffff:10.9.0.7", 443);	/* and comes back */
	look();
	ck_assert_uint_eq(pair_at("::ffff:10.9.0.7", 443)->value.id, row);
	ck_assert_ptr_nonnull(info_named("10.9.0.7:443"));
}
END_TEST

START_TEST(a_note_that_is_old_makes_no_service)
{
	gateway_of("10.9.0.0/24:443");
	look();
	answers("::ffff:10.9.0.7", 443);
	view.now_ms += HF_FOUND_FRESH_MS + 1;
	look();
	ck_assert_ptr_null(pair_at("::ffff:10.9.0.7", 443));
}
END_TEST

static void fill_network(void)
{
	gateway_of("10.9.0.0/16:443");
	look();
	for (int i = 0; i < HF_FOUND_ROWS_MAX; i++)
		nth_answers(i);
	look();
	ck_assert_int_eq(m.pairs, HF_FOUND_ROWS_MAX);
	ck_assert_int_eq(m.refused, 0);
	m.founds = 0;
}

START_TEST(what_answers_is_not_pushed_out)
{
	fill_network();
	later(MINUTE_MS - 1);
	for (int i = HF_FOUND_ROWS_MAX; i < 2000; i++)
		nth_answers(i);
	look();
	for (int i = 0; i < HF_FOUND_ROWS_MAX; i++)
		ck_assert_msg(nth_is_there(i), "the %dth", i);
	ck_assert_int_eq(m.refused, 2000 - HF_FOUND_ROWS_MAX);
	ck_assert_int_eq(m.founds, 0);	/* forgotten */
	ck_assert_int_eq(m.errors_said, 1);
	nth_answers(2000);
	look();
	ck_assert_int_eq(m.errors_said, 1);
	listens(80);		/* there are rows for others */
	set_specs(&config.protect, "10.9.0.0/16:443,80");
	look();
	ck_assert(is_protected(80));
}
END_TEST

START_TEST(what_is_found_in_vain_is_counted_while_it_may_answer)
{
	fill_network();
	for (int i = HF_FOUND_ROWS_MAX; i < 2000; i++)
		nth_answers(i);
	look();
	ck_assert_uint_eq(m.info[0].addrs, 2000 - HF_FOUND_ROWS_MAX);
	ck_assert_str_eq(m.info[0].why, "at most 512 can be found");
	later(HF_ANSWER_BELIEVED_MS - 1);
	look();
	ck_assert_uint_eq(m.info[0].addrs, 2000 - HF_FOUND_ROWS_MAX);
	ck_assert_int_eq(m.errors_said, 1);
	later(1);
	look();
	ck_assert_uint_eq(m.info[0].addrs, 0);
	nth_answers(2000);
	for (int i = 0; i < HF_FOUND_ROWS_MAX; i++)
		nth_answers(i);
	look();
	ck_assert_uint_eq(m.info[0].addrs, 1);
	ck_assert_int_eq(m.errors_said, 2);
	gateway_of("10.8.0.0/16:443");	/* there is room for all of it */
	look();
	ck_assert_uint_eq(m.info[0].addrs, 0);
}
END_TEST

START_TEST(the_longest_silent_make_room)
{
	fill_network();
	later(MINUTE_MS);
	for (int i = 2; i < HF_FOUND_ROWS_MAX; i++)
		nth_answers(i);
	later(MINUTE_MS);
	nth_answers(1);
	for (int i = 2; i < HF_FOUND_ROWS_MAX; i += 2)
		nth_answers(i);
	nth_answers(1000);
	look();
	ck_assert(nth_is_there(1000));
	ck_assert(!nth_is_there(0));	/* two minutes, the others one or none */
	for (int i = 1; i < HF_FOUND_ROWS_MAX; i++)
		ck_assert_msg(nth_is_there(i), "the %dth", i);
	ck_assert_int_eq(m.refused, 0);
}
END_TEST

START_TEST(a_new_daemon_has_the_same_services)
{
	int row;

	gateway_of("10.9.0.0/24:443");
	look();
	answers("::ffff:10.9.0.7", 443);
	answers("::ffff:10.9.0.8", 443);
	look();
	row = pair_at("::ffff:10.9.0.7", 443)->value.id;
	later(2 * MINUTE_MS);
	answers("::ffff:10.9.0.7", 443);
	services_free(&services);
	memset(&services, 0, sizeof(services));
	services_take_over(&services, &dp);
	look();
	ck_assert_uint_eq(pair_at("::ffff:10.9.0.7", 443)->value.id, row);
	ck_assert_ptr_nonnull(info_named("10.9.0.8:443"));
	later(HF_FOUND_SILENT_MS - 2 * MINUTE_MS);
	look();
	ck_assert_ptr_nonnull(info_named("10.9.0.7:443"));
	ck_assert_ptr_null(info_named("10.9.0.8:443"));
}
END_TEST

START_TEST(a_network_that_is_not_named_any_more_loses_its_services)
{
	gateway_of("10.9.0.0/24:443,10.9.1.0/24:443");
	look();
	answers("::ffff:10.9.0.7", 443);
	answers("::ffff:10.9.1.7", 443);
	look();
	gateway_of("10.9.1.0/24:443");
	look();
	ck_assert_ptr_null(pair_at("::ffff:10.9.0.7", 443));
	ck_assert_ptr_null(info_named("10.9.0.0/24:443"));
	ck_assert_ptr_nonnull(pair_at("::ffff:10.9.1.7", 443));
	set_specs(&config.exclude, "10.9.1.7:443");
	look();
	ck_assert_ptr_null(pair_at("::ffff:10.9.1.7", 443));
	ck_assert_int_eq(m.pairs, 0);
}
END_TEST

/* Named by itself from now on: the same service, the same row. */
START_TEST(a_found_service_that_gets_a_spec_keeps_its_row)
{
	int row;

	gateway_of("10.9.0.0/24:443");
	look();
	answers("::ffff:10.9.0.7", 443);
	look();
	row = pair_at("::ffff:10.9.0.7", 443)->value.id;
	gateway_of("10.9.0.7:443");
	look();
	ck_assert_uint_eq(pair_at("::ffff:10.9.0.7", 443)->value.id, row);
	later(2 * HF_FOUND_SILENT_MS);
	look();
	ck_assert_uint_eq(pair_at("::ffff:10.9.0.7", 443)->value.id, row);
}
END_TEST

static TCase *gateway_tcase(void)
{
	TCase *tc = tcase_create("gateway");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 2 * test_timeout());
	tcase_add_test(tc, what_answers_in_a_network_is_a_service);
	tcase_add_test(tc, a_network_has_a_row_of_its_own);
	tcase_add_test(tc, only_what_a_network_covers_is_a_service);
	tcase_add_test(tc, without_splice_nothing_behind_is_looked_for);
	tcase_add_test(tc, a_network_has_local_addresses_too);
	tcase_add_test(tc, a_published_port_of_a_wide_range_is_found);
	tcase_add_loop_test(tc,
			    a_published_port_is_found_by_specs_without_address,
			    0, 4);
	tcase_add_test(tc, what_is_gone_from_a_local_address_goes);
	tcase_add_test(tc, any_port_is_not_looked_at_in_vain);
	tcase_add_test(tc,
		       a_single_address_with_many_ports_is_found_port_by_port);
	tcase_add_test(tc, a_silent_one_gives_its_row_back);
	tcase_add_test(tc, a_note_that_is_old_makes_no_service);
	tcase_add_test(tc, what_answers_is_not_pushed_out);
	tcase_add_test(tc,
		       what_is_found_in_vain_is_counted_while_it_may_answer);
	tcase_add_test(tc, the_longest_silent_make_room);
	tcase_add_test(tc, a_new_daemon_has_the_same_services);
	tcase_add_test(tc,
		       a_network_that_is_not_named_any_more_loses_its_services);
	tcase_add_test(tc, a_found_service_that_gets_a_spec_keeps_its_row);
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("services");
	TCase *tc = tcase_create("services");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 2 * test_timeout());
	tcase_add_test(tc, a_service_says_which_handoff_it_has_and_why);
	tcase_add_test(tc, a_handoff_that_is_asked_for_is_not_chosen);
	tcase_add_test(tc, a_failed_write_is_not_armed_and_tried_again);
	tcase_add_test(tc, ten_thousand_one_shot_listeners_are_all_served);
	tcase_add_test(tc, what_has_no_row_is_counted_and_gets_one_later);
	tcase_add_test(tc, a_name_without_a_row_counts_once);
	tcase_add_test(tc, sockets_of_one_port_are_one_service);
	tcase_add_test(tc, a_name_has_one_row);
	tcase_add_test(tc, a_row_with_connections_is_not_given_to_another);
	tcase_add_test(tc, the_next_owner_of_a_row_begins_at_zero);
	tcase_add_test(tc, a_row_given_in_a_look_that_failed_changed_hands);
	tcase_add_test(tc,
		       a_name_that_was_wanted_in_the_last_look_keeps_its_row);
	tcase_add_test(tc, a_profile_in_use_is_not_overwritten);
	tcase_add_test(tc, a_profile_that_nobody_uses_any_more_is_given_out);
	suite_add_tcase(suite, tc);
	suite_add_tcase(suite, gateway_tcase());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
