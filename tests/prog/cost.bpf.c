// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Front end for timing a program by BPF_PROG_TEST_RUN, and what to compare to.
 *
 * The same buffer is handed in for every repetition, so a responder would see
 * its own output from the second one on. The front end writes the frame again,
 * with a random client (address, port, sequence numbers) and right checksums,
 * and tail-calls what is to be timed. Frags-aware programs can only be
 * tail-called from such, hence the sections.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "cost.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cost_frame);
} frame SEC(".maps");

__u64 random_state = 1;

/* splitmix64; one CPU runs the test. */
static __always_inline __u64 random_next(void)
{
	__u64 z = random_state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static __always_inline __u16 fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static __always_inline int restore(struct xdp_md *ctx, struct cost_frame *f)
{
	__u32 len = ctx->data_end - ctx->data;

	if (len != f->len && bpf_xdp_adjust_tail(ctx, f->len - len))
		return -1;
	len = f->len & (COST_FRAME_MAX - 1);
	return len ? bpf_xdp_store_bytes(ctx, 0, f->byte, len) : -1;
}

static __always_inline int vary_tcp(struct tcphdr *tcp, void *data_end,
				    const struct cost_frame *f, __u32 addr)
{
	__u64 bits = random_next();

	if ((void *)(tcp + 1) > data_end)
		return -1;
	tcp->source = bits;
	tcp->seq = bits >> 32;
	tcp->ack_seq = f->vary_ack ? random_next() : 0;
	tcp->check = fold((__u64)f->tcp_sum + addr + tcp->source + tcp->seq +
			  tcp->ack_seq);
	return 0;
}

static __always_inline int vary(struct xdp_md *ctx, const struct cost_frame *f)
{
	__u32 addr = random_next() & bpf_htonl(0x00ffffff);
	void *data_end = (void *)(long)ctx->data_end;
	void *l3 = (void *)(long)ctx->data + ETH_HLEN;
	struct ipv6hdr *ip6 = l3;
	struct iphdr *ip = l3;

	if (f->ip6) {
		if ((void *)(ip6 + 1) > data_end)
			return -1;
		ip6->saddr.s6_addr32[3] = addr;
		return vary_tcp((void *)(ip6 + 1), data_end, f, addr);
	}
	if ((void *)(ip + 1) > data_end)
		return -1;
	ip->saddr |= addr;
	ip->check = fold((__u64)f->ip_sum + addr);
	return vary_tcp((void *)(ip + 1), data_end, f, addr);
}

SEC("xdp.frags")
int cost_front(struct xdp_md *ctx)
{
	struct cost_frame *f;
	__u32 zero = 0;

	f = bpf_map_lookup_elem(&frame, &zero);
	if (f && !restore(ctx, f) && !vary(ctx, f))
		bpf_tail_call(ctx, &target, 0);
	return XDP_ABORTED;
}

SEC("xdp.frags")
int cost_drop(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

/* The least that an answer can cost: addresses change places. */
SEC("xdp.frags")
int cost_tx(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	unsigned char mac[ETH_ALEN];

	if ((void *)(eth + 1) > data_end)
		return XDP_ABORTED;
	__builtin_memcpy(mac, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, mac, ETH_ALEN);
	return XDP_TX;
}

/* The kernel's socket lookup alone, which a refused ACK pays for. */
SEC("xdp.frags")
int cost_lookup4(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	struct iphdr *ip = (void *)(long)ctx->data + ETH_HLEN;
	struct tcphdr *tcp = (void *)(ip + 1);
	struct bpf_sock_tuple tuple = {};
	struct bpf_sock *sk;

	if ((void *)(tcp + 1) > data_end)
		return XDP_ABORTED;
	tuple.ipv4.saddr = ip->saddr;
	tuple.ipv4.daddr = ip->daddr;
	tuple.ipv4.sport = tcp->source;
	tuple.ipv4.dport = tcp->dest;
	sk = bpf_skc_lookup_tcp(ctx, &tuple, sizeof(tuple.ipv4),
				BPF_F_CURRENT_NETNS, 0);
	if (sk)
		bpf_sk_release(sk);
	return XDP_DROP;
}

SEC("xdp.frags")
int cost_lookup6(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	struct ipv6hdr *ip = (void *)(long)ctx->data + ETH_HLEN;
	struct tcphdr *tcp = (void *)(ip + 1);
	struct bpf_sock_tuple tuple = {};
	struct bpf_sock *sk;

	if ((void *)(tcp + 1) > data_end)
		return XDP_ABORTED;
	__builtin_memcpy(tuple.ipv6.saddr, &ip->saddr, 16);
	__builtin_memcpy(tuple.ipv6.daddr, &ip->daddr, 16);
	tuple.ipv6.sport = tcp->source;
	tuple.ipv6.dport = tcp->dest;
	sk = bpf_skc_lookup_tcp(ctx, &tuple, sizeof(tuple.ipv6),
				BPF_F_CURRENT_NETNS, 0);
	if (sk)
		bpf_sk_release(sk);
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
