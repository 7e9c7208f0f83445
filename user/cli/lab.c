// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Two private network namespaces: see lab.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lab.h"
#include "sys/netlink.h"

#define LAB_TIMEOUT_MS	1000

static const char *const addr4[LAB_SIDE_NR] = {
	[LAB_SERVER] = "192.0.2.2",	/* RFC 5737 */
	[LAB_CLIENT] = "192.0.2.1",
};

static const char *const addr6[LAB_SIDE_NR] = {
	[LAB_SERVER] = "2001:db8::2",	/* RFC 3849 */
	[LAB_CLIENT] = "2001:db8::1",
};

/* Be in one side's namespace, and back at home. 0 or -errno. */
static int enter(const struct lab *l, enum lab_side side)
{
	return setns(l->netns[side], CLONE_NEWNET) ? -errno : 0;
}

static int leave(const struct lab *l)
{
	return setns(l->home, CLONE_NEWNET) ? -errno : 0;
}

/* From the server's namespace, where we are. */
static int make_veth(const struct lab *l)
{
	char buf[512] = {};
	struct nlmsghdr *nlh = netlink_request(buf, RTM_NEWLINK,
					       NLM_F_ACK | NLM_F_CREATE |
						       NLM_F_EXCL);
	struct nlattr *info, *data, *peer;

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, LAB_IFACE);
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(nlh, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, LAB_IFACE);
	mnl_attr_put_u32(nlh, IFLA_NET_NS_FD, l->netns[LAB_CLIENT]);
	mnl_attr_nest_end(nlh, peer);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	return netlink_ask(NETLINK_ROUTE, nlh, NULL, NULL);
}

static int set_up(const char *name)
{
	char buf[256] = {};
	struct nlmsghdr *nlh = netlink_request(buf, RTM_NEWLINK, NLM_F_ACK);
	struct ifinfomsg *ifi;

	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_flags = ifi->ifi_change = IFF_UP;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	return netlink_ask(NETLINK_ROUTE, nlh, NULL, NULL);
}

static int add_addr(int family, const char *text)
{
	size_t len = family == AF_INET ? 4 : 16;
	char buf[256] = {}, addr[16];
	struct nlmsghdr *nlh = netlink_request(buf, RTM_NEWADDR,
					       NLM_F_ACK | NLM_F_CREATE);
	struct ifaddrmsg *ifa;

	inet_pton(family, text, addr);
	ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	ifa->ifa_family = family;
	ifa->ifa_prefixlen = family == AF_INET ? 24 : 64;
	ifa->ifa_flags = IFA_F_NODAD;
	ifa->ifa_index = if_nametoindex(LAB_IFACE);
	mnl_attr_put(nlh, IFA_LOCAL, len, addr);
	mnl_attr_put(nlh, IFA_ADDRESS, len, addr);
	return netlink_ask(NETLINK_ROUTE, nlh, NULL, NULL);
}

static int configure(const struct lab *l, enum lab_side side)
{
	return enter(l, side) ?: set_up("lo") ?: set_up(LAB_IFACE) ?:
	       add_addr(AF_INET, addr4[side]) ?:
	       add_addr(AF_INET6, addr6[side]);
}

static int make_netns(int *fd)
{
	if (unshare(CLONE_NEWNET))
		return -errno;
	*fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return *fd < 0 ? -errno : 0;
}

static int listen_both(struct lab *l)
{
	const struct sockaddr_in6 any = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(LAB_PORT),
	};
	int err = enter(l, LAB_SERVER);

	if (err)
		return err;
	l->listener = socket(AF_INET6,
			     SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return l->listener < 0 ||
			       bind(l->listener, (struct sockaddr *)&any,
				    sizeof(any)) ||
			       listen(l->listener, 16)
		       ? -errno
		       : 0;
}

int lab_open(struct lab *l)
{
	int err;

	memset(l, 0xff, sizeof(*l));
	l->home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (l->home < 0)
		return -errno;
	err = make_netns(&l->netns[LAB_CLIENT]) ?:
	      make_netns(&l->netns[LAB_SERVER]) ?:
	      make_veth(l) ?: configure(l, LAB_SERVER) ?:
	      configure(l, LAB_CLIENT) ?: listen_both(l);
	return leave(l) ?: err;
}

void lab_close(struct lab *l)
{
	if (l->listener >= 0)
		close(l->listener);
	for (int side = 0; side < LAB_SIDE_NR; side++)
		if (l->netns[side] >= 0)
			close(l->netns[side]);
	if (l->home >= 0)
		close(l->home);
}

int lab_sysctl(const struct lab *l, enum lab_side side, const char *name,
	       int value)
{
	char path[96];
	int err = enter(l, side);
	FILE *fp = NULL;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	if (!err)
		fp = fopen(path, "we");
	if (!err && (!fp || fprintf(fp, "%d\n", value) < 0))
		err = -errno;
	if (fp && fclose(fp) && !err)
		err = -errno;
	return leave(l) ?: err;
}

static int wait_for(int fd, short events)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	int nr = poll(&pfd, 1, LAB_TIMEOUT_MS);

	return nr < 0 ? -errno : nr ? 0 : -ETIMEDOUT;
}

/* A client's socket on its way to the server, or -errno. */
static int begin(const struct lab *l, bool ipv6)
{
	struct sockaddr_in6 to6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(LAB_PORT),
	};
	struct sockaddr_in to4 = {
		.sin_family = AF_INET,
		.sin_port = htons(LAB_PORT),
	};
	int fd = -1, err = enter(l, LAB_CLIENT);

	inet_pton(AF_INET, addr4[LAB_SERVER], &to4.sin_addr);
	inet_pton(AF_INET6, addr6[LAB_SERVER], &to6.sin6_addr);
	if (!err)
		fd = socket(ipv6 ? AF_INET6 : AF_INET,
			    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (!err && fd < 0)
		err = -errno;
	if (!err &&
	    connect(fd,
		    ipv6 ? (struct sockaddr *)&to6 : (struct sockaddr *)&to4,
		    ipv6 ? sizeof(to6) : sizeof(to4)) &&
	    errno != EINPROGRESS)
		err = -errno;
	leave(l);
	if (err && fd >= 0)
		close(fd);
	return err ?: fd;
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
static int talk(int client, int server, struct tcp_info info[LAB_SIDE_NR])
{
	return say(client, server) ?: say(server, client) ?:
	       ask_info(client, &info[LAB_CLIENT]) ?:
	       ask_info(server, &info[LAB_SERVER]);
}

static in_port_t port_of(int fd,
			 int (*ask)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_in6 sin6 = {};	/* the port of IPv4 stands there, too */
	socklen_t len = sizeof(sin6);

	return ask(fd, (struct sockaddr *)&sin6, &len) ? 0 : sin6.sin6_port;
}

/* The server's end of a client's socket; older ones are closed. */
static int accept_of(const struct lab *l, int client)
{
	in_port_t port = port_of(client, getsockname);
	int fd, err;

	for (;;) {
		err = wait_for(l->listener, POLLIN);
		if (err)
			return err;
		fd = accept4(l->listener, NULL, NULL,
			     SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0)
			return -errno;
		if (port_of(fd, getpeername) == port)
			return fd;
		close(fd);
	}
}

int lab_talk(const struct lab *l, bool ipv6, struct tcp_info info[LAB_SIDE_NR])
{
	int client = begin(l, ipv6), server = -1, err;

	if (client < 0)
		return client;
	err = wait_for(client, POLLOUT);
	if (!err)
		server = accept_of(l, client);
	if (!err)
		err = server < 0 ? server : talk(client, server, info);
	close(client);
	if (server >= 0)
		close(server);
	return err;
}

int lab_knock(const struct lab *l, bool ipv6)
{
	int fd = begin(l, ipv6);

	if (fd >= 0)
		wait_for(fd, POLLOUT);
	return fd;
}
