// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which connections a command is asked about. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"

enum cli_exit filter_service(struct filter *f, const char *specs)
{
	const char *bad;

	if (!spec_list_add(&f->services, specs, &bad))
		return CLI_DONE;
	return bad_use("--service: '%s': not a SPEC", bad);
}

enum cli_exit filter_client(struct filter *f, const char *addr)
{
	struct in_addr in;

	f->by_client = true;
	if (inet_pton(AF_INET6, addr, &f->client) == 1)
		return CLI_DONE;
	if (inet_pton(AF_INET, addr, &in) != 1)
		return bad_use("--client: '%s': not an address", addr);
	memset(&f->client, 0, sizeof(f->client));
	f->client.s6_addr16[5] = 0xffff;
	f->client.s6_addr32[3] = in.s_addr;
	return CLI_DONE;
}

bool filter_match(const struct filter *f, const struct hf_tuple *t)
{
	struct in6_addr server;

	if (f->by_client && memcmp(&f->client, t->client, sizeof(f->client)))
		return false;
	memcpy(&server, t->server, sizeof(server));
	return !f->services.nr ||
	       spec_list_match(&f->services, &server, ntohs(t->server_port));
}

enum cli_exit take_number(unsigned long *to, const char *option,
			  const char *text)
{
	char *end;

	errno = 0;
	*to = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno)
		return bad_use("--%s: '%s': not a number", option, text);
	return CLI_DONE;
}
