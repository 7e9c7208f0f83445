// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Tells the daemon that a socket began or ended to listen. An object of its own:
 * a machine may not allow tracing, and is protected all the same.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

const volatile __u64 netns_cookie;

__u32 changes;		/* the daemon reads */

/* (const struct sock *sk, int from, int to) */
SEC("tp_btf/inet_sock_set_state")
int hf_listening(__u64 *arg)
{
	const struct sock *sk = (const void *)arg[0];
	int from = arg[1], to = arg[2];

	if ((from == TCP_LISTEN || to == TCP_LISTEN) &&
	    sk->__sk_common.skc_net.net->net_cookie == netns_cookie)
		__sync_fetch_and_add(&changes, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
