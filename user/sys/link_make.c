// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Interfaces of network namespaces of our own: see link_make.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>

#include "link_make.h"
#include "netlink.h"

/* An address as netlink takes it. */
struct addr {
	int family;
	size_t len;
	unsigned char at[16];
};

static int addr_read(struct addr *a, const char *text)
{
	a->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	a->len = a->family == AF_INET6 ? 16 : 4;
	return inet_pton(a->family, text, a->at) == 1 ? 0 : -EINVAL;
}

static int ask(struct nlmsghdr *nlh)
{
	return netlink_ask(NETLINK_ROUTE, nlh, NULL, NULL);
}

static void put_peer(struct nlmsghdr *nlh, const char *peer, int netns)
{
	struct nlattr *info, *data, *nest;

	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	nest = mnl_attr_nest_start(nlh, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, peer);
	mnl_attr_put_u32(nlh, IFLA_NET_NS_FD, netns);
	mnl_attr_nest_end(nlh, nest);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
}

int link_make_veth(const char *name, const char *peer, int netns)
{
	char buf[512] = {};
	struct nlmsghdr *nlh = netlink_request(buf, RTM_NEWLINK,
					       NLM_F_ACK | NLM_F_CREATE |
						       NLM_F_EXCL);

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	put_peer(nlh, peer, netns);
	return ask(nlh);
}

int link_set_up(const char *name)
{
	char buf[256] = {};
	struct nlmsghdr *nlh = netlink_request(buf, RTM_NEWLINK, NLM_F_ACK);
	struct ifinfomsg *ifi;

	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_flags = ifi->ifi_change = IFF_UP;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	return ask(nlh);
}

int link_set_alias(const char *name, const char *alias)
{
	char buf[512] = {};
	struct nlmsghdr *nlh = netlink_request(buf, RTM_NEWLINK, NLM_F_ACK);

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	mnl_attr_put_strz(nlh, IFLA_IFALIAS, alias);
	return ask(nlh);
}

int link_add_addr(const char *name, const char *addr)
{
	char buf[256] = {};
	struct nlmsghdr *nlh = netlink_request(buf, RTM_NEWADDR,
					       NLM_F_ACK | NLM_F_CREATE);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	struct addr a;
	int err = addr_read(&a, addr);

	if (err)
		return err;
	ifa->ifa_family = a.family;
	ifa->ifa_prefixlen = a.family == AF_INET ? 24 : 64;
	ifa->ifa_flags = IFA_F_NODAD;
	ifa->ifa_index = if_nametoindex(name);
	mnl_attr_put(nlh, IFA_LOCAL, a.len, a.at);
	mnl_attr_put(nlh, IFA_ADDRESS, a.len, a.at);
	return ask(nlh);
}

int link_add_gateway(const char *name, const char *gateway)
{
	char buf[256] = {};
	struct nlmsghdr *nlh = netlink_request(buf, RTM_NEWROUTE,
					       NLM_F_ACK | NLM_F_CREATE);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	struct addr a;
	int err = addr_read(&a, gateway);

	if (err)
		return err;
	rtm->rtm_family = a.family;
	rtm->rtm_table = RT_TABLE_MAIN;
	rtm->rtm_protocol = RTPROT_STATIC;
	rtm->rtm_scope = RT_SCOPE_UNIVERSE;
	rtm->rtm_type = RTN_UNICAST;
	mnl_attr_put(nlh, RTA_GATEWAY, a.len, a.at);
	mnl_attr_put_u32(nlh, RTA_OIF, if_nametoindex(name));
	return ask(nlh);
}
