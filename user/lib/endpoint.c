// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Where the daemon listens: see endpoint.h. */
#include <errno.h>
#include <string.h>

#include "endpoint.h"
#include "spec.h"

static int parse_path(struct endpoint *e, const char *path)
{
	if (strlen(path) >= sizeof(e->addr.un.sun_path))
		return -ENAMETOOLONG;
	e->addr.un.sun_family = AF_UNIX;
	strcpy(e->addr.un.sun_path, path);
	e->len = sizeof(e->addr.un);
	return 0;
}

static void set_ip4(struct endpoint *e, const struct spec *s)
{
	e->addr.in.sin_family = AF_INET;
	e->addr.in.sin_port = htons(s->port_lo);
	e->addr.in.sin_addr.s_addr = s->addr.s6_addr32[3];
	e->len = sizeof(e->addr.in);
}

static void set_ip6(struct endpoint *e, const struct spec *s)
{
	e->addr.in6.sin6_family = AF_INET6;
	e->addr.in6.sin6_port = htons(s->port_lo);
	e->addr.in6.sin6_addr = s->addr;
	e->len = sizeof(e->addr.in6);
}

int endpoint_parse(struct endpoint *e, const char *text)
{
	struct spec s;

	memset(e, 0, sizeof(*e));
	if (text[0] == '/')
		return parse_path(e, text);
	if (spec_end(&s, text))
		return -EINVAL;
	if (IN6_IS_ADDR_V4MAPPED(&s.addr) && s.addr.s6_addr[12] == 127)
		set_ip4(e, &s);
	else if (IN6_IS_ADDR_LOOPBACK(&s.addr))
		set_ip6(e, &s);
	else
		return -EACCES;
	return 0;
}
