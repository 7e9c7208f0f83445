/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Listening TCP sockets of the namespace: asked by sock_diag, and one of our own. */
#ifndef HANDFAST_LISTENER_H
#define HANDFAST_LISTENER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct listener {
	struct in6_addr addr;	/* IPv4 as ::ffff:a.b.c.d, ::ffff:0.0.0.0 any */
	uint16_t port;		/* host byte order */
	bool v6only;		/* IPv6 socket that takes no IPv4 */
	bool mptcp;
	bool md5;		/* TCP-MD5 or TCP-AO keys */
	uint32_t rcvbuf;	/* sk_rcvbuf, bytes */
	unsigned int sockets;	/* so many of this address and port: 1 */
};

typedef void (*on_listener_fn)(const struct listener *l, void *arg);

/* Call `fn` with each listening socket. 0 or -errno. */
int listener_for_each(on_listener_fn fn, void *arg);

/* A walk over them in pieces: for what must not be kept waiting. */
struct listener_reading {
	struct mnl_socket *nl;	/* NULL: none is on */
	int family;
};

/* 0 or -errno. */
int listener_reading_begin(struct listener_reading *r);

/* Call `fn` with the next hundred or so. 1: there are more; 0: those were the
 * last, or -errno, and it has ended. */
int listener_reading_next(struct listener_reading *r, on_listener_fn fn,
			  void *arg);

void listener_reading_end(struct listener_reading *r);

/* A socket that listens at any address of either IP version and does not block, to
 * be closed; or -errno. */
int listener_open(uint16_t port, int backlog);

#endif
