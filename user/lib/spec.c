// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* SPEC: which (address, port) pairs are meant. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec.h"

#define SPEC_TEXT_MAX	128

/* Decimal without sign or space, `lo` to `hi`, up to `end`. */
static int parse_number(const char *at, const char *end, long lo, long hi)
{
	long n = 0;

	if (at == end)
		return -EINVAL;
	for (; at < end; at++) {
		if (*at < '0' || *at > '9')
			return -EINVAL;
		n = n * 10 + (*at - '0');
		if (n > hi)
			return -EINVAL;
	}
	return n < lo ? -EINVAL : n;
}

static int parse_ports(struct spec *s, const char *text)
{
	const char *end = text + strlen(text), *dash = strchr(text, '-');
	int lo = parse_number(text, dash ?: end, 1, 65535);
	int hi = dash ? parse_number(dash + 1, end, 1, 65535) : lo;

	if (lo < 0 || hi < lo)
		return -EINVAL;
	s->port_lo = lo;
	s->port_hi = hi;
	return 0;
}

/* "10.0.0.0/24", "2001:db8::/32"; `text` is changed. */
static int parse_address(struct spec *s, char *text, bool v6)
{
	char *slash = strchr(text, '/');
	int bits = v6 ? 128 : 32, prefix = bits;

	if (slash) {
		*slash++ = '\0';
		prefix = parse_number(slash, slash + strlen(slash), 0, bits);
		if (prefix < 0)
			return -EINVAL;
	}
	if (v6) {
		s->prefix = prefix;
		s->all_ip6 = !prefix;
		return inet_pton(AF_INET6, text, &s->addr) == 1 ? 0 : -EINVAL;
	}
	memset(&s->addr, 0, sizeof(s->addr));
	s->addr.s6_addr16[5] = 0xffff;
	s->prefix = 96 + prefix;
	return inet_pton(AF_INET, text, &s->addr.s6_addr32[3]) == 1 ? 0
								    : -EINVAL;
}

static int spec_parse(struct spec *s, char *text)
{
	char *colon = strrchr(text, ':');

	memset(s, 0, sizeof(*s));
	if (!strcmp(text, "all")) {
		s->all = true;
		s->port_lo = 1;
		s->port_hi = 65535;
		return 0;
	}
	if (!colon)
		return parse_ports(s, text);
	if (parse_ports(s, colon + 1))
		return -EINVAL;
	*colon = '\0';
	if (!strcmp(text, "*"))
		return 0;
	if (text[0] == '[') {
		if (colon[-1] != ']')
			return -EINVAL;
		colon[-1] = '\0';
		return parse_address(s, text + 1, true);
	}
	return parse_address(s, text, false);
}

int spec_list_add(struct spec_list *list, const char *text, const char **bad)
{
	char one[SPEC_TEXT_MAX];
	int nr = list->nr;
	size_t len, end;

	do {
		if (nr > list->nr)	/* spaces stand beside commas only */
			text += strspn(text, " \t");
		*bad = text;
		end = len = strcspn(text, ",");
		while (text[len] && end && strchr(" \t", text[end - 1]))
			end--;
		if (nr >= SPECS_MAX)
			return -E2BIG;
		if (!end || end >= sizeof(one))
			return -EINVAL;
		memcpy(one, text, end);
		one[end] = '\0';
		if (spec_parse(&list->spec[nr], one))
			return -EINVAL;
		nr++;
		text += len;
	} while (*text++ == ',');
	list->nr = nr;
	return 0;
}

int spec_end(struct spec *s, const char *text)
{
	char one[SPEC_TEXT_MAX];
	int len = snprintf(one, sizeof(one), "%s", text);

	if (len >= SPEC_TEXT_MAX || spec_parse(s, one) || s->prefix != 128 ||
	    s->port_lo != s->port_hi)
		return -EINVAL;
	return 0;
}

static void ports_text(const struct spec *s, char text[16])
{
	if (s->port_lo == s->port_hi)
		snprintf(text, 16, "%u", s->port_lo);
	else
		snprintf(text, 16, "%u-%u", s->port_lo, s->port_hi);
}

void spec_text(const struct spec *s, char *text, size_t size)
{
	char ports[16], addr[INET6_ADDRSTRLEN], prefix[8] = "";
	bool ip4 = IN6_IS_ADDR_V4MAPPED(&s->addr);
	int bits = ip4 ? s->prefix - 96 : s->prefix;

	ports_text(s, ports);
	if (s->all) {
		snprintf(text, size, "all");
		return;
	}
	if (!spec_has_addr(s)) {
		snprintf(text, size, "%s", ports);
		return;
	}
	inet_ntop(ip4 ? AF_INET : AF_INET6,
		  ip4 ? &s->addr.s6_addr32[3] : &s->addr.s6_addr32[0], addr,
		  sizeof(addr));
	if (s->prefix < 128)
		snprintf(prefix, sizeof(prefix), "/%d", bits);
	snprintf(text, size, ip4 ? "%s%s:%s" : "[%s%s]:%s", addr, prefix,
		 ports);
}

bool spec_has_addr(const struct spec *s)
{
	return s->prefix || s->all_ip6;
}

bool spec_match(const struct spec *s, const struct in6_addr *addr,
		uint16_t port)
{
	int bytes = s->prefix / 8, bits = s->prefix % 8;
	uint8_t mask = 0xff << (8 - bits);

	if (port < s->port_lo || port > s->port_hi)
		return false;
	if (memcmp(&s->addr, addr, bytes) ||
	    (s->all_ip6 && IN6_IS_ADDR_V4MAPPED(addr)))
		return false;
	return !bits ||
	       !((s->addr.s6_addr[bytes] ^ addr->s6_addr[bytes]) & mask);
}

bool spec_list_match(const struct spec_list *list, const struct in6_addr *addr,
		     uint16_t port)
{
	for (int i = 0; i < list->nr; i++)
		if (spec_match(&list->spec[i], addr, port))
			return true;
	return false;
}
