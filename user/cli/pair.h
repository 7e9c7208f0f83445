/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A pair of private network namespaces for `handfast selftest`, and real connections
 * between them:
 *
 *	client				server
 *	192.0.2.1, 2001:db8::1	veth	192.0.2.2, 2001:db8::2
 *
 * They have no names and end with this process. One process, one thread: it
 * enters a namespace to make a socket there.
 */
#ifndef HANDFAST_PAIR_H
#define HANDFAST_PAIR_H

#include <linux/tcp.h>
#include <stdbool.h>

#define PAIR_IFACE	"hf0"	/* the server's end, and the client's */
#define PAIR_PORT	80

enum pair_side {
	PAIR_SERVER,
	PAIR_CLIENT,
	PAIR_SIDE_NR,
};

struct pair {
	int home;			/* namespace that we came from */
	int netns[PAIR_SIDE_NR];
	int listener;			/* both IP versions */
};

/* 0 or -errno; to be closed in any case. */
int pair_open(struct pair *p);
void pair_close(struct pair *p);

/* net.ipv4.`name` of one side. 0 or -errno. */
int pair_sysctl(const struct pair *p, enum pair_side side, const char *name,
		int value);

/*
 * One connection that says a word each way; `info` becomes what each end's
 * kernel says of it. 0, or -errno: -ETIMEDOUT if nobody answered.
 */
int pair_talk(const struct pair *p, bool ipv6,
	      struct tcp_info info[PAIR_SIDE_NR]);

/* Connect and say nothing: a client's socket, to be closed, or -errno. */
int pair_knock(const struct pair *p, bool ipv6);

#endif
