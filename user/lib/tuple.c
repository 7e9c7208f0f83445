// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A connection's tuple: see tuple.h. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "tuple.h"

static bool is_mapped(const __be32 *addr)
{
	return !(addr[0] | addr[1]) && addr[2] == htonl(0xffff);
}

bool tuple_is_ip4(const struct hf_tuple *t)
{
	return is_mapped(t->server);
}

bool tuple_is_link_local(const struct hf_tuple *t)
{
	return IN6_IS_ADDR_LINKLOCAL(t->client) ||
	       IN6_IS_ADDR_LINKLOCAL(t->server);
}

static void put_end(char *text, const __be32 *addr, __be16 port)
{
	char host[INET6_ADDRSTRLEN];

	if (is_mapped(addr)) {
		inet_ntop(AF_INET, &addr[3], host, sizeof(host));
		snprintf(text, TUPLE_END_MAX, "%s:%u", host, ntohs(port));
	} else {
		inet_ntop(AF_INET6, addr, host, sizeof(host));
		snprintf(text, TUPLE_END_MAX, "[%s]:%u", host, ntohs(port));
	}
}

void tuple_client(char text[TUPLE_END_MAX], const struct hf_tuple *t)
{
	put_end(text, t->client, t->client_port);
}

void tuple_server(char text[TUPLE_END_MAX], const struct hf_tuple *t)
{
	put_end(text, t->server, t->server_port);
}
