// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Routes and rules: see route.h. */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"
#include "route.h"

static const int families[] = { AF_INET, AF_INET6 };

static int bits_before(int family)
{
	return family == AF_INET ? 96 : 0;
}

/* `a` may be NULL: the address zero. */
static void read_addr(struct in6_addr *to, int family, const struct nlattr *a)
{
	size_t len = family == AF_INET ? 4 : 16;

	memset(to, 0, sizeof(*to));
	if (family == AF_INET)
		to->s6_addr32[2] = htonl(0xffff);
	if (a && mnl_attr_get_payload_len(a) == len)
		memcpy(to->s6_addr + 16 - len, mnl_attr_get_payload(a), len);
}

static void put_addr(struct nlmsghdr *nlh, int type, const struct in6_addr *a)
{
	if (IN6_IS_ADDR_V4MAPPED(a))
		mnl_attr_put(nlh, type, 4, &a->s6_addr32[3]);
	else
		mnl_attr_put(nlh, type, 16, a);
}

static void add_hop(struct route *r, int ifindex)
{
	if (r->hops < 0 || r->hops == ROUTE_HOPS)
		r->hops = -1;
	else
		r->hop[r->hops++] = ifindex;
}

static void add_hops(struct route *r, const struct nlattr *a)
{
	const struct rtnexthop *hop = mnl_attr_get_payload(a);
	int len = mnl_attr_get_payload_len(a);

	for (; RTNH_OK(hop, len); hop = RTNH_NEXT(hop)) {
		add_hop(r, hop->rtnh_ifindex);
		len -= RTNH_ALIGN(hop->rtnh_len);
	}
}

/* False: it is not one that a client could be behind. */
static bool read_route(struct route *r, const struct nlmsghdr *nlh)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *a, *dst = NULL;

	if (rtm->rtm_type != RTN_UNICAST || rtm->rtm_flags & RTM_F_CLONED)
		return false;
	r->hops = 0;
	r->len = rtm->rtm_dst_len + bits_before(rtm->rtm_family);
	mnl_attr_for_each(a, nlh, sizeof(*rtm)) {
		switch (mnl_attr_get_type(a)) {
		case RTA_DST: dst = a; break;
		case RTA_OIF: add_hop(r, mnl_attr_get_u32(a)); break;
		case RTA_MULTIPATH: add_hops(r, a); break;
		}
	}
	if (!r->hops)
		r->hops = -1;
	read_addr(&r->dst, rtm->rtm_family, dst);
	return !IN6_IS_ADDR_MULTICAST(&r->dst) &&
	       !IN6_IS_ADDR_LINKLOCAL(&r->dst);
}

struct walk {
	void (*on_route)(const struct route *r, void *arg);
	void (*on_rule)(const struct route_rule *r, void *arg);
	void *arg;
};

static int on_route(const struct nlmsghdr *nlh, void *arg)
{
	const struct walk *w = arg;
	struct route r;

	if (read_route(&r, nlh))
		w->on_route(&r, w->arg);
	return MNL_CB_OK;
}

static int on_rule(const struct nlmsghdr *nlh, void *arg)
{
	const struct fib_rule_hdr *frh = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *a, *src = NULL, *dst = NULL;
	const struct walk *w = arg;
	struct route_rule r = {
		.src_len = frh->src_len,
		.dst_len = frh->dst_len,
	};

	mnl_attr_for_each(a, nlh, sizeof(*frh)) {
		switch (mnl_attr_get_type(a)) {
		case FRA_SRC: src = a; break;
		case FRA_DST: dst = a; break;
		}
	}
	read_addr(&r.src, frh->family, src);
	read_addr(&r.dst, frh->family, dst);
	if (r.src_len)
		r.src_len += bits_before(frh->family);
	if (r.dst_len)
		r.dst_len += bits_before(frh->family);
	w->on_rule(&r, w->arg);
	return MNL_CB_OK;
}

/* Lists of both IP versions; a kernel may have been built without one. */
static int list(int type, size_t head, mnl_cb_t cb, struct walk *w)
{
	int err = 0;

	for (int i = 0; i < 2 && !err; i++) {
		char buf[256] = {};
		struct nlmsghdr *nlh = netlink_request(buf, type, NLM_F_DUMP);
		unsigned char *family = mnl_nlmsg_put_extra_header(nlh, head);

		*family = families[i];
		err = netlink_list(NETLINK_ROUTE, nlh, cb, w);
		if (err == -EAFNOSUPPORT || err == -EOPNOTSUPP)
			err = 0;
	}
	return err;
}

int route_for_each(void (*fn)(const struct route *r, void *arg), void *arg)
{
	struct walk w = { .on_route = fn, .arg = arg };

	return list(RTM_GETROUTE, sizeof(struct rtmsg), on_route, &w);
}

int route_for_each_rule(void (*fn)(const struct route_rule *r, void *arg),
			void *arg)
{
	struct walk w = { .on_rule = fn, .arg = arg };

	return list(RTM_GETRULE, sizeof(struct fib_rule_hdr), on_rule, &w);
}

/* One that is no unicast route answers nobody. */
struct answer {
	struct route *route;
	bool none;
};

static int on_answer(const struct nlmsghdr *nlh, void *arg)
{
	struct answer *a = arg;

	a->none = !read_route(a->route, nlh);
	return MNL_CB_STOP;
}

int route_out(struct route *r, const struct in6_addr *to,
	      const struct in6_addr *from)
{
	int bits = IN6_IS_ADDR_V4MAPPED(to) ? 32 : 128, err;
	char buf[256] = {};
	struct nlmsghdr *nlh = netlink_request(buf, RTM_GETROUTE, 0);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	struct answer a = { .route = r };

	rtm->rtm_family = bits == 32 ? AF_INET : AF_INET6;
	rtm->rtm_dst_len = bits;
	rtm->rtm_flags = RTM_F_FIB_MATCH;	/* the entry, not one hop of it */
	put_addr(nlh, RTA_DST, to);
	if (from) {
		rtm->rtm_src_len = bits;
		put_addr(nlh, RTA_SRC, from);
	}
	err = netlink_ask(NETLINK_ROUTE, nlh, on_answer, &a);
	if (err == -EHOSTUNREACH || err == -EACCES || err == -EINVAL)
		err = -ENETUNREACH;	/* a route that says no */
	return err ?: a.none ? -ENETUNREACH : 0;
}

int route_listen(void)
{
	return netlink_listen(RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
			      RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
			      RTMGRP_IPV6_ROUTE | RTMGRP_IPV4_RULE |
			      1U << (RTNLGRP_IPV6_RULE - 1));
}

bool route_changed(int fd)
{
	bool changed = false;
	char buf[8192];

	/* what did not fit into the socket's buffer is told as ENOBUFS */
	while (recv(fd, buf, sizeof(buf), MSG_TRUNC) >= 0 || errno == ENOBUFS ||
	       errno == EINTR)
		changed = true;
	return changed;
}
