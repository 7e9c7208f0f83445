/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Routes and rules, asked by rtnetlink. Addresses: IPv4 as ::ffff:a.b.c.d. */
#ifndef HANDFAST_ROUTE_H
#define HANDFAST_ROUTE_H

#include <netinet/in.h>
#include <stdbool.h>

#define ROUTE_HOPS	8

struct route {
	struct in6_addr dst;
	int len;		/* bits of dst, of IPv4 96 more */
	int hop[ROUTE_HOPS];	/* by which interfaces */
	int hops;		/* -1: more than fit, or unknown */
};

/* Of a rule of policy routing, what it says of addresses. */
struct route_rule {
	struct in6_addr src, dst;
	int src_len, dst_len;	/* 0: any; of IPv4 96 more */
};

/* Call `fn` with each unicast route of each table that a client could be behind. 0
 * or -errno. */
int route_for_each(void (*fn)(const struct route *r, void *arg), void *arg);

/* Call `fn` with each rule. 0 or -errno. */
int route_for_each_rule(void (*fn)(const struct route_rule *r, void *arg),
			void *arg);

/*
 * The route of a packet of this host, from the local address `from` unless it is
 * NULL. 0, -ENETUNREACH: there is none, or -errno.
 */
int route_out(struct route *r, const struct in6_addr *to,
	      const struct in6_addr *from);

/* A socket that hears of changes of routes, rules, addresses and links, or
 * -errno. */
int route_listen(void);

/* Did any change since? It does not wait. */
bool route_changed(int fd);

#endif
