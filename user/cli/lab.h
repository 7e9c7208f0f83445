/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two private network namespaces for `handfast selftest`, and real connections
 * between them:
 *
 *	client				server
 *	192.0.2.1, 2001:db8::1	veth	192.0.2.2, 2001:db8::2
 *
 * They have no names and end with this process. One process, one thread: it
 * enters a namespace to make a socket there.
 */
#ifndef HANDFAST_LAB_H
#define HANDFAST_LAB_H

#include <linux/tcp.h>
#include <stdbool.h>

#define LAB_IFACE	"hf0"	/* the server's end, and the client's */
#define LAB_PORT	80

enum lab_side {
	LAB_SERVER,
	LAB_CLIENT,
	LAB_SIDE_NR,
};

struct lab {
	int home;			/* namespace that we came from */
	int netns[LAB_SIDE_NR];
	int listener;			/* both IP versions */
};

/* 0 or -errno; to be closed in any case. */
int lab_open(struct lab *l);
void lab_close(struct lab *l);

/* net.ipv4.`name` of one side. 0 or -errno. */
int lab_sysctl(const struct lab *l, enum lab_side side, const char *name,
	       int value);

/*
 * One connection that says a word each way; `info` becomes what each end's
 * kernel says of it. 0, or -errno: -ETIMEDOUT if nobody answered.
 */
int lab_talk(const struct lab *l, bool ipv6, struct tcp_info info[LAB_SIDE_NR]);

/* Connect and say nothing: a client's socket, to be closed, or -errno. */
int lab_knock(const struct lab *l, bool ipv6);

#endif
