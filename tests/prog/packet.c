// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Build frames from descriptions and read replies, with own checksums. */
#include <stdlib.h>
#include <string.h>

#include "packet.h"

const uint8_t client4[4] = { 10, 77, 0, 1 };
const uint8_t server4[4] = { 10, 77, 0, 2 };
const uint8_t client6[16] = { 0xfd, 0x77, [15] = 1 };
const uint8_t server6[16] = { 0xfd, 0x77, [15] = 2 };
const uint8_t client_mac[6] = { 2, 0, 0, 0, 0, 1 };
const uint8_t server_mac[6] = { 2, 0, 0, 0, 0, 2 };

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static uint16_t get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

/* RFC 1071, not complemented. */
static uint32_t sum_bytes(uint32_t sum, const uint8_t *byte, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? byte[i] : byte[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Addresses lie together in both headers: source, then destination. */
static uint32_t sum_pseudo(const uint8_t *addrs, size_t addr_len,
			   uint32_t tcp_len)
{
	return sum_bytes(tcp_len + 6, addrs, 2 * addr_len);
}

static int tcp_words(const struct spec *s)
{
	return 5 + s->opt_len / 4;
}

static void spec_default(struct spec *s)
{
	bool none = true;

	for (int i = 0; i < 16; i++)
		none = none && !s->client[i];
	if (none && !s->client_set)
		memcpy(s->client, s->ip6 ? client6 : client4, s->ip6 ? 16 : 4);
	if (!s->server[0])
		memcpy(s->server, s->ip6 ? server6 : server4, s->ip6 ? 16 : 4);
	s->client_port = s->client_port ?: CLIENT_PORT;
	s->server_port = s->server_port ?: SERVER_PORT;
	s->flags = s->flags ?: F_SYN;
	s->proto = s->proto ?: 6;
	s->ihl = s->ihl ?: 5;
	s->doff = s->doff ?: tcp_words(s);
	s->window = s->window ?: 64240;
}

static uint8_t *build_eth(uint8_t *at, const struct spec *s)
{
	uint16_t type = s->ethertype ?: s->ip6 ? 0x86dd : 0x0800;

	memcpy(at, server_mac, 6);
	if (s->group)
		at[0] |= 1;
	memcpy(at + 6, client_mac, 6);
	at += 12;
	for (int i = 0; i < s->tags; i++, at += 4) {
		put16(at, s->tpid[i]);
		put16(at + 2, s->tci[i]);
	}
	put16(at, type);
	return at + 2;
}

static uint8_t *build_ip4(uint8_t *ip, const struct spec *s, uint32_t tcp_len)
{
	uint32_t header = s->ihl < 5 ? 20 : s->ihl * 4;
	uint32_t len = s->ip_len ?: (int)(header + tcp_len) + s->ip_len_add;

	ip[0] = (s->version ?: 4) << 4 | s->ihl;
	ip[1] = s->tos;
	put16(ip + 2, len);
	put16(ip + 4, 0x1234);
	put16(ip + 6, s->frag);
	ip[8] = 61;
	ip[9] = s->proto;
	memcpy(ip + 12, s->client, 4);
	memcpy(ip + 16, s->server, 4);
	memset(ip + 20, 1, header - 20);	/* NOP, RFC 791 3.1 */
	put16(ip + 10, ~sum_bytes(0, ip, header));
	if (s->ip_sum_bad)
		ip[11] ^= 0x10;
	return ip + header;
}

static uint8_t *build_ip6(uint8_t *ip, const struct spec *s, uint32_t tcp_len)
{
	uint8_t *next = ip + 6, *at = ip + 40;
	uint32_t len;

	ip[0] = (s->version ?: 6) << 4 | s->tos >> 4;
	ip[1] = s->tos << 4;
	ip[7] = 61;
	memcpy(ip + 8, s->client, 16);
	memcpy(ip + 24, s->server, 16);
	for (int i = 0; i < s->exts; i++) {
		len = (s->ext_len[i] + 1) * 8;
		*next = s->ext[i];
		memset(at, 0, len);
		next = at;
		at[1] = s->ext[i] == 44 ? 0 : s->ext_len[i];
		if (s->ext[i] == 44)
			put16(at + 2, s->frag);
		if (s->ext[i] != 44 && s->ext[i] != 43) {
			at[2] = 1;	/* PadN over the whole header */
			at[3] = len - 4;
		}
		at += len;
	}
	*next = s->proto;
	len = at - ip - 40 + tcp_len;
	put16(ip + 4, s->ip_len ?: (int)len + s->ip_len_add);
	return at;
}

static void build_tcp(uint8_t *tcp, const struct spec *s)
{
	uint32_t header = tcp_words(s) * 4, len = header + s->payload, sum;
	uint8_t addrs[32];
	size_t addr_len = s->ip6 ? 16 : 4;

	put16(tcp, s->client_port);
	put16(tcp + 2, s->server_port);
	put32(tcp + 4, s->seq);
	put32(tcp + 8, s->ack);
	tcp[12] = (s->doff < 0 ? 0 : s->doff) << 4;
	tcp[13] = s->flags;
	put16(tcp + 14, s->window);
	memcpy(tcp + 20, s->opt, s->opt_len);
	for (int i = 0; i < s->payload; i++)
		tcp[header + i] = i * 7 + 3;
	memcpy(addrs, s->client, addr_len);
	memcpy(addrs + addr_len, s->server, addr_len);
	sum = sum_pseudo(addrs, addr_len, len);
	if (s->sum == SUM_PARTIAL) {
		put16(tcp + 16, sum);
		return;
	}
	put16(tcp + 16, ~sum_bytes(sum, tcp, len));
	if (s->sum == SUM_BAD)
		tcp[17] ^= 0x20;
}

void frame_build(struct frame_buf *f, const struct spec *in)
{
	struct spec s = *in;
	uint32_t tcp_len = tcp_words(&s) * 4 + s.payload;
	uint8_t *at;

	spec_default(&s);
	memset(f->byte, 0, sizeof(f->byte));
	at = build_eth(f->byte, &s);
	at = s.ip6 ? build_ip6(at, &s, tcp_len) : build_ip4(at, &s, tcp_len);
	build_tcp(at, &s);
	f->len = at + tcp_len - f->byte;
	memset(f->byte + f->len, 0xee, s.trailer);
	f->len += s.trailer;
	if (f->len < (uint32_t)s.pad_to)
		f->len = s.pad_to;
}

static const uint8_t *read_eth(struct segment *s, const uint8_t *at,
			       uint16_t *type)
{
	memcpy(s->dmac, at, 6);
	memcpy(s->smac, at + 6, 6);
	at += 12;
	while ((get16(at) == 0x8100 || get16(at) == 0x88a8) && s->tags < 2) {
		s->tpid[s->tags] = get16(at);
		s->tci[s->tags++] = get16(at + 2);
		at += 4;
	}
	*type = get16(at);
	return at + 2;
}

static const char *read_ip4(struct segment *s, const uint8_t *ip,
			    const uint8_t *end, uint32_t *len)
{
	if (ip + 20 > end || ip[0] >> 4 != 4)
		return "no IPv4 header";
	s->ihl = ip[0] & 15;
	if (s->ihl < 5 || ip + s->ihl * 4 > end)
		return "IPv4 header length";
	if (sum_bytes(0, ip, s->ihl * 4) != 0xffff)
		return "IPv4 header checksum";
	*len = get16(ip + 2);
	if (*len < (uint32_t)s->ihl * 4 + 20 || ip + *len > end)
		return "IPv4 total length";
	s->tos = ip[1];
	s->id = get16(ip + 4);
	s->frag = get16(ip + 6);
	s->ttl = ip[8];
	memcpy(s->server, ip + 12, 4);
	memcpy(s->client, ip + 16, 4);
	return ip[9] == 6 ? NULL : "IPv4 protocol";
}

static const char *read_ip6(struct segment *s, const uint8_t *ip,
			    const uint8_t *end, uint32_t *len)
{
	if (ip + 40 > end || ip[0] >> 4 != 6)
		return "no IPv6 header";
	s->ip6 = true;
	s->ihl = 10;
	*len = get16(ip + 4) + 40;
	if (*len < 60 || ip + *len > end)
		return "IPv6 payload length";
	s->tos = (ip[0] & 15) << 4 | ip[1] >> 4;
	s->ttl = ip[7];
	memcpy(s->server, ip + 8, 16);
	memcpy(s->client, ip + 24, 16);
	return ip[6] == 6 ? NULL : "IPv6 next header";
}

static const char *read_tcp(struct segment *s, const uint8_t *tcp, uint32_t len)
{
	size_t addr_len = s->ip6 ? 16 : 4;
	uint32_t header = (tcp[12] >> 4) * 4;
	uint8_t addrs[32];

	if (header < 20 || header > len)
		return "TCP header length";
	memcpy(addrs, s->server, addr_len);
	memcpy(addrs + addr_len, s->client, addr_len);
	if (sum_bytes(sum_pseudo(addrs, addr_len, len), tcp, len) != 0xffff)
		return "TCP checksum";
	s->server_port = get16(tcp);
	s->client_port = get16(tcp + 2);
	s->seq = get32(tcp + 4);
	s->ack = get32(tcp + 8);
	s->flags = tcp[13];
	s->window = get16(tcp + 14);
	s->urgent = get16(tcp + 18);
	s->opt_len = header - 20;
	memcpy(s->opt, tcp + 20, s->opt_len);
	s->payload = len - header;
	return tcp[12] & 15 ? "TCP reserved bits" : NULL;
}

const char *segment_read(struct segment *s, const uint8_t *byte, uint32_t len)
{
	const uint8_t *end = byte + len, *ip;
	const char *wrong;
	uint32_t ip_len;
	uint16_t type;

	memset(s, 0, sizeof(*s));
	if (len < 60)
		return "frame shorter than Ethernet's minimum";
	ip = read_eth(s, byte, &type);
	if (type == 0x0800)
		wrong = read_ip4(s, ip, end, &ip_len);
	else if (type == 0x86dd)
		wrong = read_ip6(s, ip, end, &ip_len);
	else
		wrong = "EtherType";
	if (wrong)
		return wrong;
	s->pad = end - ip - ip_len;
	return read_tcp(s, ip + s->ihl * 4, ip_len - s->ihl * 4);
}

const uint8_t *segment_option(const struct segment *s, uint8_t kind,
			      uint8_t len)
{
	for (int at = 0; at < s->opt_len;) {
		if (s->opt[at] == 1) {
			at++;
			continue;
		}
		if (!s->opt[at] || at + 1 >= s->opt_len || s->opt[at + 1] < 2)
			return NULL;
		if (s->opt[at] == kind && s->opt[at + 1] == len)
			return s->opt + at + 2;
		at += s->opt[at + 1];
	}
	return NULL;
}
