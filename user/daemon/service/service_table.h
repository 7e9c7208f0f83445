/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table of services: one row for each (local address, port) pair, sorted by
 * its key, as the map `services` holds it or as it should be now.
 */
#ifndef HANDFAST_SERVICE_TABLE_H
#define HANDFAST_SERVICE_TABLE_H

#include <netinet/in.h>
#include <stdbool.h>

#include "lib/abi.h"

struct services;
struct services_view;
struct dataplane;

/* Who wants a row; where several do, the first has it. */
enum service_rank {
	SERVICE_ONE_ADDR,	/* a socket of that address */
	SERVICE_ANY_ADDR,	/* a socket of any address */
	SERVICE_WATCHED,	/* a SPEC that names the port */
	SERVICE_FOUND,		/* it answers, and a SPEC's network covers it */
	SERVICE_FORMER,		/* it was in the table before */
};

struct service_entry {
	struct hf_service_key key;
	struct hf_service value;
	enum service_rank rank;
};

struct service_table {
	struct service_entry *entry;
	int nr, room;
	unsigned int sockets;		/* that listen and have a row */
};

/* A row more, all zero, or NULL without memory. */
struct service_entry *service_table_add(struct service_table *t);

void service_table_sort(struct service_table *t);

/* By key: negative, 0 or positive. */
int service_entry_cmp(const struct service_entry *a,
		      const struct service_entry *b);

/*
 * Every listening socket times every local address that it takes connections
 * on, as far as the SPECs want it; the SPECs that name single ports nobody
 * listens on; what answers in their networks; the pairs of `s` that lost their
 * listener. 0 or -errno, and then the table is empty.
 */
int service_table_make(struct service_table *t, struct services *s,
		       const struct services_view *v,
		       const struct dataplane *dp);

void service_table_free(struct service_table *t);

/* Is it one of those? They are sorted. */
bool addr_is_in(const struct in6_addr *addr, const struct in6_addr *addrs,
		int nr);

#endif
