// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Front ends for timing a program by BPF_PROG_TEST_RUN, and what to compare to.
 *
 * The same buffer is handed in for every repetition, so a responder would see
 * its own output from the second one on. The front end writes the frame again,
 * for another client each time (address, port, sequence numbers, echoed
 * timestamp) and with right checksums, and tail-calls what is to be timed.
 * Frags-aware programs can only be tail-called from such, hence the sections.
 * Most tc programs alter only what their front end writes anyway.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "cost.h"
#include "handfast/flow.h"
#include "handfast/presence.h"
#include "handfast/splice.h"

#define TSVAL_OFF	4	/* in options NOP, NOP, timestamps */
#define TSECR_OFF	8
#define OPTIONS_MIN	12	/* that each frame has */

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps"), target_tc SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cost_frame);
} frame SEC(".maps");

/* Size is set before loading. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct cost_client);
} clients SEC(".maps");

/* The data plane's own. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct hf_tuple);
	__type(value, struct hf_flow);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct hf_tuple);
	__type(value, struct hf_splice);
} splice SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hf_presence);
} presence SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} counted SEC(".maps");

__u32 clock_mult, clock_off; /* the data plane's clock, which stands here */

__u64 random_state = 1;
__u32 cursor; /* the next of the frame's clients */

/* splitmix64; one CPU at a time runs the test. */
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

static __always_inline struct cost_frame *frame_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&frame, &zero);
}

static __always_inline bool pick(const struct cost_frame *f,
				 struct cost_client *c)
{
	struct cost_client *known;
	__u32 index = cursor;
	__u64 bits;

	if (f->pick == COST_CLIENT) {
		cursor = index + 1 < f->count ? index + 1 : 0;
		index += f->first;
		known = bpf_map_lookup_elem(&clients, &index);
		if (known)
			*c = *known;
		return known;
	}
	bits = random_next();
	c->port = bits;
	c->seq = bits >> 32;
	c->addr = bpf_htonl(0x0a000000) |
		  (random_next() & bpf_htonl(0x00ffffff));
	c->ack = f->pick == COST_ACK ? random_next() : 0;
	return true;
}

static __always_inline int write_tcp(struct tcphdr *tcp, void *data_end,
				     const struct cost_frame *f,
				     const struct cost_client *c)
{
	__u64 sum = (__u64)f->tcp_sum + c->addr + c->port + c->seq + c->ack;
	void *opt = tcp + 1;

	if (opt + OPTIONS_MIN > data_end)
		return -1;
	if (f->reply) {
		tcp->dest = c->port;
		tcp->seq = c->ack;
		tcp->ack_seq = c->seq;
	} else {
		tcp->source = c->port;
		tcp->seq = c->seq;
		tcp->ack_seq = c->ack;
	}
	if (f->pick == COST_CLIENT) {
		*(__u32 *)(opt + TSECR_OFF) = c->tsecr;
		sum += c->tsecr;
	}
	tcp->check = fold(sum);
	return 0;
}

static __always_inline int write_client(void *data, void *data_end,
					const struct cost_frame *f)
{
	struct ipv6hdr *ip6 = data + ETH_HLEN;
	struct iphdr *ip = data + ETH_HLEN;
	struct cost_client c = {};

	if (!pick(f, &c))
		return -1;
	if (f->ip6) {
		if ((void *)(ip6 + 1) > data_end)
			return -1;
		if (f->reply)
			ip6->daddr.s6_addr32[3] = c.addr;
		else
			ip6->saddr.s6_addr32[3] = c.addr;
		return write_tcp((void *)(ip6 + 1), data_end, f, &c);
	}
	if ((void *)(ip + 1) > data_end)
		return -1;
	if (f->reply)
		ip->daddr = c.addr;
	else
		ip->saddr = c.addr;
	ip->check = fold((__u64)f->ip_sum + c.addr);
	return write_tcp((void *)(ip + 1), data_end, f, &c);
}

static __always_inline int restore(struct xdp_md *ctx, struct cost_frame *f)
{
	__u32 len = ctx->data_end - ctx->data;

	if (len != f->len && bpf_xdp_adjust_tail(ctx, f->len - len))
		return -1;
	len = f->len & (COST_FRAME_MAX - 1);
	return len ? bpf_xdp_store_bytes(ctx, 0, f->byte, len) : -1;
}

SEC("xdp.frags")
int cost_front(struct xdp_md *ctx)
{
	struct cost_frame *f = frame_get();

	if (f && !restore(ctx, f) &&
	    !write_client((void *)(long)ctx->data, (void *)(long)ctx->data_end,
			  f))
		bpf_tail_call(ctx, &target, 0);
	return XDP_ABORTED;
}

static __always_inline int restore_tc(struct __sk_buff *skb,
				      struct cost_frame *f)
{
	__u32 len = f->len & (COST_FRAME_MAX - 1);

	if (skb->len != f->len && bpf_skb_change_tail(skb, f->len, 0))
		return -1;
	return len ? bpf_skb_store_bytes(skb, 0, f->byte, len, 0) : -1;
}

SEC("tc")
int cost_front_tc(struct __sk_buff *skb)
{
	struct cost_frame *f = frame_get();

	if (f && (!f->whole || !restore_tc(skb, f)) &&
	    !write_client((void *)(long)skb->data, (void *)(long)skb->data_end,
			  f))
		bpf_tail_call(skb, &target_tc, 0);
	return TC_ACT_STOLEN;
}

SEC("xdp.frags")
int cost_drop(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

SEC("tc")
int cost_drop_tc(struct __sk_buff *skb)
{
	(void)skb;
	return TC_ACT_SHOT;
}

/* What any answer costs: addresses change places. */
SEC("xdp.frags")
int cost_tx(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	unsigned short *mac = (void *)(long)ctx->data, part;

	if ((void *)(mac + 6) > data_end)
		return XDP_ABORTED;
	for (int i = 0; i < 3; i++) {
		part = mac[i];
		mac[i] = mac[i + 3];
		mac[i + 3] = part;
	}
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

/* Whose segment it is; NULL: it is no segment. */
static __always_inline struct tcphdr *segment(void *data, void *data_end,
					      bool reply, struct hf_tuple *t)
{
	struct ethhdr *eth = data;
	struct ipv6hdr *ip6 = (void *)(eth + 1);
	struct iphdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp;

	if ((void *)(ip6 + 1) > data_end)
		return NULL;
	if (eth->h_proto == bpf_htons(ETH_P_IP)) {
		t->client[2] = t->server[2] = bpf_htonl(0xffff);
		t->client[3] = reply ? ip->daddr : ip->saddr;
		t->server[3] = reply ? ip->saddr : ip->daddr;
		tcp = (void *)(ip + 1);
	} else {
		__builtin_memcpy(t->client, reply ? &ip6->daddr : &ip6->saddr,
				 16);
		__builtin_memcpy(t->server, reply ? &ip6->saddr : &ip6->daddr,
				 16);
		tcp = (void *)(ip6 + 1);
	}
	if ((void *)(tcp + 1) + OPTIONS_MIN > data_end)
		return NULL;
	t->client_port = reply ? tcp->dest : tcp->source;
	t->server_port = reply ? tcp->source : tcp->dest;
	return tcp;
}

/* The look-up of a flow alone, which its packets pay for. */
static __always_inline bool find(void *data, void *data_end, bool reply)
{
	struct hf_tuple t = {};

	return segment(data, data_end, reply, &t) &&
	       bpf_map_lookup_elem(&flows, &t);
}

SEC("xdp.frags")
int cost_find(struct xdp_md *ctx)
{
	return find((void *)(long)ctx->data, (void *)(long)ctx->data_end, false)
		       ? XDP_PASS
		       : XDP_ABORTED;
}

static __always_inline __u64 mix(__u64 word)
{
	word *= 0x9e3779b97f4a7c15ULL; /* 2^64 / golden ratio */
	return word ^ word >> 29;
}

/*
 * Has somebody whom the table does not know no record? One access to the filter; one
 * more where the bit is set; the table's where several records set it.
 */
static __always_inline bool is_unknown(const struct hf_tuple *t)
{
	__u32 zero = 0, cell, at;
	struct hf_presence *f = bpf_map_lookup_elem(&presence, &zero);
	__u64 hash;

	hash = mix((__u64)t->client[3] << 32 | t->client[2]);
	hash = mix(hash ^ ((__u64)t->client_port << 16 | t->server_port));
	at = hash >> (64 - HF_PRESENCE_FLOW_BITS);
	if (!f || !(f->flow_bit[at / 32] & 1U << at % 32))
		return f;
	cell = *(volatile __u32 *)&f->flow_cell[at];
	cell = (__u16)(cell >> (hash & HF_PRESENCE_HALF));
	return !cell ||
	       ((cell & ~(HF_PRESENCE_TAG << HF_PRESENCE_SUM)) == 1 &&
		cell >> HF_PRESENCE_SUM != (hash & HF_PRESENCE_TAG)) ||
	       !bpf_map_lookup_elem(&flows, t);
}

/* The least that it can cost to know of a SYN that it is of no connection. */
SEC("xdp.frags")
int cost_ask(struct xdp_md *ctx)
{
	struct hf_tuple t = {};

	return segment((void *)(long)ctx->data, (void *)(long)ctx->data_end,
		       false, &t) &&
			       is_unknown(&t)
		       ? XDP_PASS
		       : XDP_ABORTED;
}

SEC("tc")
int cost_find_tc(struct __sk_buff *skb)
{
	struct cost_frame *f = frame_get();

	return f && find((void *)(long)skb->data, (void *)(long)skb->data_end,
			 f->reply)
		       ? TC_ACT_UNSPEC
		       : TC_ACT_SHOT;
}

/*
 * The least that a segment of a record can cost: found, what it says of its
 * direction written down, counted. Nothing is asked of it: it fits, has no payload,
 * is no RST and no FIN, and the record is neither over nor new.
 */
static __always_inline bool note(struct hf_flow *f, enum hf_direction d,
				 const struct tcphdr *tcp)
{
	struct hf_flow_dir *dir = &f->dir[d];
	__u32 zero = 0, seq = bpf_ntohl(tcp->seq),
	      ack = bpf_ntohl(tcp->ack_seq);
	__u64 *count = bpf_map_lookup_elem(&counted, &zero);

	if (!count)
		return false;
	if ((__s32)(ack - dir->ack_hi) >= 0)
		dir->ack_hi = ack;
	if ((__s32)(seq - dir->seq_hi) > 0)
		dir->seq_hi = seq;
	dir->window = bpf_ntohs(tcp->window);
	dir->tsval = bpf_ntohl(*(const __u32 *)((void *)(tcp + 1) + TSVAL_OFF));
	dir->last_ms = (bpf_jiffies64() * clock_mult >> 20) + clock_off;
	dir->packets++;
	++*count;
	return true;
}

SEC("xdp.frags")
int cost_note(struct xdp_md *ctx)
{
	struct hf_tuple t = {};
	struct tcphdr *tcp = segment((void *)(long)ctx->data,
				     (void *)(long)ctx->data_end, false, &t);
	struct hf_flow *f = tcp ? bpf_map_lookup_elem(&flows, &t) : NULL;

	return f && note(f, HF_DIR_IN, tcp) ? XDP_PASS : XDP_ABORTED;
}

/* Behind the ports: numbers, flags and window, sum, options. */
#define RENUMBERED	7	/* words */

/*
 * The least of one that is translated: a second look-up, other numbers, and the
 * kernel told how the sum changes by them. Only its helpers know whether the sum is
 * partial or covers the frame, and what is shared with a clone.
 */
static __always_inline bool renumber(struct __sk_buff *skb,
				     const struct tcphdr *tcp, __u32 off,
				     const struct hf_splice *s, bool reply)
{
	const __u32 *word = (const __u32 *)tcp + 1;
	__u32 seq = s->delta >> 32, ts = s->delta, now[RENUMBERED];
	__u64 diff = 0;

	for (int i = 0; i < RENUMBERED; i++)
		now[i] = word[i];
	if (reply) {
		now[0] = bpf_htonl(bpf_ntohl(word[0]) + seq);
		now[5] = bpf_htonl(bpf_ntohl(word[5]) + ts);
	} else {
		now[1] = bpf_htonl(bpf_ntohl(word[1]) - seq);
		now[6] = bpf_htonl(bpf_ntohl(word[6]) - ts);
	}
	for (int i = 0; i < RENUMBERED; i++)
		diff += (__u64)(__u32)~word[i] + now[i];
	return !bpf_skb_store_bytes(skb, off + 4, now, sizeof(now), 0) &&
	       !bpf_l4_csum_replace(skb, off + offsetof(struct tcphdr, check),
				    0, (__u16)~fold(diff), 0);
}

SEC("tc")
int cost_renumber_tc(struct __sk_buff *skb)
{
	struct cost_frame *f = frame_get();
	void *data = (void *)(long)skb->data;
	bool reply = f && f->reply;
	struct hf_tuple t = {};
	struct hf_splice *s;
	struct hf_flow *flow;
	struct tcphdr *tcp;
	__u32 off;

	tcp = segment(data, (void *)(long)skb->data_end, reply, &t);
	flow = tcp ? bpf_map_lookup_elem(&flows, &t) : NULL;
	s = flow ? bpf_map_lookup_elem(&splice, &t) : NULL;
	if (!s || !note(flow, reply ? HF_DIR_OUT : HF_DIR_IN, tcp))
		return TC_ACT_SHOT;
	off = ETH_HLEN +
	      (f->ip6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
	return renumber(skb, tcp, off, s, reply) ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
