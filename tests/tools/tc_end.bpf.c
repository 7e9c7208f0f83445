// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A tc program that ends its chain, as others' may: TC_ACT_OK. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int tc_end(struct __sk_buff *skb)
{
	(void)skb;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
