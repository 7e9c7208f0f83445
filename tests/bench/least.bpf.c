// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The least of a splice: the client's handshake by the floor, the server's own behind it,
 * and each segment renumbered. What `make bench` compares connections and streams by
 * handoff splice with.
 *
 * IPv4, untagged, timestamps, as one Linux speaks to another. Whatever acknowledges is
 * believed, nothing is counted, followed, or told, a lost segment of the handshakes is not
 * repeated, SACK blocks are not renumbered, and no record ever ends.
 */
#include "floor.bpf.h"

#define TC_PASS		(-1)	/* TC_ACT_UNSPEC */
#define TC_DROP		2	/* TC_ACT_SHOT */

#define LEAST_MARK	0x6c656173
#define LEAST_RECORDS	(1 << 20)

#define LEAST_L3	14	/* bytes to the IP header, ... */
#define LEAST_L4	34	/* ... and to the TCP header */
#define LEAST_WORDS	10U	/* of a SYN's TCP header; ... */
#define LEAST_WORDS_ACK	8U	/* ... and of all others */

/* Words of the header, with timestamps behind two NOPs. */
enum {
	LEAST_PORTS,
	LEAST_SEQ,
	LEAST_ACK,
	LEAST_FLAGS,
	LEAST_CHECK,
	LEAST_OPTIONS,
	LEAST_TSVAL,
	LEAST_TSECR,
};

#define LEAST_SYN_TSVAL	7	/* where it stands in a SYN */

#define LEAST_NOPS	0x01010101
#define LEAST_TS	0x0101080a
#define LEAST_SACK_TS	0x0402080a
#define LEAST_SCALE	0x01030307

struct least_key {
	__be32 client, server;
	__be16 client_port, server_port;
};

struct least_flow {
	__u32 irs, iss;
	__u32 tsval, tsecr;	/* of the client's ACK */
	__u32 delta, ts_delta;	/* what the client's numbers are ahead */
	__u32 live;		/* the server has answered */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LEAST_RECORDS);
	__type(key, struct least_key);
	__type(value, struct least_flow);
} least_flows SEC(".maps");

/* A TCP header: as it is, and as it is to be; both in host byte order. */
struct least_header {
	__u32 now[LEAST_WORDS], then[LEAST_WORDS];
};

static __always_inline bool least_is(const __u32 *now, __u8 flags, __u8 words)
{
	return (now[LEAST_FLAGS] >> 16 & 0x17) == flags &&
	       now[LEAST_FLAGS] >> 28 == words;
}

/* `now`, and the key; false: it is none of ours. */
static __always_inline bool least_read(struct __sk_buff *skb, bool out,
				       struct least_key *key,
				       struct least_header *h)
{
	void *data = (void *)(long)skb->data,
	     *end = (void *)(long)skb->data_end;
	struct iphdr *ip = data + LEAST_L3;
	__be32 *word = data + LEAST_L4;

	if ((void *)(word + LEAST_WORDS_ACK) > end ||
	    skb->protocol != bpf_htons(0x0800) || *(__u8 *)ip != 0x45 ||
	    ip->protocol != IPPROTO_TCP)
		return false;
	for (__u32 i = 0; i < LEAST_WORDS_ACK; i++)
		h->now[i] = bpf_ntohl(word[i]);
	h->now[8] = h->now[9] = 0;
	if (h->now[LEAST_FLAGS] >> 28 < LEAST_WORDS_ACK)
		return false;	/* RST */
	key->client = out ? ip->daddr : ip->saddr;
	key->server = out ? ip->saddr : ip->daddr;
	key->client_port = bpf_htons(out ? h->now[0] : h->now[0] >> 16);
	key->server_port = bpf_htons(out ? h->now[0] >> 16 : h->now[0]);
	for (__u32 i = 0; i < LEAST_WORDS; i++)
		h->then[i] = h->now[i];
	return true;
}

/* The words change, `words` of them, and the sum with them; `now` is `then`. */
static __always_inline bool least_write(struct __sk_buff *skb,
					struct least_header *h, __u32 words)
{
	__be32 word[LEAST_WORDS];
	__u64 diff = 0;

	for (__u32 i = 0; i < words; i++) {
		word[i] = bpf_htonl(h->then[i]);
		if (i == LEAST_CHECK || h->then[i] == h->now[i])
			continue;
		diff += (__u64)(__u32)~bpf_htonl(h->now[i]) + word[i];
		h->now[i] = h->then[i];
	}
	diff = (diff & 0xffffffff) + (diff >> 32);
	diff = (diff & 0xffffffff) + (diff >> 32);
	return !bpf_skb_store_bytes(skb, LEAST_L4, word, 16, 0) &&
	       !bpf_skb_store_bytes(skb, LEAST_L4 + 20, word + 5,
				    words * 4 - 20, 0) &&
	       !bpf_l4_csum_replace(skb, LEAST_L4 + 16, 0, diff, 0);
}

static __always_inline bool least_turn(struct __sk_buff *skb,
				       struct least_header *h)
{
	__u8 mac[12], ip[8];

	h->then[LEAST_PORTS] = h->now[LEAST_PORTS] << 16 |
			       h->now[LEAST_PORTS] >> 16;
	return !bpf_skb_load_bytes(skb, 0, mac, 12) &&
	       !bpf_skb_store_bytes(skb, 0, mac + 6, 6, 0) &&
	       !bpf_skb_store_bytes(skb, 6, mac, 6, 0) &&
	       !bpf_skb_load_bytes(skb, LEAST_L3 + 12, ip, 8) &&
	       !bpf_skb_store_bytes(skb, LEAST_L3 + 12, ip + 4, 4, 0) &&
	       !bpf_skb_store_bytes(skb, LEAST_L3 + 16, ip, 4, 0);
}

/* The ACK is the SYN now. */
static __always_inline int least_syn(struct __sk_buff *skb,
				     struct least_header *h)
{
	__be16 was = bpf_htons(20 + LEAST_WORDS_ACK * 4),
	       is = bpf_htons(20 + LEAST_WORDS * 4);

	h->then[LEAST_SEQ]--;
	h->then[LEAST_ACK] = 0;
	h->then[LEAST_FLAGS] = LEAST_WORDS << 28 | FLOOR_SYN << 16 | 64240;
	h->then[LEAST_OPTIONS] = FLOOR_MSS;
	h->then[6] = LEAST_SACK_TS;
	h->then[LEAST_SYN_TSVAL] = h->now[LEAST_TSVAL];
	h->then[8] = 0;
	h->then[9] = LEAST_SCALE;
	if (bpf_skb_change_tail(skb, LEAST_L4 + LEAST_WORDS * 4, 0) ||
	    bpf_skb_store_bytes(skb, LEAST_L3 + 2, &is, 2, 0) ||
	    bpf_l3_csum_replace(skb, LEAST_L3 + 10, was, is, 2) ||
	    bpf_l4_csum_replace(skb, LEAST_L4 + 16,
				bpf_htons(LEAST_WORDS_ACK * 4),
				bpf_htons(LEAST_WORDS * 4),
				BPF_F_PSEUDO_HDR | 2))
		return TC_DROP;
	return least_write(skb, h, LEAST_WORDS) ? TC_PASS : TC_DROP;
}

static __always_inline int least_open(struct __sk_buff *skb,
				      const struct least_key *key,
				      struct least_header *h)
{
	struct least_flow f = {
		.irs = h->now[LEAST_SEQ] - 1,
		.iss = h->now[LEAST_ACK] - 1,
		.tsval = h->now[LEAST_TSVAL],
		.tsecr = h->now[LEAST_TSECR],
	};

	if (!least_is(h->now, 0x10, LEAST_WORDS_ACK) ||
	    skb->len != LEAST_L4 + LEAST_WORDS_ACK * 4 ||
	    bpf_map_update_elem(&least_flows, key, &f, BPF_NOEXIST))
		return TC_PASS;
	return least_syn(skb, h);
}

SEC("tc")
int least_in(struct __sk_buff *skb)
{
	struct least_header h;
	struct least_key key;
	struct least_flow *f;

	if (!least_read(skb, false, &key, &h))
		return TC_PASS;
	f = bpf_map_lookup_elem(&least_flows, &key);
	if (!f)
		return least_open(skb, &key, &h);
	if (skb->mark == LEAST_MARK) {
		skb->mark = 0;
		return TC_PASS;
	}
	if (!f->live)
		return TC_DROP;
	h.then[LEAST_ACK] -= f->delta;
	h.then[LEAST_TSECR] -= f->ts_delta;
	return least_write(skb, &h, LEAST_WORDS_ACK) ? TC_PASS : TC_DROP;
}

/* The server's SYN-ACK, turned round, is the client's ACK; and turned back, what opens
 * the client's window. */
static __always_inline int least_answer(struct __sk_buff *skb,
					struct least_flow *f,
					struct least_header *h)
{
	__u32 window = h->now[LEAST_FLAGS] & 0xffff, tsval;

	if (bpf_skb_load_bytes(skb, LEAST_L4 + 32, &h->now[8], 8))
		return TC_DROP;
	h->now[8] = bpf_ntohl(h->now[8]);
	h->now[9] = bpf_ntohl(h->now[9]);
	tsval = h->now[LEAST_SYN_TSVAL];
	f->delta = f->iss - h->now[LEAST_SEQ];
	f->ts_delta = f->tsecr - tsval;
	f->live = 1;
	h->then[LEAST_SEQ] = f->irs + 1;
	h->then[LEAST_ACK] = h->now[LEAST_SEQ] + 1;
	h->then[LEAST_FLAGS] = LEAST_WORDS << 28 | 0x10 << 16 | window >> 7;
	h->then[LEAST_OPTIONS] = LEAST_TS;
	h->then[LEAST_TSVAL] = f->tsval;
	h->then[LEAST_TSECR] = tsval;
	h->then[8] = h->then[9] = LEAST_NOPS;
	if (!least_turn(skb, h) || !least_write(skb, h, LEAST_WORDS))
		return TC_DROP;
	skb->mark = LEAST_MARK;
	bpf_clone_redirect(skb, skb->ifindex, BPF_F_INGRESS);
	skb->mark = 0;
	h->then[LEAST_SEQ] = f->iss + 1;
	h->then[LEAST_ACK] = f->irs + 1;
	h->then[LEAST_TSVAL] = tsval + f->ts_delta;
	h->then[LEAST_TSECR] = f->tsval;
	if (!least_turn(skb, h) || !least_write(skb, h, LEAST_WORDS))
		return TC_DROP;
	return TC_PASS;
}

SEC("tc")
int least_out(struct __sk_buff *skb)
{
	struct least_header h;
	struct least_key key;
	struct least_flow *f;

	if (!least_read(skb, true, &key, &h))
		return TC_PASS;
	f = bpf_map_lookup_elem(&least_flows, &key);
	if (!f)
		return TC_PASS;
	if (least_is(h.now, FLOOR_SYN_ACK, LEAST_WORDS))
		return least_answer(skb, f, &h);
	h.then[LEAST_SEQ] += f->delta;
	h.then[LEAST_TSVAL] += f->ts_delta;
	return least_write(skb, &h, LEAST_WORDS_ACK) ? TC_PASS : TC_DROP;
}

SEC("xdp.frags")
int least_xdp(struct xdp_md *ctx)
{
	return floor(ctx, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
