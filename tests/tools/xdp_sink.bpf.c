// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* xdp_sink: count the SYN-ACKs that arrive, and drop them. */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} synacks SEC(".maps");

/* IPv4 without options, as all of a flood's answers. */
static __always_inline bool is_synack(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp = (void *)(ip + 1);

	return (void *)(tcp + 1) <= end &&
	       eth->h_proto == bpf_htons(ETH_P_IP) &&
	       ip->protocol == IPPROTO_TCP && ip->ihl == 5 && tcp->syn &&
	       tcp->ack;
}

SEC("xdp.frags")
int xdp_sink(struct xdp_md *ctx)
{
	__u32 zero = 0;
	__u64 *n;

	if (!is_synack(ctx))
		return XDP_PASS;
	n = bpf_map_lookup_elem(&synacks, &zero);
	if (n)
		__sync_fetch_and_add(n, 1);
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
