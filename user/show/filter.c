// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which connections a command is asked about. */
#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "filter.h"
#include "lib/number.h"

int filter_service(struct filter *filter, const char *specs, struct failure *f)
{
	const char *bad;

	if (!spec_list_add(&filter->services, specs, &bad))
		return 0;
	return failure_set(f, "--service: '%s': not a SPEC", bad);
}

/* Bits of a prefix behind the slash, or -1. */
static int read_bits(const char *text, int most)
{
	unsigned long bits;

	return number_read(text, most, &bits) ? (int)bits : -1;
}

/* "1.2.3.4", "10.0.0.0/8", "2001:db8::/32" */
int filter_client(struct filter *filter, const char *addr, struct failure *f)
{
	const char *slash = strchrnul(addr, '/');
	bool ip6 = strchr(addr, ':');
	char host[INET6_ADDRSTRLEN];
	struct in_addr in;
	int bits = ip6 ? 128 : 32;

	snprintf(host, sizeof(host), "%.*s", (int)(slash - addr), addr);
	if (*slash)
		bits = read_bits(slash + 1, bits);
	memset(&filter->client, 0, sizeof(filter->client));
	if (ip6 && bits >= 0 && inet_pton(AF_INET6, host, &filter->client)) {
		filter->client_bits = bits;
		return 0;
	}
	if (ip6 || bits < 0 || !inet_pton(AF_INET, host, &in))
		return failure_set(f, "--client: '%s': not an address", addr);
	filter->client.s6_addr16[5] = 0xffff;
	filter->client.s6_addr32[3] = in.s_addr;
	filter->client_bits = 96 + bits;
	return 0;
}

int filter_number(unsigned long *to, const char *option, const char *text,
		  struct failure *f)
{
	if (!number_read(text, ULONG_MAX, to))
		return failure_set(f, "--%s: '%s': not a number", option, text);
	return 0;
}

static bool has_prefix(const struct filter *filter, const __be32 *addr)
{
	const uint8_t *a = filter->client.s6_addr, *b = (const uint8_t *)addr;
	int bytes = filter->client_bits / 8, rest = filter->client_bits % 8;

	return !memcmp(a, b, bytes) &&
	       (!rest || !((a[bytes] ^ b[bytes]) >> (8 - rest)));
}

bool filter_match(const struct filter *filter, const struct hf_tuple *t)
{
	struct in6_addr server;

	if (!has_prefix(filter, t->client))
		return false;
	memcpy(&server, t->server, sizeof(server));
	return !filter->services.nr ||
	       spec_list_match(&filter->services, &server,
			       ntohs(t->server_port));
}
