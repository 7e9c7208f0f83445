// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Sockets of connections, by sock_diag: see socket.h. */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>

#include "diag.h"
#include "link.h"
#include "socket.h"
#include "lib/tuple.h"

#define DIAG_DESTROY	21	/* SOCK_DESTROY, linux/sock_diag.h, Linux 4.5 */
#define IFACES_MAX	256	/* by which a link-local peer may come */

/* `which` has the cookie and the interface. */
static struct nlmsghdr *make_request(char *buf, int type,
				     const struct hf_tuple *t,
				     const struct socket_info *which)
{
	struct nlmsghdr *nlh = netlink_request(buf, type, NLM_F_ACK);
	struct inet_diag_req_v2 *req;
	int from = tuple_is_ip4(t) ? 3 : 0;

	req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));
	req->sdiag_family = tuple_is_ip4(t) ? AF_INET : AF_INET6;
	req->sdiag_protocol = IPPROTO_TCP;
	req->idiag_states = ~0U;
	req->id.idiag_sport = t->server_port;
	req->id.idiag_dport = t->client_port;
	req->id.idiag_if = which->ifindex;
	memcpy(req->id.idiag_src, t->server + from, (4 - from) * 4);
	memcpy(req->id.idiag_dst, t->client + from, (4 - from) * 4);
	memcpy(req->id.idiag_cookie, which->cookie, sizeof(which->cookie));
	return nlh;
}

static int on_socket(const struct nlmsghdr *nlh, void *arg)
{
	const struct inet_diag_msg *d = mnl_nlmsg_get_payload(nlh);
	struct socket_info *info = arg;

	info->state = d->idiag_state;
	info->timer = d->idiag_timer;
	info->orphan = !d->idiag_inode;
	info->ifindex = d->id.idiag_if;
	memcpy(info->cookie, d->id.idiag_cookie, sizeof(info->cookie));
	return MNL_CB_OK;
}

/* Sockets that are bound to the interface, or to none. */
static int find_by(struct socket_info *info, const struct hf_tuple *t,
		   int ifindex)
{
	const struct socket_info any = {
		.cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE },
		.ifindex = ifindex,
	};
	char buf[256] = {};
	int err;

	memset(info, 0, sizeof(*info));
	err = netlink_ask(NETLINK_SOCK_DIAG,
			  make_request(buf, SOCK_DIAG_BY_FAMILY, t, &any),
			  on_socket, info);
	if (err)
		return err;
	return info->state && info->state != SOCKET_LISTEN ? 0 : -ENOENT;
}

struct ifaces {
	int index[IFACES_MAX];
	int nr;
};

static void add_iface(const struct link_info *info, void *arg)
{
	struct ifaces *i = arg;

	if (i->nr < IFACES_MAX)
		i->index[i->nr] = info->ifindex;
	i->nr++;
}

/*
 * By which interface a link-local peer may come: one that has the server's
 * address, or where that is a global one, any with a link-local address. A link
 * that is down has lost its address, its sockets live on: then any.
 */
static int find_ifaces(struct ifaces *i, const struct hf_tuple *t)
{
	const struct in6_addr *server = (const void *)t->server;
	int err;

	i->nr = link_with_local(IN6_IS_ADDR_LINKLOCAL(server) ? server : NULL,
				i->index, IFACES_MAX);
	if (i->nr)
		return i->nr < 0 ? i->nr : 0;
	err = link_for_each(add_iface, i);
	if (err)
		return err;
	return i->nr <= IFACES_MAX ? 0 : -E2BIG;
}

/* The kernel binds a socket to the interface by which a link-local peer comes,
 * and finds it by that one alone. */
static int find_local(struct socket_info *info, const struct hf_tuple *t)
{
	struct ifaces ifaces;
	int err = find_ifaces(&ifaces, t);

	if (err)
		return err;
	err = -ENOENT;
	for (int i = 0; i < ifaces.nr && err == -ENOENT; i++)
		err = find_by(info, t, ifaces.index[i]);
	return err;
}

int socket_find(struct socket_info *info, const struct hf_tuple *t)
{
	return tuple_is_link_local(t) ? find_local(info, t)
				      : find_by(info, t, 0);
}

int socket_destroy(const struct socket_info *info, const struct hf_tuple *t)
{
	char buf[256] = {};

	return netlink_ask(NETLINK_SOCK_DIAG,
			   make_request(buf, DIAG_DESTROY, t, info), NULL,
			   NULL);
}

#define OLD_STATES	(1 << SOCKET_SYN_RECV | 1 << SOCKET_FIN_WAIT_2 | \
			 1 << SOCKET_TIME_WAIT)

struct old_walk {
	const __u8 *ports;
	bool found;
};

static int on_old(const struct nlmsghdr *nlh, void *arg)
{
	const struct inet_diag_msg *d = mnl_nlmsg_get_payload(nlh);
	__u16 port = ntohs(d->id.idiag_sport);
	struct old_walk *w = arg;

	w->found |= !!(w->ports[port >> 3] & 1 << (port & 7));
	return w->found ? MNL_CB_STOP : MNL_CB_OK;
}

int socket_any_old(const __u8 *ports)
{
	struct old_walk w = { .ports = ports };
	int err = diag_walk(OLD_STATES, on_old, &w);

	return err ?: w.found;
}
