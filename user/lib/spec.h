/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* SPEC: which (address, port) pairs are meant. */
#ifndef HANDFAST_SPEC_H
#define HANDFAST_SPEC_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPECS_MAX	256

/*
 * 443  8000-8010  10.0.0.5:443  10.0.0.0/24:443  [2001:db8::5]:443
 * [2001:db8::/32]:443  *:443  all
 */
struct spec {
	struct in6_addr addr;	/* IPv4 as ::ffff:a.b.c.d */
	uint8_t prefix;		/* bits of addr that count; 0: any address */
	uint16_t port_lo;	/* host byte order */
	uint16_t port_hi;
	bool all;
	bool all_ip6;		/* [::/0]: of prefix 0, but not any address */
};

struct spec_list {
	struct spec spec[SPECS_MAX];
	int nr;
};

/* Add the comma-separated SPECs of `text`. 0, or -EINVAL with `bad` pointing
 * at the one that is wrong, or -E2BIG. The list is unchanged on error. */
int spec_list_add(struct spec_list *list, const char *text, const char **bad);

/* One address and one port: "10.0.0.5:443", "[2001:db8::5]:443". 0 or -EINVAL. */
int spec_end(struct spec *s, const char *text);

/* As it would be written: "10.0.0.0/24:443". */
void spec_text(const struct spec *s, char *text, size_t size);

/* Does it name an address or a prefix? One without means local addresses. */
bool spec_has_addr(const struct spec *s);

bool spec_match(const struct spec *s, const struct in6_addr *addr,
		uint16_t port);
bool spec_list_match(const struct spec_list *list, const struct in6_addr *addr,
		     uint16_t port);

#endif
