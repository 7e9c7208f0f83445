/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Interfaces and addresses, asked by rtnetlink. */
#ifndef HANDFAST_LINK_H
#define HANDFAST_LINK_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct link_info {
	char name[IFNAMSIZ];
	char kind[16];		/* "veth", "bridge", "vlan" ...; empty: a NIC */
	char alias[32];		/* as far as it fits; empty: none */
	int ifindex;
	unsigned int type;	/* ARPHRD_* */
	unsigned int flags;	/* IFF_* */
	unsigned int mtu;
	uint64_t mac;		/* in wire order from the low byte on; 0: none */
	bool carrier;
	uint32_t carrier_changes;	/* how often it came or went */
	int master;		/* ifindex of its bridge or bond, or 0 */
	bool vlan_filtering;	/* a bridge that knows VLANs */
	int peer;		/* veth: ifindex of the other end, VLAN: of the
				 * device below it, or 0 */
	int peer_nsid;		/* its namespace as an id here, -1: this one */
	uint32_t xdp_native;	/* ids of attached XDP programs, or 0 */
	uint32_t xdp_generic;
};

/* Has the interface its frames from one below it, whose index is `peer` and which
 * is in the same namespace: a VLAN or macvlan device, or the like? */
bool link_is_upper(const struct link_info *info);
bool link_is_vlan_on(const struct link_info *info, int ifindex);

/* By name, or by index where name is NULL. 0, -ENODEV, or -errno. */
int link_get(struct link_info *info, const char *name, int ifindex);

/* Call `fn` with each interface of the namespace. 0 or -errno. */
int link_for_each(void (*fn)(const struct link_info *info, void *arg),
		  void *arg);

/* All of them, to be freed, in any case. 0 or -errno. */
int link_list(struct link_info **list, int *nr);

/* The other end of a veth, wherever it is. 0 or -errno. */
int link_get_peer(struct link_info *info, const struct link_info *veth);

/* Is the other end of a veth in that other namespace (fd)? */
bool link_peer_is_in(const struct link_info *veth, int netns);

/*
 * The unicast addresses that an interface takes besides its own, of macvlans and
 * the like above it in any namespace: at most `max` go into `mac`. How many there
 * are, or -errno.
 */
int link_stations(int ifindex, uint64_t *mac, int max);

/*
 * Call `fn` with each local unicast address (IPv4 as ::ffff:a.b.c.d) that can
 * be reached from outside: not 127.0.0.0/8, not ::1. 0 or -errno.
 */
int link_for_each_addr(void (*fn)(const struct in6_addr *addr, void *arg),
		       void *arg);

/*
 * The interfaces that have the link-local address `addr`, or any such address
 * where it is NULL. How many, -E2BIG where they are more than `max`, or -errno.
 */
int link_with_local(const struct in6_addr *addr, int *ifindex, int max);

#endif
