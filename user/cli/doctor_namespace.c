// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast doctor: sysctls of options, and listening sockets of the namespace. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "sys/listener.h"
#include "lib/names.h"
#include "sys/sysctl.h"

#define NAMED_MAX	5	/* listeners of a kind that are named */

/* Listeners of a kind: the first of them by name, and how many. */
struct named {
	char text[160];
	int nr;
};

struct sockets {
	int nr;
	struct named mptcp;
	struct named md5;
};

static void check_option(struct doctor *d, enum hf_sysctl which, int value,
			 const char *what)
{
	const char *name = sysctl_names[which];

	if (value > 0) {
		check_add(&d->list, CHECK_OK, name, "net.ipv4.%s: is %d", name,
			  value);
	} else if (value < 0) {
		check_add(&d->list, CHECK_WARN, name,
			  "net.ipv4.%s: cannot be read", name);
	} else {
		check_add(&d->list, CHECK_WARN, name,
			  "net.ipv4.%s: is 0, no client is granted %s", name,
			  what);
		check_cure(&d->list, "sysctl -w net.ipv4.%s=1", name);
	}
}

static void check_options(struct doctor *d)
{
	int value[HF_SYSCTL_NR];

	sysctl_read(value);
	check_option(d, HF_SYSCTL_TIMESTAMPS, value[HF_SYSCTL_TIMESTAMPS],
		     "timestamps");
	check_option(d, HF_SYSCTL_SACK, value[HF_SYSCTL_SACK], "SACK");
	check_option(d, HF_SYSCTL_WINDOW_SCALING,
		     value[HF_SYSCTL_WINDOW_SCALING], "a window scale");
}

static void name_listener(struct named *n, const struct listener *l)
{
	bool v4 = IN6_IS_ADDR_V4MAPPED(&l->addr);
	size_t len = strlen(n->text);
	char addr[INET6_ADDRSTRLEN];

	if (n->nr++ >= NAMED_MAX)
		return;
	inet_ntop(v4 ? AF_INET : AF_INET6,
		  v4 ? &l->addr.s6_addr32[3] : &l->addr.s6_addr32[0], addr,
		  sizeof(addr));
	snprintf(n->text + len, sizeof(n->text) - len,
		 v4 ? "%s%s:%u" : "%s[%s]:%u", len ? ", " : "", addr, l->port);
}

static bool is_loopback(const struct in6_addr *addr)
{
	return IN6_IS_ADDR_LOOPBACK(addr) ||
	       (IN6_IS_ADDR_V4MAPPED(addr) && addr->s6_addr[12] == 127);
}

static void take_listener(const struct listener *l, void *arg)
{
	struct sockets *s = arg;

	if (is_loopback(&l->addr))
		return;
	s->nr++;
	if (l->mptcp)
		name_listener(&s->mptcp, l);
	if (l->md5)
		name_listener(&s->md5, l);
}

static const char *and_more(const struct named *n)
{
	return n->nr > NAMED_MAX ? " and others" : "";
}

static void check_md5(struct doctor *d, const struct named *md5)
{
	if (md5->nr)
		check_add(&d->list, CHECK_WARN, "tcp_md5",
			  "listeners with TCP-MD5 or TCP-AO keys: %s%s: their "
			  "SYNs pass unprotected",
			  md5->text, and_more(md5));
	else if (!d->root)
		check_add(&d->list, CHECK_WARN, "tcp_md5",
			  "TCP-MD5 and TCP-AO keys of listeners: cannot be "
			  "read without root");
	else
		check_add(&d->list, CHECK_OK, "tcp_md5",
			  "no listener has TCP-MD5 or TCP-AO keys");
}

static void check_listeners(struct doctor *d)
{
	struct sockets s = {};
	int err = listener_for_each(take_listener, &s);

	if (err) {
		check_add(&d->list, CHECK_WARN, "listeners",
			  "listening sockets: cannot be read: %s",
			  strerror(-err));
		return;
	}
	check_add(&d->list, CHECK_OK, "listeners",
		  "%d listening socket%s on addresses that are reached from "
		  "outside",
		  s.nr, s.nr == 1 ? "" : "s");
	if (s.mptcp.nr)
		check_add(&d->list, CHECK_OK, "mptcp",
			  "MPTCP listeners: %s%s: their SYNs pass unprotected",
			  s.mptcp.text, and_more(&s.mptcp));
	check_md5(d, &s.md5);
}

void (*const doctor_namespace[])(struct doctor *d) = {
	check_options,
	check_listeners,
	NULL,
};
