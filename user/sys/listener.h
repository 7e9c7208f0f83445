/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Listening TCP sockets of the namespace, asked by sock_diag. */
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
};

/* Call `fn` with each listening socket. 0 or -errno. */
int listener_for_each(void (*fn)(const struct listener *l, void *arg),
		      void *arg);

#endif
