// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A TCP segment without payload as a datagram: see datagram.h. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <string.h>

#include "datagram.h"
#include "lib/tuple.h"

#define HOP_LIMIT	64

/* What the checksum covers besides the segment, RFC 9293 3.1. */
struct pseudo {
	__be32 word[10];
	int words;
};

void segment_option(struct segment *seg, __u32 word)
{
	seg->opt[seg->opt_words++] = htonl(word);
}

void segment_timestamp(struct segment *seg, __u32 tsval, __u32 tsecr)
{
	segment_option(seg, OPT_NOP << 24 | OPT_NOP << 16 | OPT_TS << 8 |
				    OPT_TS_LEN);
	segment_option(seg, tsval);
	segment_option(seg, tsecr);
}

void segment_syn(struct segment *seg, __u32 isn, __u32 tsval)
{
	seg->flags = TH_SYN;
	seg->seq = isn;
	seg->window = 64240;
	segment_option(seg, OPT_MSS << 24 | OPT_MSS_LEN << 16 |
				    (tuple_is_ip4(seg->tuple) ? 1460 : 1440));
	segment_option(seg, OPT_SACK_PERM << 24 | OPT_SACK_PERM_LEN << 16 |
				    OPT_TS << 8 | OPT_TS_LEN);
	segment_option(seg, tsval);
	segment_option(seg, 0);
	segment_option(seg, OPT_NOP << 24 | OPT_WSCALE << 16 |
				    OPT_WSCALE_LEN << 8 | 7);
}

void segment_ack(struct segment *seg, const struct hf_flow *f,
		 enum hf_direction d, __u32 now_ms)
{
	const struct hf_flow_dir *own = &f->dir[d];

	seg->flags = TH_ACK;
	seg->seq = own->seq_hi;
	seg->ack = own->ack_hi;
	seg->window = own->window;
	if (f->options & HF_OPT_TS)
		segment_timestamp(seg, own->tsval + (now_ms - own->last_ms),
				  f->dir[!d].tsval);
}

static __u16 checksum(const struct pseudo *p, const __be32 *word, int words)
{
	__u64 sum = 0;

	for (int i = 0; i < p->words; i++)
		sum += (p->word[i] >> 16) + (p->word[i] & 0xffff);
	for (int i = 0; i < words; i++)
		sum += (word[i] >> 16) + (word[i] & 0xffff);
	while (sum >> 16)
		sum = (sum >> 16) + (sum & 0xffff);
	return ~sum;
}

static void put_ip4(struct datagram *d, const __be32 *from, const __be32 *to)
{
	struct pseudo none = {};

	d->word[0] = htonl(0x45000000 | d->words * 4);
	d->word[1] = htonl(0x4000);
	d->word[2] = htonl(HOP_LIMIT << 24 | IPPROTO_TCP << 16);
	d->word[3] = from[3];
	d->word[4] = to[3];
	((struct iphdr *)d->word)->check = checksum(&none, d->word, IP4_WORDS);
}

static void put_ip6(struct datagram *d, const __be32 *from, const __be32 *to)
{
	d->word[0] = htonl(0x60000000);
	d->word[1] = htonl((d->words - IP6_WORDS) * 4 << 16 | IPPROTO_TCP << 8 |
			   HOP_LIMIT);
	memcpy(d->word + 2, from, 16);
	memcpy(d->word + 6, to, 16);
}

static void put_tcp(struct datagram *d, const struct segment *seg)
{
	const struct hf_tuple *t = seg->tuple;
	const __be32 *from = seg->from_client ? t->client : t->server;
	const __be32 *to = seg->from_client ? t->server : t->client;
	__u16 sport = seg->from_client ? t->client_port : t->server_port;
	__u16 dport = seg->from_client ? t->server_port : t->client_port;
	__be32 *tcp = d->word + d->ip_words;
	int words = d->words - d->ip_words;
	struct pseudo p = { .words = 10 };

	memcpy(p.word, from, 16);
	memcpy(p.word + 4, to, 16);
	if (tuple_is_ip4(t)) /* the prefix ::ffff is no part of the sum */
		p.word[2] = p.word[6] = 0;
	p.word[8] = htonl(words * 4);
	p.word[9] = htonl(IPPROTO_TCP);
	tcp[0] = htonl((__u32)ntohs(sport) << 16 | ntohs(dport));
	tcp[1] = htonl(seg->seq);
	tcp[2] = htonl(seg->ack);
	tcp[3] = htonl((__u32)words << 28 | seg->flags << 16 | seg->window);
	tcp[4] = 0;
	memcpy(tcp + TCP_WORDS, seg->opt, seg->opt_words * 4);
	((struct tcphdr *)tcp)->check = checksum(&p, tcp, words);
}

void datagram_make(struct datagram *d, const struct segment *seg)
{
	const struct hf_tuple *t = seg->tuple;
	const __be32 *from = seg->from_client ? t->client : t->server;
	const __be32 *to = seg->from_client ? t->server : t->client;

	d->ip_words = tuple_is_ip4(t) ? IP4_WORDS : IP6_WORDS;
	d->words = d->ip_words + TCP_WORDS + seg->opt_words;
	if (tuple_is_ip4(t))
		put_ip4(d, from, to);
	else
		put_ip6(d, from, to);
	put_tcp(d, seg);
}

static __u8 *put_word(__u8 *at, __u16 word)
{
	__be16 put = htons(word);

	memcpy(at, &put, sizeof(put));
	return at + sizeof(put);
}

static __u8 *put_tag(__u8 *at, __u16 vlan)
{
	return vlan ? put_word(put_word(at, ETH_P_8021Q), vlan) : at;
}

size_t frame_make(__u8 frame[FRAME_MAX], const struct segment *seg,
		  const __u8 to[ETH_ALEN], const __u8 from[ETH_ALEN])
{
	const struct hf_tuple *t = seg->tuple;
	__u8 *at = frame + 2 * ETH_ALEN;
	struct datagram d;

	memcpy(frame, to, ETH_ALEN);
	memcpy(frame + ETH_ALEN, from, ETH_ALEN);
	at = put_tag(put_tag(at, t->zone >> 12), t->zone & 0xfff);
	at = put_word(at, tuple_is_ip4(t) ? ETH_P_IP : ETH_P_IPV6);
	datagram_make(&d, seg);
	memcpy(at, d.word, d.words * 4);
	return at + d.words * 4 - frame;
}
