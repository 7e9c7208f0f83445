/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sockets of connections in the kernel, asked for and ended by sock_diag. */
#ifndef HANDFAST_SOCKET_H
#define HANDFAST_SOCKET_H

#include <stdbool.h>

#include "lib/abi.h"

/* include/net/tcp_states.h */
enum {
	SOCKET_ESTABLISHED = 1,
	SOCKET_SYN_SENT = 2,
	SOCKET_SYN_RECV = 3,
	SOCKET_FIN_WAIT_1 = 4,
	SOCKET_FIN_WAIT_2 = 5,
	SOCKET_TIME_WAIT = 6,
	SOCKET_CLOSE_WAIT = 8,
	SOCKET_LAST_ACK = 9,
	SOCKET_LISTEN = 10,
	SOCKET_CLOSING = 11,
};

/* include/uapi/linux/inet_diag.h, idiag_timer */
enum {
	SOCKET_TIMER_NONE,
	SOCKET_TIMER_RETRANSMIT,
	SOCKET_TIMER_KEEPALIVE,
};

struct socket_info {
	__u32 cookie[2];	/* names this very socket */
	int ifindex;		/* that it is bound to, or 0 */
	__u8 state;		/* as the kernel numbers it */
	__u8 timer;		/* SOCKET_TIMER_* or another that runs */
	bool orphan;		/* no program has it any more */
};

/* 0, -ENOENT if the tuple has no connection, or -errno: nothing is learned. */
int socket_find(struct socket_info *info, const struct hf_tuple *t);

/*
 * Has the namespace, of a port whose bit is set, sockets that are no records:
 * half-open ones, TIME_WAIT, FIN_WAIT_2 without a program? 1, 0 or -errno.
 */
int socket_any_old(const __u8 *ports);

/* SOCK_DESTROY: its program gets ECONNABORTED. 0 or -errno. */
int socket_destroy(const struct socket_info *info, const struct hf_tuple *t);

#endif
