// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Is this a terminal of somebody who came by ssh? */
#include <arpa/inet.h>
#include <dirent.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/process.h"
#include "ssh.h"

#define ANCESTORS_MAX	16	/* sudo, su, shells */
#define STACKED_MAX	4	/* a VLAN on a bridge on a bond ... */

/* SSH_CONNECTION of a process: sudo and su do not hand it on. */
static bool connection_of(pid_t pid, char *text, size_t size)
{
	static const char name[] = "SSH_CONNECTION=";
	char path[64], *line = NULL;
	bool found = false;
	size_t room = 0;
	FILE *fp;

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	fp = fopen(path, "re");
	while (fp && !found && getdelim(&line, &room, '\0', fp) > 0) {
		found = !strncmp(line, name, sizeof(name) - 1);
		if (found)
			snprintf(text, size, "%s", line + sizeof(name) - 1);
	}
	free(line);
	if (fp)
		fclose(fp);
	return found;
}

static bool find_connection(char *text, size_t size)
{
	pid_t pid = getpid();

	for (int i = 0; i < ANCESTORS_MAX && pid > 1; i++) {
		if (connection_of(pid, text, size))
			return true;
		pid = process_parent(pid);
	}
	return false;
}

/* The server's address: third word of SSH_CONNECTION, sshd(8). */
static int ssh_server(void *addr)
{
	char connection[256], text[INET6_ADDRSTRLEN];

	if (!find_connection(connection, sizeof(connection)) ||
	    sscanf(connection, "%*s %*s %45s", text) != 1)
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
static bool stands_on(const char *upper, const char *iface, int depth)
{
	static const char prefix[] = "lower_";
	char path[32 + IFNAMSIZ];
	const struct dirent *d;
	bool found = !strcmp(upper, iface);
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/class/net/%s", upper);
	dir = found || !depth ? NULL : opendir(path);
	while (dir && !found && (d = readdir(dir)))
		found = !strncmp(d->d_name, prefix, sizeof(prefix) - 1) &&
			stands_on(d->d_name + sizeof(prefix) - 1, iface,
				  depth - 1);
	if (dir)
		closedir(dir);
	return found;
}

/* Are we where sshd most likely is? */
static bool is_at_home(void)
{
	struct stat own, init;

	return !stat("/proc/self/ns/net", &own) &&
	       !stat("/proc/1/ns/net", &init) && own.st_ino == init.st_ino;
}

/*
 * An address that stands on no interface here, or on lo, may be reached by any
 * of them: rather a trial too many than a session lost.
 */
bool ssh_comes_by(const char *iface)
{
	bool here = false, elsewhere = false;
	struct ifaddrs *all = NULL;
	unsigned char addr[16];
	int family = AF_UNSPEC;

	if (isatty(STDIN_FILENO))
		family = ssh_server(addr);
	if (family == AF_UNSPEC || getifaddrs(&all))
		return false;
	for (struct ifaddrs *a = all; a; a = a->ifa_next) {
		if (!is_addr(a->ifa_addr, family, addr) ||
		    a->ifa_flags & IFF_LOOPBACK)
			continue;
		if (stands_on(a->ifa_name, iface, STACKED_MAX))
			here = true;
		else
			elsewhere = true;
	}
	freeifaddrs(all);
	return here || (!elsewhere && is_at_home());
}
