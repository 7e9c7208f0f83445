/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asking the kernel's socket table, from XDP and from tc. */
#ifndef HANDFAST_SOCK_BPF_H
#define HANDFAST_SOCK_BPF_H

/* include/net/tcp_states.h */
#define SOCK_ESTABLISHED	1
#define SOCK_TIME_WAIT		6
#define SOCK_CLOSE_WAIT		8
#define SOCK_LISTEN		10
#define SOCK_NEW_SYN_RECV	12

/*
 * The socket that the segment would meet: a connection, a half-open or closed
 * one, or its listener; NULL if none. To be released. `ctx` is the program's.
 */
static __always_inline struct bpf_sock *sock_find(void *ctx,
						  const struct packet *p)
{
	struct bpf_sock_tuple tuple = {};
	__u32 len = sizeof(tuple.ipv4);

	if (!p->ip6) {
		tuple.ipv4.saddr = p->tuple.client[3];
		tuple.ipv4.daddr = p->tuple.server[3];
		tuple.ipv4.sport = p->tuple.client_port;
		tuple.ipv4.dport = p->tuple.server_port;
	} else {
		__builtin_memcpy(tuple.ipv6.saddr, p->tuple.client, 16);
		__builtin_memcpy(tuple.ipv6.daddr, p->tuple.server, 16);
		tuple.ipv6.sport = p->tuple.client_port;
		tuple.ipv6.dport = p->tuple.server_port;
		len = sizeof(tuple.ipv6);
	}
	return bpf_skc_lookup_tcp(ctx, &tuple, len, BPF_F_CURRENT_NETNS, 0);
}

#endif
