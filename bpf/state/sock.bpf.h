/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asking the kernel's socket table, from XDP and from tc. */
#ifndef HANDFAST_SOCK_BPF_H
#define HANDFAST_SOCK_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "state/run.bpf.h"
#include "wire/packet.bpf.h"
#include "wire/tuple.bpf.h"

/* include/net/tcp_states.h */
#define SOCK_ESTABLISHED	1
#define SOCK_FIN_WAIT_1		4
#define SOCK_FIN_WAIT_2		5
#define SOCK_TIME_WAIT		6
#define SOCK_CLOSE_WAIT		8
#define SOCK_LAST_ACK		9
#define SOCK_LISTEN		10
#define SOCK_CLOSING		11

#define SOCK_AF_INET		2

/*
 * The socket that the segment would meet: a connection, a half-open or closed
 * one, or its listener; NULL if none. To be released.
 */
static __always_inline struct bpf_sock *
sock_find_tuple(const struct run *r, const struct hf_tuple *t)
{
	struct bpf_sock_tuple tuple = {};
	__u32 len = sizeof(tuple.ipv4);

	if (tuple_is_ip4(t)) {
		tuple.ipv4.saddr = t->client[3];
		tuple.ipv4.daddr = t->server[3];
		tuple.ipv4.sport = t->client_port;
		tuple.ipv4.dport = t->server_port;
	} else {
		__builtin_memcpy(tuple.ipv6.saddr, t->client, 16);
		__builtin_memcpy(tuple.ipv6.daddr, t->server, 16);
		tuple.ipv6.sport = t->client_port;
		tuple.ipv6.dport = t->server_port;
		len = sizeof(tuple.ipv6);
	}
	return bpf_skc_lookup_tcp(run_ctx(r), &tuple, len, BPF_F_CURRENT_NETNS,
				  0);
}

/* The same for the packet's own tuple. */
static __always_inline struct bpf_sock *sock_find(const struct run *r)
{
	return sock_find_tuple(r, &r->packet->tuple);
}

/* The state of that socket, SOCK_*; 0: none. */
static __always_inline __u32 sock_state(const struct run *r)
{
	struct bpf_sock *skc = sock_find(r);
	__u32 state;

	if (!skc)
		return 0;
	state = skc->state;
	bpf_sk_release(skc);
	return state;
}

/* Is it more than a listener: open, half-open or over? */
static __always_inline bool sock_is_begun(const struct run *r)
{
	__u32 state = sock_state(r);

	return state && state != SOCK_LISTEN;
}

/*
 * Does the packet's listener want more of a handshake than its end?
 * TCP_DEFER_ACCEPT: no connection before there is data; TCP_SAVE_SYN: the SYN's
 * headers.
 */
static __always_inline bool sock_asks_for_syn(const struct run *r)
{
	struct bpf_sock *skc = sock_find(r);
	const struct tcp_sock *tp = NULL;
	bool asks;

	if (!skc)
		return false;
	if (skc->state == SOCK_LISTEN)
		tp = bpf_skc_to_tcp_sock(skc);
	asks = tp && (tp->inet_conn.icsk_accept_queue.rskq_defer_accept ||
		      BPF_CORE_READ_BITFIELD(tp, save_syn));
	bpf_sk_release(skc);
	return asks;
}

/* sk_acceptq_is_full() of the kernel. */
static __always_inline bool sock_queue_full(const struct tcp_sock *tp)
{
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;

	return sk->sk_ack_backlog > sk->sk_max_ack_backlog;
}

#endif
