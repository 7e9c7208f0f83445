// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Protected services.
 *
 * Each look makes the whole table anew: every listening socket times every
 * local address that it takes connections on, as far as the SPECs want it;
 * then the SPECs that name single ports nobody listens on (they are watched),
 * and the pairs that were in the table and lost their listener. The difference
 * to what the map holds is written, nothing else.
 *
 * A service's name is that of its socket: "*:80" if it takes any address,
 * "10.0.0.5:443" or "[fd00::1]:443" if not. Names get their row for good, so
 * counters never change their owner.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "link.h"
#include "listener.h"
#include "log.h"
#include "services.h"
#include "sysctl.h"

#define WATCHED_PORTS_MAX	64	/* ports of one SPEC without listener */
#define MSS_HEADERS_IP4		40
#define MSS_HEADERS_IP6		60
#define WINDOW_DEFAULT		65536

/* The table in the making. */
struct table {
	struct service_entry *entry;
	int nr, room;
	struct in6_addr *addr;
	int addrs, addrs_room;
	const struct services_view *view;
	const struct dataplane *dp;
	struct services *services;
	unsigned int sockets;		/* listening, of some entry */
	int err;
};

static bool is_ip4(const struct in6_addr *a)
{
	return IN6_IS_ADDR_V4MAPPED(a);
}

static int entry_cmp(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct hf_service_key));
}

/* qsort() may not be given NULL, which a table without rows is. */
static void sort(void *row, int nr, size_t size,
		 int (*cmp)(const void *, const void *))
{
	if (nr)
		qsort(row, nr, size, cmp);
}

static void *grow(void *array, int nr, int *room, size_t size, int *err)
{
	void *bigger;

	if (nr < *room)
		return array;
	bigger = realloc(array, (*room ? *room * 2 : 64) * size);
	if (!bigger) {
		*err = -ENOMEM;
		return array;
	}
	*room = *room ? *room * 2 : 64;
	return bigger;
}

static void take_addr(const struct in6_addr *addr, void *arg)
{
	struct table *t = arg;

	t->addr = grow(t->addr, t->addrs, &t->addrs_room, sizeof(*addr),
		       &t->err);
	if (!t->err)
		t->addr[t->addrs++] = *addr;
}

/* The row of a service name, made if it is new; 0 when there is no room. */
static int service_row(struct services *s, const char *name)
{
	if (!s->info_nr)
		s->info_nr = 1;
	for (int i = 1; i < s->info_nr; i++)
		if (!strcmp(s->info[i].spec, name))
			return i;
	if (s->info_nr == HF_SERVICES_MAX) {
		if (!s->full_said)
			log_error("services: more than %d, %s and others are "
				  "not protected",
				  HF_SERVICES_MAX - 1, name);
		s->full_said = true;
		return 0;
	}
	memset(&s->info[s->info_nr], 0, sizeof(s->info[0]));
	snprintf(s->info[s->info_nr].spec, HF_SPEC_MAX, "%s", name);
	s->info[s->info_nr].used = 1;
	return s->info_nr++;
}

static void service_name(char *name, const struct in6_addr *addr, uint16_t port)
{
	char text[INET6_ADDRSTRLEN];

	if (!addr) {
		snprintf(name, HF_SPEC_MAX, "*:%u", port);
	} else if (is_ip4(addr)) {
		inet_ntop(AF_INET, &addr->s6_addr32[3], text, sizeof(text));
		snprintf(name, HF_SPEC_MAX, "%s:%u", text, port);
	} else {
		inet_ntop(AF_INET6, addr, text, sizeof(text));
		snprintf(name, HF_SPEC_MAX, "[%s]:%u", text, port);
	}
}

/* Add (addr, port) to the table if the SPECs want it. */
static void table_add(struct table *t, const struct in6_addr *addr,
		      uint16_t port, const struct hf_service *value)
{
	const struct config *c = t->view->config;
	struct service_entry *e;

	if (c->protect.nr && !spec_list_match(&c->protect, addr, port))
		return;
	if (spec_list_match(&c->exclude, addr, port))
		return;
	t->entry = grow(t->entry, t->nr, &t->room, sizeof(*e), &t->err);
	if (t->err)
		return;
	e = &t->entry[t->nr++];
	memset(e, 0, sizeof(*e));
	memcpy(e->key.addr, addr, sizeof(e->key.addr));
	e->key.port = htons(port);
	e->value = *value;
	if (spec_list_match(t->view->translated, addr, port))
		e->value.flags |= HF_SVC_TRANSLATED;
	e->value.mode = config_service_of(c, addr, port)->mode;
	e->value.profile_prev = value->profile;
	e->value.mss = t->view->mtu -
		       (is_ip4(addr) ? MSS_HEADERS_IP4 : MSS_HEADERS_IP6);
}

static bool addr_is_any(const struct in6_addr *a)
{
	return IN6_IS_ADDR_UNSPECIFIED(a) || (is_ip4(a) && !a->s6_addr32[3]);
}

/* Does the socket take connections to this local address? */
static bool listener_takes(const struct listener *l, const struct in6_addr *a)
{
	if (!addr_is_any(&l->addr))
		return !memcmp(&l->addr, a, sizeof(*a));
	if (is_ip4(&l->addr))
		return is_ip4(a);
	return !(is_ip4(a) && l->v6only);
}

/*
 * As tcp_select_initial_window(): a socket whose buffer was set (SO_RCVBUF) has
 * a window that never grows, and needs no larger scale than that takes.
 */
static __u8 listener_profile(struct table *t, const struct listener *l)
{
	struct hf_profile p = t->view->profile;
	__u8 shift;

	if (l->rcvbuf && l->rcvbuf != t->view->rcvbuf) {
		shift = sysctl_wscale(l->rcvbuf / 2);
		if (shift < p.rcv_wscale)
			p.rcv_wscale = shift;
	}
	return profiles_number(&t->services->profiles, &p, t->dp);
}

static void take_listener(const struct listener *l, void *arg)
{
	bool any = addr_is_any(&l->addr);
	int before;
	struct hf_service value = {
		.flags = HF_SVC_LISTENING,
		/* tcp_win_from_space(): half, since Linux 6.8 for any socket */
		.window = l->rcvbuf ? l->rcvbuf / 2 : WINDOW_DEFAULT,
	};
	struct table *t = arg;
	char name[HF_SPEC_MAX];

	before = t->nr;
	if (l->mptcp)
		value.flags |= HF_SVC_MPTCP;
	if (l->md5)
		value.flags |= HF_SVC_MD5;
	value.profile = listener_profile(t, l);
	service_name(name, any ? NULL : &l->addr, l->port);
	for (int i = 0; i < t->addrs; i++) {
		if (!listener_takes(l, &t->addr[i]))
			continue;
		if (!value.id)
			value.id = service_row(t->services, name);
		/* One address wins over any: its pairs sort first. */
		value.full = any;
		if (value.id)
			table_add(t, &t->addr[i], l->port, &value);
	}
	t->sockets += t->nr > before;
}

/* The single ports of a SPEC, whether somebody listens or not. */
static void watch_spec(struct table *t, const struct spec *s)
{
	struct hf_service value = {
		.window = WINDOW_DEFAULT,
		.profile = profiles_number(&t->services->profiles,
					   &t->view->profile, t->dp),
	};
	char name[HF_SPEC_MAX];

	if (s->all || s->port_hi - s->port_lo >= WATCHED_PORTS_MAX)
		return;
	for (int port = s->port_lo; port <= s->port_hi; port++) {
		for (int i = 0; i < t->addrs; i++) {
			if (!spec_match(s, &t->addr[i], port))
				continue;
			service_name(name, s->prefix == 128 ? &s->addr : NULL,
				     port);
			value.id = service_row(t->services, name);
			value.full = 2;
			if (value.id)
				table_add(t, &t->addr[i], port, &value);
		}
	}
}

static int addr_cmp(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct in6_addr));
}

/* Pairs whose listener went away while the address stayed. */
static void watch_former(struct table *t)
{
	const struct services *s = t->services;

	for (int i = 0; i < s->nr; i++) {
		struct hf_service value = {
			.id = s->entry[i].value.id,
			.window = s->entry[i].value.window,
			.profile = s->entry[i].value.profile,
			.full = 3,
		};
		struct in6_addr addr;

		memcpy(&addr, s->entry[i].key.addr, sizeof(addr));
		if (t->addrs &&
		    bsearch(&addr, t->addr, t->addrs, sizeof(addr), addr_cmp))
			table_add(t, &addr, ntohs(s->entry[i].key.port),
				  &value);
	}
}

/* `full` holds the rank while the table is made: lower wins. */
static int entry_rank_cmp(const void *a, const void *b)
{
	const struct service_entry *x = a, *y = b;
	int order = entry_cmp(a, b);

	return order ?: (int)x->value.full - (int)y->value.full;
}

/*
 * One entry a pair. Sockets that share it (SO_REUSEPORT) are merged: what one
 * of them cannot take, none is asked to.
 */
static void table_settle(struct table *t)
{
	int to = 0;

	sort(t->entry, t->nr, sizeof(*t->entry), entry_rank_cmp);
	for (int i = 0; i < t->nr; i++) {
		struct service_entry *e = &t->entry[i], *last = NULL;

		if (to)
			last = &t->entry[to - 1];
		if (!last || entry_cmp(last, e)) {
			t->entry[to++] = *e;
			continue;
		}
		if (last->value.full != e->value.full)
			continue;
		last->value.flags |= e->value.flags;
		if (e->value.flags & HF_SVC_LISTENING)
			last->value.flags |= HF_SVC_SHARED;
		if (e->value.window < last->value.window)
			last->value.window = e->value.window;
	}
	t->nr = to;
	for (int i = 0; i < to; i++)
		t->entry[i].value.full = 0;
}

static void set_port_bit(const struct dataplane *dp, __be16 port)
{
	uint16_t p = ntohs(port);

	__atomic_fetch_or(&dp->ports[p >> 3], 1 << (p & 7), __ATOMIC_RELAXED);
}

/* The data plane keeps copies of what it read from `services`. */
static void forget_copies(const struct dataplane *dp)
{
	__atomic_fetch_add(&dp->control->services_written, 1, __ATOMIC_RELEASE);
}

/*
 * Write the difference. Port bits stay: connections of a service that is no
 * more are still to be followed.
 */
static int write_difference(const struct services *s, const struct table *t,
			    const struct dataplane *dp)
{
	int fd = dp->maps.fd[HF_MAP_SERVICES], err = 0, i = 0, j = 0;
	bool written = false;

	while (i < s->nr || j < t->nr) {
		int order = i == s->nr ? 1
			    : j == t->nr
				    ? -1
				    : entry_cmp(&s->entry[i], &t->entry[j]);

		if (order < 0) {
			bpf_map_delete_elem(fd, &s->entry[i++].key);
			written = true;
			continue;
		}
		if (order || memcmp(&s->entry[i].value, &t->entry[j].value,
				    sizeof(struct hf_service))) {
			if (bpf_map_update_elem(fd, &t->entry[j].key,
						&t->entry[j].value, BPF_ANY))
				err = -errno;
			set_port_bit(dp, t->entry[j].key.port);
			written = true;
		}
		i += !order;
		j++;
	}
	if (written)
		forget_copies(dp);
	return err;
}

/* Cookies made under the profile that an entry had before are still good. */
static void carry_profiles(const struct services *s, struct table *t)
{
	struct service_entry *new = t->entry;

	for (int i = 0, j = 0; i < s->nr && j < t->nr;) {
		const struct hf_service *old = &s->entry[i].value;
		int order = entry_cmp(&s->entry[i], &new[j]);

		if (!order && old->profile != new[j].value.profile) {
			new[j].value.profile_prev = old->profile;
			new[j].value.profile_prev_until_ms =
				t->view->now_ms + HF_COOKIE_LIFETIME_MS;
		} else if (!order) {
			new[j].value.profile_prev = old->profile_prev;
			new[j].value.profile_prev_until_ms =
				old->profile_prev_until_ms;
		}
		i += order <= 0;
		j += order >= 0;
	}
}

int services_sync(struct services *s, const struct services_view *v,
		  const struct dataplane *dp)
{
	const struct spec_list *protect = &v->config->protect;
	struct table t = { .view = v, .dp = dp, .services = s };

	t.err = link_for_each_addr(take_addr, &t) ?: t.err;
	sort(t.addr, t.addrs, sizeof(*t.addr), addr_cmp);
	if (!t.err)
		t.err = listener_for_each(take_listener, &t) ?: t.err;
	for (int i = 0; i < protect->nr; i++)
		watch_spec(&t, &protect->spec[i]);
	watch_former(&t);
	if (t.err) {
		free(t.entry);
		free(t.addr);
		return t.err;
	}
	table_settle(&t);
	carry_profiles(s, &t);
	t.err = write_difference(s, &t, dp);
	free(s->entry);
	s->entry = t.entry;
	s->nr = t.nr;
	s->sockets = t.sockets;
	free(t.addr);
	return t.err;
}

void services_take_over(struct services *s, const struct dataplane *dp)
{
	int fd = dp->maps.fd[HF_MAP_SERVICES], room = 0, err = 0;
	struct hf_service_key key, *prev = NULL;

	s->info_nr = 1;
	while (s->info_nr < HF_SERVICES_MAX &&
	       !map_read(&dp->maps, HF_MAP_SERVICE_INFO, s->info_nr,
			 &s->info[s->info_nr]) &&
	       s->info[s->info_nr].used)
		s->info_nr++;
	while (!bpf_map_get_next_key(fd, prev, &key)) {
		prev = &key;
		s->entry = grow(s->entry, s->nr, &room, sizeof(*s->entry),
				&err);
		if (err)
			return;
		s->entry[s->nr].key = key;
		if (bpf_map_lookup_elem(fd, &key, &s->entry[s->nr].value))
			continue;
		s->nr++;
	}
	forget_copies(dp);	/* the one before may have died at it */
	profiles_take_over(&s->profiles, dp);
	sort(s->entry, s->nr, sizeof(*s->entry), entry_cmp);
}

static const char *service_why(const struct hf_service *v)
{
	if (v->flags & HF_SVC_MPTCP)
		return "the listener is an MPTCP socket";
	if (v->flags & HF_SVC_TRANSLATED)
		return "nftables sends this port's packets elsewhere (dnat, "
		       "redirect or tproxy)";
	if (v->flags & HF_SVC_MD5)
		return "the listener has TCP-MD5 or TCP-AO keys";
	return NULL;
}

/* SYN-ACKs after 1, 3, 7, ... s, and as long again for the last one. */
static __u32 half_open_ms(const struct config *c,
			  const struct hf_service_key *k)
{
	struct in6_addr addr;

	memcpy(&addr, k->addr, sizeof(addr));
	return 1000 * ((2U << config_service_of(c, &addr, ntohs(k->port))
				      ->timers.tcp_synack_retries) -
		       1);
}

void services_publish(struct services *s, const struct config *c,
		      const struct dataplane *dp, bool armed, const char *why)
{
	for (int i = 1; i < s->info_nr; i++) {
		s->info[i].listening = 0;
		s->info[i].addrs = 0;
		s->info[i].half_open_ms = 0;
		s->info[i].armed = armed;
		snprintf(s->info[i].why, HF_TEXT_MAX, "%s", why);
	}
	for (int i = 0; i < s->nr; i++) {
		const struct hf_service *v = &s->entry[i].value;
		struct hf_service_info *info = &s->info[v->id];
		const char *own = service_why(v);
		__u32 ms = half_open_ms(c, &s->entry[i].key);

		if (ms > info->half_open_ms)
			info->half_open_ms = ms;
		info->addrs++;
		info->mode = v->mode;
		info->listening |= v->flags & HF_SVC_LISTENING;
		if (own) {
			info->armed = 0;
			snprintf(info->why, HF_TEXT_MAX, "%s", own);
		}
	}
	for (int i = 1; i < s->info_nr; i++)
		map_write(&dp->maps, HF_MAP_SERVICE_INFO, i, &s->info[i]);
}

void services_free(struct services *s)
{
	free(s->entry);
	s->entry = NULL;
	s->nr = 0;
}
