// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// seg_packet: TCP segments to and from frames, for seg.
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include "seg_packet.h"

#define IP4_LEN 20
#define IP6_LEN 40
#define TCP_LEN 20
#define TCP_CHECK 16
#define FRAG6_LEN 8

const char *const seen_names[SEEN_NR] = {
	[SEEN_FLAGS] = "rflags", [SEEN_SPORT] = "rsport",
	[SEEN_DPORT] = "rdport", [SEEN_SEQ] = "rseq",
	[SEEN_ACK] = "rack",	 [SEEN_WIN] = "rwin",
	[SEEN_LEN] = "rlen",	 [SEEN_MSS] = "rmss",
	[SEEN_WS] = "rws",	 [SEEN_SACK] = "rsack",
	[SEEN_TSOK] = "rtsok",	 [SEEN_TS] = "rts",
	[SEEN_ECR] = "recr",	 [SEEN_BLOCKS] = "rblocks",
	[SEEN_LEFT] = "rleft",	 [SEEN_RIGHT] = "rright",
	[SEEN_URG] = "rurg",	 [SEEN_VLAN] = "rvlan",
	[SEEN_VLAN2] = "rvlan2", [SEEN_TOS] = "rtos",
	[SEEN_ID] = "rid",	 [SEEN_TTL] = "rttl",
	[SEEN_SUMOK] = "rsumok",
};

static const char flag_letters[] = "FSRPAUEC";

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

uint64_t sum_add(uint64_t sum, const void *from, size_t bytes)
{
	const uint8_t *p = from;

	for (; bytes > 1; p += 2, bytes -= 2)
		sum += get16(p);
	return bytes ? sum + (p[0] << 8) : sum;
}

uint16_t sum_fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* src lies before dst in both kinds of IP header */
static uint64_t sum_pseudo(const uint8_t *src, size_t addr_len, size_t len)
{
	return sum_add(IPPROTO_TCP + len, src, 2 * addr_len);
}

int flags_parse(const char *text)
{
	const char *at;
	int flags = 0;

	if (!strcmp(text, "-"))
		return 0;
	for (; *text; text++) {
		at = strchr(flag_letters, *text);
		if (!at)
			return -1;
		flags |= 1 << (at - flag_letters);
	}
	return flags;
}

const char *flags_text(uint32_t flags)
{
	static char text[9];
	char *p = text;
	int i;

	for (i = 0; i < 8; i++)
		if (flags & 1 << i)
			*p++ = flag_letters[i];
	if (p == text)
		*p++ = '-';
	*p = 0;
	return text;
}

static size_t eth_build(uint8_t *p, const struct path *path,
			const struct segment *s)
{
	size_t len = 2 * ETH_ALEN;

	memcpy(p, s->dst_mac, ETH_ALEN);
	memcpy(p + ETH_ALEN, path->src_mac, ETH_ALEN);
	if (s->vlan != SEG_NO_VLAN) {
		put16(p + len, s->tpid);
		put16(p + len + 2, s->vlan);
		len += 4;
	}
	if (s->vlan2 != SEG_NO_VLAN) {
		put16(p + len, ETHERTYPE_VLAN);
		put16(p + len + 2, s->vlan2);
		len += 4;
	}
	put16(p + len, path->family == AF_INET ? ETHERTYPE_IP : ETHERTYPE_IPV6);
	return len + 2;
}

/* Both return the header's length; tcp_len is what will follow it */
static size_t ip4_build(uint8_t *p, const struct path *path,
			const struct segment *s, size_t tcp_len)
{
	size_t len = IP4_LEN + (s->ipopt.len + 3) / 4 * 4;

	p[0] = 4 << 4 | len / 4;
	p[1] = s->tos;
	put16(p + 2, len + tcp_len);
	put16(p + 4, s->id);
	put16(p + 6, s->frag);
	p[8] = s->ttl;
	p[9] = IPPROTO_TCP;
	memcpy(p + 12, path->src, 4);
	memcpy(p + 16, path->dst, 4);
	memcpy(p + IP4_LEN, s->ipopt.b, s->ipopt.len);
	put16(p + 10, ~sum_fold(sum_add(0, p, len)) ^ (s->badipsum ? 1 : 0));
	return len;
}

static size_t ip6_build(uint8_t *p, const struct path *path,
			const struct segment *s, size_t tcp_len)
{
	bool frag = s->frag & ~SEG_DF;
	size_t len = IP6_LEN + s->ext.len + (frag ? FRAG6_LEN : 0);

	put32(p, 6u << 28 | (s->tos & 255) << 20 | (s->id & 0xfffff));
	put16(p + 4, len - IP6_LEN + tcp_len);
	p[6] = s->ext.len ? s->ext_type : frag ? IPPROTO_FRAGMENT : IPPROTO_TCP;
	p[7] = s->ttl;
	memcpy(p + 8, path->src, 16);
	memcpy(p + 24, path->dst, 16);
	memcpy(p + IP6_LEN, s->ext.b, s->ext.len);
	if (frag) {
		p += IP6_LEN + s->ext.len;
		p[0] = IPPROTO_TCP;
		put16(p + 2, (s->frag & 0x1fff) << 3 | !!(s->frag & SEG_MF));
		put32(p + 4, 0x68616e64);
	}
	return len;
}

static void tcp_build(uint8_t *p, const struct path *path,
		      const struct segment *s, size_t head, size_t len)
{
	uint64_t sum;
	uint32_t i;

	put16(p, s->sport);
	put16(p + 2, s->dport);
	put32(p + 4, s->seq);
	put32(p + 8, s->ack);
	p[12] = head / 4 << 4;
	p[13] = s->flags;
	put16(p + 14, s->win);
	put16(p + 18, s->urg);
	memcpy(p + TCP_LEN, s->opt.b, s->opt.len);
	for (i = 0; i < s->len; i++)
		p[head + i] = s->data ? (uint8_t)s->data[i] : 'a' + i % 26;
	sum = sum_add(IPPROTO_TCP + len, path->src, path->addr_len);
	sum = sum_add(sum, path->dst, path->addr_len);
	if (!s->partial)
		sum = (uint16_t)~sum_fold(sum_add(sum, p, len));
	put16(p + TCP_CHECK, sum_fold(sum) ^ (s->badsum ? 1 : 0));
}

int packet_build(struct frame *f, const struct path *path,
		 const struct segment *s)
{
	size_t head = TCP_LEN + (s->opt.len + 3) / 4 * 4, len = head + s->len;
	size_t l4;

	if (head > 60 || s->ipopt.len > 40 || len + s->pad + 512 > FRAME_MAX)
		return -1;
	memset(f->b, 0, len + s->pad + 512);
	f->l3 = eth_build(f->b, path, s);
	if (path->family == AF_INET)
		l4 = f->l3 + ip4_build(f->b + f->l3, path, s, len);
	else
		l4 = f->l3 + ip6_build(f->b + f->l3, path, s, len);
	tcp_build(f->b + l4, path, s, head, len);
	f->l4 = l4;
	f->len = l4 + len + s->pad;
	return 0;
}

/* Finds the TCP header behind extension headers; NULL if there is none */
static uint8_t *ip6_skip(uint8_t *ip, const uint8_t *end)
{
	uint8_t *p = ip + IP6_LEN;
	int next = ip[6];

	while (next != IPPROTO_TCP && p + 8 <= end) {
		if (next == IPPROTO_FRAGMENT) {
			if (get16(p + 2) & 0xfff8)
				return NULL;
			next = p[0];
			p += FRAG6_LEN;
		} else if (next == IPPROTO_HOPOPTS || next == IPPROTO_DSTOPTS ||
			   next == IPPROTO_ROUTING) {
			next = p[0];
			p += 8 * (p[1] + 1);
		} else {
			return NULL;
		}
	}
	return next == IPPROTO_TCP ? p : NULL;
}

/* Finds a whole TCP header; *end becomes the end of the IP packet */
static uint8_t *tcp_find(uint8_t *ip, uint8_t **end)
{
	size_t room = *end - ip, total;
	uint8_t *tcp;

	if (room >= IP4_LEN && ip[0] >> 4 == 4) {
		tcp = ip + 4 * (ip[0] & 15);
		total = get16(ip + 2);
		if (ip[9] != IPPROTO_TCP || get16(ip + 6) & 0x1fff ||
		    tcp < ip + IP4_LEN)
			return NULL;
	} else if (room >= IP6_LEN && ip[0] >> 4 == 6) {
		tcp = ip6_skip(ip, *end);
		total = IP6_LEN + get16(ip + 4);
	} else {
		return NULL;
	}
	if (total && total < room)
		*end = ip + total;
	return tcp && tcp + TCP_LEN <= *end ? tcp : NULL;
}

static uint64_t tcp_sum(const uint8_t *ip, const uint8_t *tcp,
			const uint8_t *end)
{
	uint64_t sum = ip[0] >> 4 == 4 ? sum_pseudo(ip + 12, 4, end - tcp)
				       : sum_pseudo(ip + 8, 16, end - tcp);

	return sum_add(sum, tcp, end - tcp);
}

size_t packet_flip(struct frame *f, uint64_t random)
{
	uint8_t *ip = f->b + f->l3, *end = f->b + f->len;
	uint8_t *tcp = tcp_find(ip, &end);
	size_t bits;

	if (tcp)
		end = tcp + (tcp[12] >> 4) * 4;
	if (end > f->b + f->len)
		end = f->b + f->len;
	bits = 8 * (end - ip);
	ip[random % bits / 8] ^= 1 << random % 8;
	return random % bits;
}

void packet_sum(struct frame *f)
{
	uint8_t *ip = f->b + f->l3, *end = f->b + f->len, *tcp;
	size_t head = 4 * (ip[0] & 15);

	tcp = tcp_find(ip, &end);
	if (ip[0] >> 4 == 4 && head >= IP4_LEN && ip + head <= end) {
		put16(ip + 10, 0);
		put16(ip + 10, ~sum_fold(sum_add(0, ip, head)));
	}
	if (tcp) {
		put16(tcp + TCP_CHECK, 0);
		put16(tcp + TCP_CHECK, ~sum_fold(tcp_sum(ip, tcp, end)));
	}
}

static void blocks_parse(const uint8_t *p, uint32_t *r)
{
	r[SEEN_BLOCKS] = p[1] / 8;
	if (!r[SEEN_BLOCKS])
		return;
	r[SEEN_LEFT] = get32(p + 2);
	r[SEEN_RIGHT] = get32(p + 6);
}

static void options_parse(const uint8_t *p, const uint8_t *end, uint32_t *r)
{
	for (; p < end && *p; p += p[1]) {
		while (p < end && *p == TCPOPT_NOP)
			p++;
		if (p + 2 > end || !*p || p[1] < 2 || p + p[1] > end)
			return;
		if (p[0] == TCPOPT_MAXSEG && p[1] == TCPOLEN_MAXSEG)
			r[SEEN_MSS] = get16(p + 2);
		else if (p[0] == TCPOPT_WINDOW && p[1] == TCPOLEN_WINDOW)
			r[SEEN_WS] = p[2];
		else if (p[0] == TCPOPT_SACK_PERMITTED)
			r[SEEN_SACK] = 1;
		else if (p[0] == TCPOPT_SACK)
			blocks_parse(p, r);
		if (p[0] != TCPOPT_TIMESTAMP || p[1] != TCPOLEN_TIMESTAMP)
			continue;
		r[SEEN_TSOK] = 1;
		r[SEEN_TS] = get32(p + 2);
		r[SEEN_ECR] = get32(p + 6);
	}
}

static void ip_parse(const uint8_t *ip, uint32_t *r)
{
	if (ip[0] >> 4 == 4) {
		r[SEEN_TOS] = ip[1];
		r[SEEN_ID] = get16(ip + 4);
		r[SEEN_TTL] = ip[8];
		r[SEEN_SUMOK] = sum_fold(sum_add(0, ip, 4 * (ip[0] & 15))) ==
				0xffff;
	} else {
		r[SEEN_TOS] = get32(ip) >> 20 & 255;
		r[SEEN_ID] = get32(ip) & 0xfffff;
		r[SEEN_TTL] = ip[7];
		r[SEEN_SUMOK] = 1;
	}
}

static bool tcp_parse(const uint8_t *tcp, const uint8_t *end, struct seen *seen)
{
	const uint8_t *data = tcp + (tcp[12] >> 4) * 4;
	uint32_t *r = seen->field;

	if (data < tcp + TCP_LEN || data > end)
		return false;
	r[SEEN_SPORT] = get16(tcp);
	r[SEEN_DPORT] = get16(tcp + 2);
	r[SEEN_SEQ] = get32(tcp + 4);
	r[SEEN_ACK] = get32(tcp + 8);
	r[SEEN_FLAGS] = tcp[13];
	r[SEEN_WIN] = get16(tcp + 14);
	r[SEEN_URG] = get16(tcp + 18);
	r[SEEN_LEN] = end - data;
	seen->data = data;
	options_parse(tcp + TCP_LEN, data, r);
	return true;
}

/* Steps over tags that are in the frame; false if it is not our IP version */
static bool eth_parse(struct frame *f, int family, uint32_t *r)
{
	size_t at = 2 * ETH_ALEN;
	uint32_t type = get16(f->b + at);

	while ((type == ETHERTYPE_VLAN || type == 0x88a8) && at + 6 < f->len) {
		r[r[SEEN_VLAN] ? SEEN_VLAN2 : SEEN_VLAN] =
			get16(f->b + at + 2) & 0xfff;
		at += 4;
		type = get16(f->b + at);
	}
	f->l3 = at + 2;
	return type == (family == AF_INET ? ETHERTYPE_IP : ETHERTYPE_IPV6);
}

bool packet_parse(struct frame *f, const struct path *path, uint32_t outer_vlan,
		  bool csum_done, struct seen *seen)
{
	uint8_t *ip, *tcp, *end = f->b + f->len;
	size_t src = path->family == AF_INET ? 12 : 8;
	uint32_t *r = seen->field;

	*seen = (struct seen){ .field[SEEN_WS] = SEG_NO_WS };
	r[SEEN_VLAN] = outer_vlan;
	if (f->len < ETH_HLEN || !eth_parse(f, path->family, r))
		return false;
	ip = f->b + f->l3;
	tcp = tcp_find(ip, &end);
	if (!tcp || memcmp(ip + src, path->dst, path->addr_len) ||
	    memcmp(ip + src + path->addr_len, path->src, path->addr_len))
		return false;
	ip_parse(ip, r);
	if (!csum_done && sum_fold(tcp_sum(ip, tcp, end)) != 0xffff)
		r[SEEN_SUMOK] = 0;
	return tcp_parse(tcp, end, seen);
}
