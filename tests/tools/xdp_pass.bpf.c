// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* xdp_pass: a program for a veth's peer, so that XDP_TX reaches it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp.frags")
int xdp_pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
