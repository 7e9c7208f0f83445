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

#include "daemon/service/services.h"
#include "lib/log.h"
#include "sys/link.h"
#include "sys/listener.h"
#include "sys/sysctl.h"

#define LISTENERS_MAX	1200
#define PAIRS_MAX	4096
#define FD_SERVICES	1001

static struct machine {
	struct listener listener[LISTENERS_MAX];
	int listeners;
	struct service_entry pair[PAIRS_MAX];	/* the map `services` */
	int pairs;
	bool services_full;			/* it takes no new pair */
	int listing_err;			/* of a list that breaks off */
	struct hf_counters counters[HF_SERVICES_MAX], base[HF_SERVICES_MAX];
	struct hf_brake brake[HF_SERVICES_MAX];
	struct hf_answer answer[HF_SERVICES_MAX];
	struct hf_service_info info[HF_SERVICES_MAX];
	struct hf_profile profile[HF_PROFILES_MAX];
	struct hf_control control;
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
	(void)fd;
	(void)key;
	(void)next;
	return -ENOENT;
}

int bpf_map_lookup_elem(int fd, const void *key, void *value)
{
	(void)fd;
	(void)key;
	(void)value;
	return -ENOENT;
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

int link_for_each_addr(void (*fn)(const struct in6_addr *, void *), void *arg)
{
	struct in6_addr addr;

	inet_pton(AF_INET6, "::ffff:10.0.0.1", &addr);
	fn(&addr, arg);
	return 0;
}

int listener_for_each(void (*fn)(const struct listener *, void *), void *arg)
{
	for (int i = 0; i < m.listeners; i++)
		fn(&m.listener[i], arg);
	return m.listing_err;
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
	view.config = &config;
	view.translated = &config.exclude;	/* none */
	view.profile.rcv_wscale = 14;
	view.profile.grants = HF_OPT_SACK;
	view.mtu = 1500;
	dp.maps.fd[HF_MAP_SERVICES] = FD_SERVICES;
	dp.control = &m.control;
	dp.ports = m.ports;
	m.errors_said = 0;
	services_take_over(&services, &dp);
}

static void tear_down(void)
{
	services_free(&services);
}

/* A socket listens on any address. */
static struct listener *listens(uint16_t port)
{
	struct listener *l = &m.listener[m.listeners++];

	memset(l, 0, sizeof(*l));
	l->port = port;
	return l;
}

/* Its last one closes. */
static void closes(void)
{
	m.listeners--;
}

static int look(void)
{
	int err = services_sync(&services, &view, &dp);

	services_publish(&services, &config, &dp, "");
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
	int id, id_of_80;

	fill_rows(0);
	ck_assert_ptr_nonnull(pair_of(20001));
	id = pair_of(20001)->value.id;
	listens(80);
	m.listing_err = -EINTR;
	ck_assert_int_eq(look(), -EINTR);
	m.listing_err = 0;
	ck_assert_int_eq(look(), 0);
	id_of_80 = pair_of(80)->value.id;
	ck_assert_int_eq(id_of_80, id);
	ck_assert_ptr_null(pair_of(20001));
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
		m.listeners = 0;
		listens(80);
		view.profile.grants = grants;
		view.now_ms += 2 * HF_COOKIE_LIFETIME_MS;
		look();
		ck_assert_uint_eq(m.profile[pair_of(80)->value.profile].grants,
				  grants);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("services");
	TCase *tc = tcase_create("services");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 2 * test_timeout());
	tcase_add_test(tc, a_failed_write_is_not_armed_and_tried_again);
	tcase_add_test(tc, ten_thousand_one_shot_listeners_are_all_served);
	tcase_add_test(tc, a_row_with_connections_is_not_given_to_another);
	tcase_add_test(tc, the_next_owner_of_a_row_begins_at_zero);
	tcase_add_test(tc, a_row_given_in_a_look_that_failed_changed_hands);
	tcase_add_test(tc,
		       a_name_that_was_wanted_in_the_last_look_keeps_its_row);
	tcase_add_test(tc, a_profile_in_use_is_not_overwritten);
	tcase_add_test(tc, a_profile_that_nobody_uses_any_more_is_given_out);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
