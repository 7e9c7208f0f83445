// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The table of services: see service_table.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "found.h"
#include "lib/array.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "sys/link.h"
#include "service_table.h"
#include "services.h"
#include "sys/sysctl.h"

#define MSS_HEADERS_IP4		40
#define MSS_HEADERS_IP6		60
#define WINDOW_DEFAULT		65536

int service_entry_cmp(const struct service_entry *a,
		      const struct service_entry *b)
{
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

/* As qsort() wants it: by key, then by rank. */
static int rank_cmp(const void *a, const void *b)
{
	const struct service_entry *x = a, *y = b;

	return service_entry_cmp(x, y) ?: (int)x->rank - (int)y->rank;
}

/* qsort() may not be given NULL, which a table without rows is. */
static void sort(void *row, int nr, size_t size, comparison_fn_t cmp)
{
	if (nr)
		qsort(row, nr, size, cmp);
}

void service_table_sort(struct service_table *t)
{
	sort(t->entry, t->nr, sizeof(*t->entry), rank_cmp);
}

struct service_entry *service_table_add(struct service_table *t)
{
	struct service_entry *e;

	t->entry = array_grow(t->entry, t->nr, &t->room, sizeof(*e));
	if (!t->entry) {
		t->nr = t->room = 0;
		return NULL;
	}
	e = &t->entry[t->nr++];
	memset(e, 0, sizeof(*e));
	return e;
}

void service_table_free(struct service_table *t)
{
	free(t->entry);
	memset(t, 0, sizeof(*t));
}

/* --- making --- */

struct making {
	struct service_table *table;
	struct in6_addr *addr;		/* of the namespace, sorted */
	int addrs, addrs_room;
	struct services *services;
	const struct services_view *view;
	const struct dataplane *dp;
	int err;
};

static bool is_ip4(const struct in6_addr *a)
{
	return IN6_IS_ADDR_V4MAPPED(a);
}

static void on_addr(const struct in6_addr *addr, void *arg)
{
	struct making *m = arg;

	m->addr = array_grow(m->addr, m->addrs, &m->addrs_room, sizeof(*addr));
	if (m->addr)
		m->addr[m->addrs++] = *addr;
	else
		m->err = -ENOMEM;
}

static int addr_cmp(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct in6_addr));
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

/* The ways of answers of that local address, hf_service.exits. */
static __u32 exits_of(const struct services_view *v,
		      const struct in6_addr *addr)
{
	for (int i = 0; i < v->exit_froms; i++)
		if (!memcmp(&v->exit_from[i], addr, sizeof(*addr)))
			return i + 1;
	return 0;
}

/* A row like `like` for (addr, port), if the SPECs want it. */
static void want(struct making *m, const struct in6_addr *addr, uint16_t port,
		 const struct service_entry *like)
{
	const struct hf_service *value = &like->value;
	const struct config *c = m->view->config;
	const struct config_service *own = config_service_of(c, addr, port);
	struct service_entry *e;

	if (!spec_list_match(config_protect(c), addr, port) ||
	    spec_list_match(&c->exclude, addr, port))
		return;
	e = service_table_add(m->table);
	if (!e) {
		m->err = -ENOMEM;
		return;
	}
	e->rank = like->rank;
	memcpy(e->key.addr, addr, sizeof(e->key.addr));
	e->key.port = htons(port);
	e->value = *value;
	e->value.mode = own->mode;
	if (own->handoff == HF_HANDOFF_REQSK)
		e->value.flags |= HF_SVC_REQSK;
	else if (own->handoff == HF_HANDOFF_SPLICE)
		e->value.flags |= HF_SVC_SPLICE;
	e->value.profile_prev = value->profile;
	e->value.exits = exits_of(m->view, addr);
	e->value.mss = m->view->mtu -
		       (is_ip4(addr) ? MSS_HEADERS_IP4 : MSS_HEADERS_IP6);
}

static bool addr_is_any(const struct in6_addr *a)
{
	return IN6_IS_ADDR_UNSPECIFIED(a) || (is_ip4(a) && !a->s6_addr32[3]);
}

/* Does the socket take connections to this local address? */
static bool listener_accepts(const struct listener *l, const struct in6_addr *a)
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
static __u8 listener_profile(struct making *m, const struct listener *l)
{
	struct hf_profile p = m->view->profile;
	__u8 shift;

	if (l->rcvbuf && l->rcvbuf != m->view->rcvbuf) {
		shift = sysctl_wscale(l->rcvbuf / 2);
		if (shift < p.rcv_wscale)
			p.rcv_wscale = shift;
	}
	return profiles_number(&m->services->profiles, &p, m->dp);
}

/* Sockets of one address and port are one service. */
static void watch_listener(struct making *m, const struct listener *l)
{
	bool any = addr_is_any(&l->addr);
	struct service_entry like = {
		.rank = any ? SERVICE_ANY_ADDR : SERVICE_ONE_ADDR,
		.value.flags = HF_SVC_LISTENING,
		/* tcp_win_from_space(): half, since Linux 6.8 for any socket */
		.value.window = l->rcvbuf ? l->rcvbuf / 2 : WINDOW_DEFAULT,
	};
	int before = m->table->nr;
	char name[HF_SPEC_MAX];
	bool asked = false;

	if (l->sockets > 1)
		like.value.flags |= HF_SVC_SHARED;
	if (l->mptcp)
		like.value.flags |= HF_SVC_MPTCP;
	if (l->md5)
		like.value.flags |= HF_SVC_MD5;
	like.value.profile = listener_profile(m, l);
	service_name(name, any ? NULL : &l->addr, l->port);
	for (int i = 0; i < m->addrs; i++) {
		if (!listener_accepts(l, &m->addr[i]))
			continue;
		if (!asked)
			like.value.id = rows_want(&m->services->rows,
						  &m->dp->maps, name);
		asked = true;
		if (like.value.id)
			want(m, &m->addr[i], l->port, &like);
	}
	if (m->table->nr > before)
		m->table->sockets += l->sockets;
}

bool addr_is_in(const struct in6_addr *addr, const struct in6_addr *addrs,
		int nr)
{
	return nr && bsearch(addr, addrs, nr, sizeof(*addr), addr_cmp);
}

static bool is_local(const struct making *m, const struct in6_addr *addr)
{
	return addr_is_in(addr, m->addr, m->addrs);
}

/* One port of a SPEC at one address, by the name that the SPEC gives it. */
static void watch_pair(struct making *m, const struct spec *s,
		       const struct in6_addr *addr, uint16_t port,
		       struct service_entry *like)
{
	char name[HF_SPEC_MAX];

	service_name(name, s->prefix == 128 ? &s->addr : NULL, port);
	like->value.id = rows_want(&m->services->rows, &m->dp->maps, name);
	if (like->value.id)
		want(m, addr, port, like);
}

/* A network has a row of its own, that says so; its services have theirs. */
static void watch_network(struct making *m, const struct spec *s)
{
	struct service_rows *rows = &m->services->rows;
	char name[HF_SPEC_MAX];
	int row;

	if (!spec_has_addr(s) || !found_is_looked_for(m->view->config, s))
		return;
	spec_text(s, name, sizeof(name));
	row = rows_want(rows, &m->dp->maps, name);
	if (row)
		rows->info[row].mode = config_service_of(m->view->config,
							 &s->addr, s->port_lo)
					       ->mode;
}

/* The single ports of a SPEC, whether somebody listens or not. */
static void watch_spec(struct making *m, const struct spec *s)
{
	struct service_entry like = {
		.rank = SERVICE_WATCHED,
		.value.window = WINDOW_DEFAULT,
	};

	watch_network(m, s);
	if (s->all || s->port_hi - s->port_lo >= WATCHED_PORTS_MAX)
		return;
	like.value.profile = profiles_number(&m->services->profiles,
					     &m->view->profile, m->dp);
	for (int port = s->port_lo; port <= s->port_hi; port++) {
		if (s->prefix == 128 && !is_local(m, &s->addr))
			watch_pair(m, s, &s->addr, port, &like);
		for (int i = 0; i < m->addrs; i++) {
			if (spec_match(s, &m->addr[i], port))
				watch_pair(m, s, &m->addr[i], port, &like);
		}
	}
}

/* False: all rows are taken. */
static bool watch_one_found(struct making *m, const struct found *f,
			    struct service_entry *like)
{
	struct service_rows *rows = &m->services->rows;
	uint16_t port = ntohs(f->key.port);
	char name[HF_SPEC_MAX];
	struct in6_addr addr;
	int row = f->row;

	memcpy(&addr, f->key.addr, sizeof(addr));
	if (row)
		snprintf(name, sizeof(name), "%s", rows->info[row].spec);
	else
		service_name(name, &addr, port);
	row = rows_want(rows, &m->dp->maps, name);
	if (!row)
		return false;
	if (!f->row)
		found_begin(f, row, m->dp, m->view->now_ms);
	like->value.id = row;
	want(m, &addr, port, like);
	return true;
}

/* Who answers less often than there are looks is not protected between either. */
static void note_over(struct services *s, const struct found_list *l,
		      __u32 now_ms)
{
	bool recent = clock_age_ms(s->found_over_ms, now_ms) <
		      HF_ANSWER_BELIEVED_MS;

	if (l->over && !s->found_over)
		log_error("services: more answer in the networks of the SPECs "
			  "than can be protected, %d at a time",
			  HF_FOUND_ROWS_MAX);
	if (l->over)
		s->found_over_ms = now_ms;
	else if (recent && l->nr == (int)HF_FOUND_ROWS_MAX)
		return;
	s->found_over = l->over;
}

/* What answers in the networks that SPECs name, unless it has a row by now. */
static void watch_found(struct making *m)
{
	struct service_entry like = {
		.rank = SERVICE_FOUND,
		.value.window = WINDOW_DEFAULT,
	};
	const struct found_view v = {
		.now = m->table,
		.services = m->services,
		.view = m->view,
		.dp = m->dp,
		.addr = m->addr,
		.addrs = m->addrs,
	};
	struct found_list l;

	service_table_sort(m->table);
	m->err = found_list_make(&l, &v);
	if (l.nr)
		like.value.profile = profiles_number(&m->services->profiles,
						     &m->view->profile, m->dp);
	for (int i = 0; i < l.nr + l.over; i++)
		if ((i >= l.nr || !watch_one_found(m, &l.at[i], &like)) &&
		    !l.at[i].row)
			found_refuse(&l.at[i], m->dp);
	note_over(m->services, &l, m->view->now_ms);
	found_list_free(&l);
}

/* Pairs whose listener went away while the address stayed. What was found goes. */
static void watch_former(struct making *m)
{
	const struct service_table *s = &m->services->table;

	for (int i = 0; i < s->nr; i++) {
		const struct hf_service *was = &s->entry[i].value;
		struct service_entry like = {
			.rank = SERVICE_FORMER,
			.value.id = was->id,
			.value.window = was->window,
			.value.profile = was->profile,
		};
		struct in6_addr addr;

		if (s->entry[i].rank == SERVICE_FOUND ||
		    rows_changed_hands(&m->services->rows, was->id) ||
		    m->table->nr >= HF_SERVICE_ADDRS_MAX)
			continue;
		memcpy(&addr, s->entry[i].key.addr, sizeof(addr));
		if (is_local(m, &addr))
			want(m, &addr, ntohs(s->entry[i].key.port), &like);
	}
}

/*
 * One entry a pair. Sockets that share it (SO_REUSEPORT) are merged: what one
 * of them cannot take, none is asked to.
 */
static void table_settle(struct service_table *t)
{
	int to = 0;

	sort(t->entry, t->nr, sizeof(*t->entry), rank_cmp);
	for (int i = 0; i < t->nr; i++) {
		struct service_entry *e = &t->entry[i], *last = NULL;

		if (to)
			last = &t->entry[to - 1];
		if (!last || service_entry_cmp(last, e)) {
			t->entry[to++] = *e;
			continue;
		}
		if (last->rank != e->rank)
			continue;
		last->value.flags |= e->value.flags;
		if (e->value.flags & HF_SVC_LISTENING)
			last->value.flags |= HF_SVC_SHARED;
		if (e->value.window < last->value.window)
			last->value.window = e->value.window;
	}
	t->nr = to;
}

/* Cookies made under the profile that an entry had before are still good. */
static void carry_profiles(const struct service_table *s,
			   struct service_table *t, __u32 now_ms)
{
	struct service_entry *new = t->entry;

	for (int i = 0, j = 0; i < s->nr && j < t->nr;) {
		const struct hf_service *old = &s->entry[i].value;
		int order = service_entry_cmp(&s->entry[i], &new[j]);

		if (!order && old->profile != new[j].value.profile) {
			new[j].value.profile_prev = old->profile;
			new[j].value.profile_prev_until_ms =
				now_ms + HF_COOKIE_LIFETIME_MS;
		} else if (!order) {
			new[j].value.profile_prev = old->profile_prev;
			new[j].value.profile_prev_until_ms =
				old->profile_prev_until_ms;
		}
		i += order <= 0;
		j += order >= 0;
	}
}

int service_table_make(struct service_table *t, struct services *s,
		       const struct services_view *v,
		       const struct dataplane *dp)
{
	const struct spec_list *protect = &v->config->protect;
	struct making m = { .table = t, .view = v, .dp = dp, .services = s };

	memset(t, 0, sizeof(*t));
	rows_begin(&s->rows);
	profiles_begin(&s->profiles, &s->table);
	m.err = link_for_each_addr(on_addr, &m) ?: m.err;
	if (!m.err)
		sort(m.addr, m.addrs, sizeof(*m.addr), addr_cmp);
	for (int i = 0; !m.err && i < v->listeners->nr; i++)
		watch_listener(&m, &v->listeners->at[i]);
	for (int i = 0; !m.err && i < protect->nr; i++)
		watch_spec(&m, &protect->spec[i]);
	if (!m.err)
		watch_found(&m);
	if (!m.err)
		watch_former(&m);
	free(m.addr);
	if (m.err) {
		service_table_free(t);
		return m.err;
	}
	table_settle(t);
	carry_profiles(&s->table, t, v->now_ms);
	return 0;
}
