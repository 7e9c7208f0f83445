// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which way answers leave: see exits.h.
 *
 * The prefixes of all routes of all tables, and those that rules name, cut the
 * addresses into pieces within which no table and no rule makes a difference. Of
 * each piece one address is looked up, as the kernel does for a packet: so nothing
 * of how rules choose tables has to be known here. A local address that rules name
 * has pieces of its own.
 *
 * Not asked: marks, users, ports, and interfaces of rules.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exits.h"
#include "lib/log.h"
#include "sys/link.h"
#include "sys/route.h"

#define TRIES	32	/* addresses of a prefix, to meet one of no longer one */

struct prefix {
	struct in6_addr addr;
	int len;
};

/* Devices, to tell who is above whom. */
struct links {
	struct link_info *at;
	int nr;
};

struct reading {
	struct exits *x;
	const struct iface *iface;
	const struct dataplane *dp;
	struct links links;
	struct prefix *prefix;
	struct route_rule *rule;
	int prefixes, rules;
	bool over;
	int err;
	struct hf_exit_key *key;	/* what is written */
	int keys;
};

/* --- interfaces --- */

static const struct link_info *link_of(const struct links *l, int ifindex)
{
	for (int i = 0; i < l->nr; i++)
		if (l->at[i].ifindex == ifindex)
			return &l->at[i];
	return NULL;
}

static bool is_loopback(const struct links *l, int ifindex)
{
	const struct link_info *info = link_of(l, ifindex);

	return info && info->flags & IFF_LOOPBACK;
}

/* What carries the device's frames: of a VLAN and the like the device below it, of
 * the port of a bridge or bond that one. */
static int carrier_of(const struct links *l, int ifindex)
{
	for (int i = 0; i < 8; i++) {
		const struct link_info *info = link_of(l, ifindex);

		if (info && info->master)
			ifindex = info->master;
		else if (info && link_is_upper(info))
			ifindex = info->peer;
		else
			break;
	}
	return ifindex;
}

/* Does what leaves by it pass an attached one? */
static bool is_attached(const struct reading *r, int ifindex)
{
	int carrier = carrier_of(&r->links, ifindex);

	for (int i = 0; i < HF_IFACES_MAX; i++)
		if (r->iface[i].skel &&
		    carrier_of(&r->links, r->iface[i].ifindex) == carrier)
			return true;
	return false;
}

/* Do answers that take the route leave by attached interfaces, whichever hop? */
static bool is_seen(const struct reading *r, const struct route *route)
{
	for (int i = 0; i < route->hops; i++)
		if (!is_attached(r, route->hop[i]))
			return false;
	return route->hops > 0;
}

/* --- prefixes --- */

static bool is_ip4(const struct prefix *p)
{
	return p->len >= 96 && IN6_IS_ADDR_V4MAPPED(&p->addr);
}

static bool is_within(const struct in6_addr *a, const struct prefix *p)
{
	int bytes = p->len / 8, bits = p->len % 8;

	return !memcmp(a, &p->addr, bytes) &&
	       !(bits &&
		 (a->s6_addr[bytes] ^ p->addr.s6_addr[bytes]) >> (8 - bits));
}

static int prefix_cmp(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;

	return memcmp(&x->addr, &y->addr, sizeof(x->addr)) ?: x->len - y->len;
}

static void add_prefix(struct reading *r, const struct in6_addr *addr, int len)
{
	struct prefix p = { .addr = *addr, .len = len }, *more;

	for (int i = 0; i < r->prefixes; i++)
		if (!prefix_cmp(&r->prefix[i], &p))
			return;
	if (r->prefixes == HF_EXIT_PREFIXES_MAX) {
		r->over = true;
		return;
	}
	more = reallocarray(r->prefix, r->prefixes + 1, sizeof(*more));
	if (!more) {
		r->err = -ENOMEM;
		return;
	}
	r->prefix = more;
	r->prefix[r->prefixes++] = p;
}

static void on_route(const struct route *route, void *arg)
{
	struct reading *r = arg;

	if (route->hops == 1 && is_loopback(&r->links, route->hop[0]))
		return;
	if (!is_seen(r, route))
		r->x->several = true;
	add_prefix(r, &route->dst, route->len);
}

static void on_rule(const struct route_rule *rule, void *arg)
{
	struct reading *r = arg;
	struct route_rule *more;

	if (rule->dst_len)
		add_prefix(r, &rule->dst, rule->dst_len);
	if (!rule->src_len)
		return;
	more = reallocarray(r->rule, r->rules + 1, sizeof(*more));
	if (!more) {
		r->err = -ENOMEM;
		return;
	}
	r->rule = more;
	r->rule[r->rules++] = *rule;
}

/* Do rules name this local address? */
static void on_addr(const struct in6_addr *addr, void *arg)
{
	struct reading *r = arg;
	struct exits *x = r->x;

	for (int i = 0; i < r->rules; i++) {
		struct prefix src = { r->rule[i].src, r->rule[i].src_len };

		if (!is_within(addr, &src))
			continue;
		if (x->froms == HF_EXIT_ADDRS_MAX)
			r->over = true;
		else
			x->from[x->froms++] = *addr;
		return;
	}
}

/* --- what is asked --- */

/* Could a client have it? */
static bool is_client(const struct in6_addr *a)
{
	unsigned char first = a->s6_addr[12];

	if (!IN6_IS_ADDR_V4MAPPED(a))
		return (a->s6_addr[0] & 0xe0) == 0x20 ||
		       (a->s6_addr[0] & 0xfe) == 0xfc;
	return first && first != 127 && first < 224;
}

static bool is_of_longer(const struct reading *r, const struct in6_addr *a,
			 int len)
{
	for (int i = 0; i < r->prefixes; i++)
		if (r->prefix[i].len > len && is_within(a, &r->prefix[i]))
			return true;
	return false;
}

/* The n-th try: bits behind the prefix that look like chance. */
static struct in6_addr address_in(const struct prefix *p, int n)
{
	struct in6_addr a = p->addr;
	uint32_t x = n * 0x9e3779b9U + 1;

	for (int bit = 127; bit >= p->len; bit--) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		if (x & 1)
			a.s6_addr[bit / 8] |= 0x80 >> bit % 8;
	}
	return a;
}

/* An address whose longest prefix is this one. False: there seems to be none. */
static bool pick(const struct reading *r, const struct prefix *p,
		 struct in6_addr *a)
{
	for (int n = 0; n < TRIES; n++) {
		*a = address_in(p, n);
		if (is_client(a) && !is_of_longer(r, a, p->len))
			return true;
	}
	return false;
}

static void write_exit(struct reading *r, const struct prefix *p, int from,
		       bool here)
{
	struct hf_exit_key *key = &r->key[r->keys];
	struct hf_exit e = {
		.here = here,
		.wide = is_ip4(p) ? p->len <= 96 + HF_EXIT_WIDE
				  : p->len <= 2 * HF_EXIT_WIDE,
	};

	key->prefixlen = 32 + p->len;
	key->from = from;
	memcpy(key->addr, &p->addr, sizeof(key->addr));
	if (bpf_map_update_elem(r->dp->maps.fd[HF_MAP_EXITS], key, &e, 0))
		r->err = -errno;
	else
		r->keys++;
}

/* By which way does an address of the prefix get its answers? */
static void ask(struct reading *r, const struct prefix *p, int from)
{
	const struct in6_addr *src = from ? &r->x->from[from - 1] : NULL;
	struct in6_addr to;
	struct route way;
	int err;

	if (src && !!IN6_IS_ADDR_V4MAPPED(src) != is_ip4(p))
		return;
	if (!pick(r, p, &to))
		return;
	err = route_out(&way, &to, src);
	if (err && err != -ENETUNREACH)
		r->err = err;
	else	/* without a route nobody answers */
		write_exit(r, p, from, err || is_seen(r, &way));
}

/* What was written before and is not now. */
static void forget_rest(const struct reading *r)
{
	int fd = r->dp->maps.fd[HF_MAP_EXITS];
	struct hf_exit_key key, next;
	int err = bpf_map_get_next_key(fd, NULL, &next);

	while (!err) {
		bool stays = false;

		key = next;
		err = bpf_map_get_next_key(fd, &key, &next);
		for (int i = 0; i < r->keys && !stays; i++)
			stays = !memcmp(&r->key[i], &key, sizeof(key));
		if (!stays)
			bpf_map_delete_elem(fd, &key);
	}
}

/* Who is on the link is answered by it. */
static void write_link_local(struct reading *r)
{
	static const struct prefix link = { { .s6_addr = { 0xfe, 0x80 } }, 10 };

	for (int from = 0; from <= r->x->froms && !r->err; from++)
		write_exit(r, &link, from, true);
}

static void ask_all(struct reading *r)
{
	r->key = calloc(HF_EXITS_MAX, sizeof(*r->key));
	if (!r->key) {
		r->err = -ENOMEM;
		return;
	}
	for (int from = 0; from <= r->x->froms && !r->err; from++)
		for (int i = 0; i < r->prefixes && !r->err; i++)
			ask(r, &r->prefix[i], from);
	write_link_local(r);
	if (!r->err)
		forget_rest(r);
}

static int read_all(struct reading *r)
{
	static const struct in6_addr any4 = {
		.s6_addr = { [10] = 0xff, [11] = 0xff }
	};
	int err = link_list(&r->links.at, &r->links.nr);

	r->x->froms = 0;
	r->x->several = false;
	add_prefix(r, &in6addr_any, 0);
	add_prefix(r, &any4, 96);
	err = err ?: route_for_each_rule(on_rule, r);
	err = err ?: route_for_each(on_route, r);
	if (!err && r->rules)
		err = link_for_each_addr(on_addr, r);
	return err ?: r->err;
}

static uint64_t attached(const struct iface *iface)
{
	uint64_t slots = 0;

	for (int i = 0; i < HF_IFACES_MAX; i++)
		if (iface[i].skel)
			slots |= 1ULL << i;
	return slots;
}

static void tell(struct exits *x, const struct dataplane *dp)
{
	bool changed = dp->control->exits != x->several;

	dp->control->exits = x->several;
	if (changed && x->told)
		log_info("routes: %s",
			 x->several
				 ? "some answers leave by interfaces that are "
				   "not attached, each is looked up"
				 : "all answers leave by attached interfaces");
	x->told = true;
}

int exits_follow(struct exits *x, const struct iface *iface,
		 const struct dataplane *dp)
{
	struct reading r = { .x = x, .iface = iface, .dp = dp };
	bool changed = route_changed(x->listener) || x->due ||
		       x->attached != attached(iface);
	int err;

	if (!changed || !attached(iface))
		return 0;
	x->attached = attached(iface);
	x->due = true;		/* until it is done */
	err = read_all(&r);
	x->over = x->several && r.over;
	if (!err && x->several && !x->over) {
		ask_all(&r);
		err = r.err;
	}
	if (!err) {
		x->due = false;
		tell(x, dp);
	}
	free(r.links.at);
	free(r.prefix);
	free(r.rule);
	free(r.key);
	return err;
}

int exits_open(struct exits *x)
{
	x->listener = route_listen();
	return x->listener < 0 ? x->listener : 0;
}

void exits_close(struct exits *x)
{
	if (x->listener >= 0)
		close(x->listener);
}
