// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Is this a terminal of somebody who came by ssh? */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ssh.h"

/* The server's address: third word of SSH_CONNECTION, sshd(8). */
static int ssh_server(void *addr)
{
	const char *env = getenv("SSH_CONNECTION");
	char text[INET6_ADDRSTRLEN];

	if (!env || sscanf(env, "%*s %*s %45s", text) != 1)
		return AF_UNSPEC;
	text[strcspn(text, "%")] = '\0';	/* fe80::1%eth0 */
	if (inet_pton(AF_INET, text, addr) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, text, addr) == 1 ? AF_INET6 : AF_UNSPEC;
}

static bool is_addr(const struct sockaddr *sa, int family, const void *addr)
{
	if (!sa || sa->sa_family != family)
		return false;
	if (family == AF_INET)
		return !memcmp(&((const struct sockaddr_in *)sa)->sin_addr,
			       addr, 4);
	return !memcmp(&((const struct sockaddr_in6 *)sa)->sin6_addr, addr, 16);
}

/* The interface itself, or one that stands on it: VLAN, bridge, bond. */
static bool is_above(const char *upper, const char *iface)
{
	char path[64 + 2 * IFNAMSIZ];

	snprintf(path, sizeof(path), "/sys/class/net/%s/lower_%s", upper,
		 iface);
	return !strcmp(upper, iface) || !access(path, F_OK);
}

bool ssh_comes_by(const char *iface)
{
	struct ifaddrs *all = NULL;
	unsigned char addr[16];
	int family = ssh_server(addr);
	bool found = false;

	if (family == AF_UNSPEC || !isatty(STDIN_FILENO) || getifaddrs(&all))
		return false;
	for (struct ifaddrs *a = all; a; a = a->ifa_next)
		found |= is_addr(a->ifa_addr, family, addr) &&
			 is_above(a->ifa_name, iface);
	freeifaddrs(all);
	return found;
}
