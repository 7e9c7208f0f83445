// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which connections a command is asked about. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"

int filter_service(struct filter *filter, const char *specs, struct failure *f)
{
	const char *bad;

	if (!spec_list_add(&filter->services, specs, &bad))
		return 0;
	return failure_set(f, "--service: '%s': not a SPEC", bad);
}

int filter_client(struct filter *filter, const char *addr, struct failure *f)
{
	struct in_addr in;

	filter->by_client = true;
	if (inet_pton(AF_INET6, addr, &filter->client) == 1)
		return 0;
	if (inet_pton(AF_INET, addr, &in) != 1)
		return failure_set(f, "--client: '%s': not an address", addr);
	memset(&filter->client, 0, sizeof(filter->client));
	filter->client.s6_addr16[5] = 0xffff;
	filter->client.s6_addr32[3] = in.s_addr;
	return 0;
}

int filter_number(unsigned long *to, const char *option, const char *text,
		  struct failure *f)
{
	char *end;

	errno = 0;
	*to = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno)
		return failure_set(f, "--%s: '%s': not a number", option, text);
	return 0;
}

bool filter_match(const struct filter *filter, const struct hf_tuple *t)
{
	struct in6_addr server;

	if (filter->by_client &&
	    memcmp(&filter->client, t->client, sizeof(filter->client)))
		return false;
	memcpy(&server, t->server, sizeof(server));
	return !filter->services.nr ||
	       spec_list_match(&filter->services, &server,
			       ntohs(t->server_port));
}
