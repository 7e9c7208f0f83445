// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Segments that the daemon sends itself: see segment.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "segment.h"
#include "lib/tuple.h"

#define OPT_NOP		1
#define OPT_TS		8	/* RFC 7323 3.2 */
#define OPT_TS_LEN	10
#define TS_WORDS	3	/* NOP NOP and the option, appendix A */
#define HOP_LIMIT	64

/* What the checksum covers besides the segment, RFC 9293 3.1. */
struct pseudo {
	__be32 word[10];
	int words;
};

static int open_marked(int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	__u32 mark = HF_MARK;

	if (fd >= 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark))) {
		close(fd);
		return -1;
	}
	return fd;
}

int segment_open(struct segment_sockets *s)
{
	int on = 1;

	s->frame = open_marked(AF_PACKET, SOCK_RAW, 0);
	s->ip4 = open_marked(AF_INET, SOCK_RAW, IPPROTO_RAW);
	s->ip6 = open_marked(AF_INET6, SOCK_RAW, IPPROTO_RAW);
	if (s->ip6 >= 0)
		setsockopt(s->ip6, IPPROTO_IPV6, IPV6_HDRINCL, &on, sizeof(on));
	return s->frame < 0 || s->ip4 < 0 ? -errno : 0;
}

void segment_close(struct segment_sockets *s)
{
	if (s->frame > 0)
		close(s->frame);
	if (s->ip4 > 0)
		close(s->ip4);
	if (s->ip6 > 0)
		close(s->ip6);
}

int segment_repeat(const struct segment_sockets *s,
		   const struct hf_half_open *h)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = h->ifindex,
	};

	return sendto(s->frame, h->frame, h->frame_len, 0,
		      (struct sockaddr *)&to, sizeof(to)) < 0
		       ? -errno
		       : 0;
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

/* The TCP header at `word`; returns its words. */
static int put_tcp(__be32 *word, const struct segment_probe *probe)
{
	const struct hf_tuple *t = probe->tuple;
	const struct hf_flow *f = probe->flow;
	const struct hf_flow_dir *out = &f->dir[HF_DIR_OUT];
	int words = 5 + (f->options & HF_OPT_TS ? TS_WORDS : 0);

	word[0] = htonl(ntohs(t->server_port) << 16 | ntohs(t->client_port));
	word[1] = htonl(out->seq_hi - 1);
	word[2] = htonl(out->ack_hi);
	word[3] = htonl((__u32)words << 28 | TH_ACK << 16 | out->window);
	word[4] = 0;
	if (words > 5) {
		word[5] = htonl(OPT_NOP << 24 | OPT_NOP << 16 | OPT_TS << 8 |
				OPT_TS_LEN);
		/* The kernel's clock for it goes on in ms, as ours. */
		word[6] = htonl(out->tsval + (probe->now_ms - out->last_ms));
		word[7] = htonl(f->dir[HF_DIR_IN].tsval);
	}
	return words;
}

static int probe4(const struct segment_sockets *s,
		  const struct segment_probe *probe)
{
	const struct hf_tuple *t = probe->tuple;
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = t->client[3],
	};
	__be32 word[5 + 5 + TS_WORDS];
	int words = put_tcp(word + 5, probe);
	struct pseudo p = {
		.word = { t->server[3], t->client[3],
			  htonl(IPPROTO_TCP << 16 | words * 4) },
		.words = 3,
	};

	/* The kernel fills in the length, the id and the checksum. */
	word[0] = htonl(0x45000000 | (20 + words * 4));
	word[1] = htonl(0x4000);
	word[2] = htonl(HOP_LIMIT << 24 | IPPROTO_TCP << 16);
	word[3] = t->server[3];
	word[4] = t->client[3];
	((struct tcphdr *)(word + 5))->check = checksum(&p, word + 5, words);
	return sendto(s->ip4, word, 20 + words * 4, 0, (struct sockaddr *)&to,
		      sizeof(to)) < 0
		       ? -errno
		       : 0;
}

static int probe6(const struct segment_sockets *s,
		  const struct segment_probe *probe)
{
	const struct hf_tuple *t = probe->tuple;
	struct sockaddr_in6 to = {
		.sin6_family = AF_INET6,
		.sin6_scope_id = probe->ifindex,
	};
	__be32 word[10 + 5 + TS_WORDS];
	int words = put_tcp(word + 10, probe);
	struct pseudo p = { .words = 10 };

	word[0] = htonl(0x60000000);
	word[1] = htonl(words * 4 << 16 | IPPROTO_TCP << 8 | HOP_LIMIT);
	memcpy(word + 2, t->server, 16);
	memcpy(word + 6, t->client, 16);
	memcpy(p.word, word + 2, 32);
	p.word[8] = htonl(words * 4);
	p.word[9] = htonl(IPPROTO_TCP);
	((struct tcphdr *)(word + 10))->check = checksum(&p, word + 10, words);
	memcpy(&to.sin6_addr, t->client, 16);
	return sendto(s->ip6, word, 40 + words * 4, 0, (struct sockaddr *)&to,
		      sizeof(to)) < 0
		       ? -errno
		       : 0;
}

int segment_probe(const struct segment_sockets *s,
		  const struct segment_probe *probe)
{
	return tuple_is_ip4(probe->tuple) ? probe4(s, probe) : probe6(s, probe);
}
