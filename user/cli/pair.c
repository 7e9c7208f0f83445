// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A pair of private network namespaces: see pair.h. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pair.h"
#include "sys/connect.h"
#include "sys/link_make.h"
#include "sys/listener.h"
#include "sys/netns.h"

#define PAIR_TIMEOUT_MS	1000

static const char *const addr4[PAIR_SIDE_NR] = {
	[PAIR_SERVER] = "192.0.2.2",	/* RFC 5737 */
	[PAIR_CLIENT] = "192.0.2.1",
};

static const char *const addr6[PAIR_SIDE_NR] = {
	[PAIR_SERVER] = "2001:db8::2",	/* RFC 3849 */
	[PAIR_CLIENT] = "2001:db8::1",
};

/* Be in one side's namespace, and back at home. 0 or -errno. */
static int enter(const struct pair *p, enum pair_side side)
{
	return setns(p->netns[side], CLONE_NEWNET) ? -errno : 0;
}

static int leave(const struct pair *p)
{
	return setns(p->home, CLONE_NEWNET) ? -errno : 0;
}

static int configure(const struct pair *p, enum pair_side side)
{
	return enter(p, side) ?: link_set_up("lo") ?: link_set_up(PAIR_IFACE) ?:
	       link_add_addr(PAIR_IFACE, addr4[side]) ?:
	       link_add_addr(PAIR_IFACE, addr6[side]);
}

static int make_netns(int *fd)
{
	*fd = netns_make();
	return *fd < 0 ? *fd : 0;
}

static int listen_both(struct pair *p)
{
	int err = enter(p, PAIR_SERVER);

	if (err)
		return err;
	p->listener = listener_open(PAIR_PORT, 16);
	return p->listener < 0 ? p->listener : 0;
}

int pair_open(struct pair *p)
{
	int err;

	memset(p, 0xff, sizeof(*p));
	p->home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (p->home < 0)
		return -errno;
	err = make_netns(&p->netns[PAIR_CLIENT]) ?:
	      make_netns(&p->netns[PAIR_SERVER]) ?:
	      link_make_veth(PAIR_IFACE, PAIR_IFACE, p->netns[PAIR_CLIENT]) ?:
	      configure(p, PAIR_SERVER) ?: configure(p, PAIR_CLIENT) ?:
	      listen_both(p);
	return leave(p) ?: err;
}

void pair_close(struct pair *p)
{
	if (p->listener >= 0)
		close(p->listener);
	for (int side = 0; side < PAIR_SIDE_NR; side++)
		if (p->netns[side] >= 0)
			close(p->netns[side]);
	if (p->home >= 0)
		close(p->home);
}

int pair_sysctl(const struct pair *p, enum pair_side side, const char *name,
		int value)
{
	char path[96];
	int err = enter(p, side);
	FILE *fp = NULL;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	if (!err)
		fp = fopen(path, "we");
	if (!err && (!fp || fprintf(fp, "%d\n", value) < 0))
		err = -errno;
	if (fp && fclose(fp) && !err)
		err = -errno;
	return leave(p) ?: err;
}

static int wait_for(int fd, short events)
{
	return connect_wait(fd, events, PAIR_TIMEOUT_MS);
}

/* A client's socket on its way to the server, or -errno. */
static int begin(const struct pair *p, bool ipv6)
{
	const char *to = ipv6 ? addr6[PAIR_SERVER] : addr4[PAIR_SERVER];
	int fd = enter(p, PAIR_CLIENT) ?: connect_begin(to, PAIR_PORT);

	leave(p);
	return fd;
}

static int say(int from, int to)
{
	char word[5] = "word";
	int err = write(from, word, sizeof(word)) == sizeof(word)
			  ? wait_for(to, POLLIN)
			  : -errno;

	if (err)
		return err;
	return read(to, word, sizeof(word)) == sizeof(word) ? 0 : -ECONNRESET;
}

static int ask_info(int fd, struct tcp_info *info)
{
	socklen_t len = sizeof(*info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len) ? -errno : 0;
}

/* Both ends are there: let them talk. */
static int talk(int client, int server, struct tcp_info info[PAIR_SIDE_NR])
{
	return say(client, server) ?: say(server, client) ?:
	       ask_info(client, &info[PAIR_CLIENT]) ?:
	       ask_info(server, &info[PAIR_SERVER]);
}

static in_port_t port_of(int fd,
			 int (*ask)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_in6 sin6 = {};	/* the port of IPv4 stands there, too */
	socklen_t len = sizeof(sin6);

	return ask(fd, (struct sockaddr *)&sin6, &len) ? 0 : sin6.sin6_port;
}

/* The server's end of a client's socket; older ones are closed. */
static int accept_of(const struct pair *p, int client)
{
	in_port_t port = port_of(client, getsockname);
	int fd, err;

	for (;;) {
		err = wait_for(p->listener, POLLIN);
		if (err)
			return err;
		fd = accept4(p->listener, NULL, NULL,
			     SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0)
			return -errno;
		if (port_of(fd, getpeername) == port)
			return fd;
		close(fd);
	}
}

int pair_talk(const struct pair *p, bool ipv6,
	      struct tcp_info info[PAIR_SIDE_NR])
{
	int client = begin(p, ipv6), server = -1, err;

	if (client < 0)
		return client;
	err = wait_for(client, POLLOUT);
	if (!err)
		server = accept_of(p, client);
	if (!err)
		err = server < 0 ? server : talk(client, server, info);
	close(client);
	if (server >= 0)
		close(server);
	return err;
}

int pair_knock(const struct pair *p, bool ipv6)
{
	int fd = begin(p, ipv6);

	if (fd >= 0)
		wait_for(fd, POLLOUT);
	return fd;
}
