// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Tells the daemon that a socket began or ended to listen. An object of its own:
 * a machine may not allow tracing, and is protected all the same.
 *
 * By the two functions that do it. The tracepoint sees each change of state of every
 * socket of the host, some ten a connection; it is for kernels that cannot trace
 * functions, as Linux 6.1 on arm64, or do not let it.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

const volatile __u64 netns_cookie;

__u32 changes;		/* the daemon reads */

static __always_inline void listening_changed(const struct sock *sk)
{
	if (sk->__sk_common.skc_net.net->net_cookie == netns_cookie)
		__sync_fetch_and_add(&changes, 1);
}

/* (struct sock *sk, ...): it does, or failed to. */
SEC("fexit/inet_csk_listen_start")
int hf_listen_start(__u64 *arg)
{
	listening_changed((const void *)arg[0]);
	return 0;
}

/* (struct sock *sk): nobody finds it any more. */
SEC("fentry/inet_csk_listen_stop")
int hf_listen_stop(__u64 *arg)
{
	listening_changed((const void *)arg[0]);
	return 0;
}

/* (const struct sock *sk, int from, int to) */
SEC("tp_btf/inet_sock_set_state")
int hf_listening(__u64 *arg)
{
	int from = arg[1], to = arg[2];

	if (from == TCP_LISTEN || to == TCP_LISTEN)
		listening_changed((const void *)arg[0]);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
