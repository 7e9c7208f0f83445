// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Interfaces and addresses, asked by rtnetlink. */
#include <endian.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "link.h"
#include "netlink.h"

static void on_xdp(struct link_info *info, const struct nlattr *nest)
{
	const struct nlattr *a;
	uint32_t id = 0, mode = XDP_ATTACHED_NONE;

	mnl_attr_for_each_nested(a, nest) {
		switch (mnl_attr_get_type(a)) {
		case IFLA_XDP_ATTACHED: mode = mnl_attr_get_u8(a); break;
		case IFLA_XDP_PROG_ID: id = mnl_attr_get_u32(a); break;
		case IFLA_XDP_DRV_PROG_ID:
			info->xdp_native = mnl_attr_get_u32(a);
			break;
		case IFLA_XDP_SKB_PROG_ID:
			info->xdp_generic = mnl_attr_get_u32(a);
			break;
		}
	}
	if (mode == XDP_ATTACHED_DRV && !info->xdp_native)
		info->xdp_native = id;
	if (mode == XDP_ATTACHED_SKB && !info->xdp_generic)
		info->xdp_generic = id;
}

static void on_bridge(struct link_info *info, const struct nlattr *nest)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, nest)
		if (mnl_attr_get_type(a) == IFLA_BR_VLAN_FILTERING)
			info->vlan_filtering = mnl_attr_get_u8(a);
}

static void on_kind(struct link_info *info, const struct nlattr *nest)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, nest) {
		if (mnl_attr_get_type(a) == IFLA_INFO_KIND)
			strncpy(info->kind, mnl_attr_get_str(a),
				sizeof(info->kind) - 1);
		/* the kind comes first */
		if (mnl_attr_get_type(a) == IFLA_INFO_DATA &&
		    !strcmp(info->kind, "bridge"))
			on_bridge(info, a);
	}
}

static uint64_t read_mac(const struct nlattr *a)
{
	uint64_t mac = 0;

	if (mnl_attr_get_payload_len(a) == ETH_ALEN)
		memcpy(&mac, mnl_attr_get_payload(a), ETH_ALEN);
	return le64toh(mac);
}

static void read_link(struct link_info *info, const struct nlmsghdr *nlh)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *a;

	memset(info, 0, sizeof(*info));
	info->ifindex = ifi->ifi_index;
	info->type = ifi->ifi_type;
	info->flags = ifi->ifi_flags;
	info->peer_nsid = -1;
	mnl_attr_for_each(a, nlh, sizeof(*ifi)) {
		switch (mnl_attr_get_type(a)) {
		case IFLA_IFNAME:
			strncpy(info->name, mnl_attr_get_str(a), IFNAMSIZ - 1);
			break;
		case IFLA_IFALIAS:
			strncpy(info->alias, mnl_attr_get_str(a),
				sizeof(info->alias) - 1);
			break;
		case IFLA_ADDRESS: info->mac = read_mac(a); break;
		case IFLA_MTU: info->mtu = mnl_attr_get_u32(a); break;
		case IFLA_CARRIER: info->carrier = mnl_attr_get_u8(a); break;
		case IFLA_CARRIER_CHANGES:
			info->carrier_changes = mnl_attr_get_u32(a);
			break;
		case IFLA_LINK: info->peer = mnl_attr_get_u32(a); break;
		case IFLA_MASTER: info->master = mnl_attr_get_u32(a); break;
		case IFLA_LINK_NETNSID:
			info->peer_nsid = (int)mnl_attr_get_u32(a);
			break;
		case IFLA_LINKINFO: on_kind(info, a); break;
		case IFLA_XDP: on_xdp(info, a); break;
		}
	}
}

static bool is_here(const struct link_info *info)
{
	return info->peer && info->peer_nsid < 0;
}

bool link_is_upper(const struct link_info *info)
{
	return is_here(info) &&
	       (!strcmp(info->kind, "vlan") || !strcmp(info->kind, "ipvlan") ||
		!strncmp(info->kind, "macv", 4));
}

bool link_is_vlan_on(const struct link_info *info, int ifindex)
{
	return is_here(info) && info->peer == ifindex &&
	       !strcmp(info->kind, "vlan");
}

static int on_link(const struct nlmsghdr *nlh, void *arg)
{
	read_link(arg, nlh);
	return MNL_CB_STOP;
}

static int link_ask(struct link_info *info, const char *name, int ifindex,
		    int nsid)
{
	char buf[256] = {};
	struct nlmsghdr *nlh = netlink_request(buf, RTM_GETLINK, 0);
	struct ifinfomsg *ifi;

	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_index = ifindex;
	if (name)
		mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	if (nsid >= 0)
		mnl_attr_put_u32(nlh, IFLA_TARGET_NETNSID, nsid);
	return netlink_ask(NETLINK_ROUTE, nlh, on_link, info);
}

int link_get(struct link_info *info, const char *name, int ifindex)
{
	return link_ask(info, name, ifindex, -1);
}

int link_get_peer(struct link_info *info, const struct link_info *veth)
{
	return link_ask(info, NULL, veth->peer, veth->peer_nsid);
}

static int on_nsid(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, nlh, sizeof(struct rtgenmsg))
		if (mnl_attr_get_type(a) == NETNSA_NSID)
			*(int *)arg = (int)mnl_attr_get_u32(a);
	return MNL_CB_STOP;
}

bool link_peer_is_in(const struct link_info *veth, int netns)
{
	char buf[128] = {};
	struct nlmsghdr *nlh = netlink_request(buf, RTM_GETNSID, 0);
	int nsid = NETNSA_NSID_NOT_ASSIGNED;

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct rtgenmsg));
	mnl_attr_put_u32(nlh, NETNSA_FD, netns);
	return !strcmp(veth->kind, "veth") && veth->peer_nsid >= 0 &&
	       !netlink_ask(NETLINK_ROUTE, nlh, on_nsid, &nsid) &&
	       nsid == veth->peer_nsid;
}

struct link_walk {
	void (*fn)(const struct link_info *info, void *arg);
	void *arg;
};

static int give_link(const struct nlmsghdr *nlh, void *arg)
{
	const struct link_walk *w = arg;
	struct link_info info;

	read_link(&info, nlh);
	w->fn(&info, w->arg);
	return MNL_CB_OK;
}

int link_for_each(void (*fn)(const struct link_info *info, void *arg),
		  void *arg)
{
	struct link_walk w = { .fn = fn, .arg = arg };
	char buf[256] = {};
	struct nlmsghdr *nlh = netlink_request(buf, RTM_GETLINK, NLM_F_DUMP);

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	return netlink_list(NETLINK_ROUTE, nlh, give_link, &w);
}

struct link_list {
	struct link_info *at;
	int nr, err;
};

static void add_link(const struct link_info *info, void *arg)
{
	struct link_list *l = arg;
	struct link_info *more = reallocarray(l->at, l->nr + 1, sizeof(*more));

	if (!more) {
		l->err = -ENOMEM;
		return;
	}
	l->at = more;
	l->at[l->nr++] = *info;
}

int link_list(struct link_info **list, int *nr)
{
	struct link_list l = {};
	int err = link_for_each(add_link, &l);

	*list = l.at;
	*nr = l.nr;
	return err ?: l.err;
}

struct station_walk {
	int ifindex;
	uint64_t *mac;
	int nr, max;
};

static void add_station(struct station_walk *w, uint64_t mac)
{
	if (mac & 1) /* of a group */
		return;
	for (int i = 0; i < w->nr && i < w->max; i++)
		if (w->mac[i] == mac)
			return;
	if (w->nr < w->max)
		w->mac[w->nr] = mac;
	w->nr++;
}

/* What `bridge fdb show dev IF self` shows. */
static int on_station(const struct nlmsghdr *nlh, void *arg)
{
	const struct ndmsg *nd = mnl_nlmsg_get_payload(nlh);
	struct station_walk *w = arg;
	const struct nlattr *a;

	if (nd->ndm_ifindex != w->ifindex || !(nd->ndm_flags & NTF_SELF))
		return MNL_CB_OK;
	mnl_attr_for_each(a, nlh, sizeof(*nd))
		if (mnl_attr_get_type(a) == NDA_LLADDR)
			add_station(w, read_mac(a));
	return MNL_CB_OK;
}

int link_stations(int ifindex, uint64_t *mac, int max)
{
	struct station_walk w = { .ifindex = ifindex, .mac = mac, .max = max };
	char buf[256] = {};
	struct nlmsghdr *nlh = netlink_request(buf, RTM_GETNEIGH, NLM_F_DUMP);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	int err;

	ifi->ifi_family = AF_BRIDGE;
	ifi->ifi_index = ifindex;
	err = netlink_list(NETLINK_ROUTE, nlh, on_station, &w);
	return err ?: w.nr;
}

static struct nlmsghdr *addr_request(char *buf, int family)
{
	struct nlmsghdr *nlh = netlink_request(buf, RTM_GETADDR, NLM_F_DUMP);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));

	ifa->ifa_family = family;
	return nlh;
}

/* The address of this host; of a point-to-point link IFA_ADDRESS is the peer's. */
static const void *own_addr(const struct nlmsghdr *nlh)
{
	const void *local = NULL, *address = NULL;
	const struct nlattr *a;

	mnl_attr_for_each(a, nlh, sizeof(struct ifaddrmsg)) {
		if (mnl_attr_get_type(a) == IFA_LOCAL)
			local = mnl_attr_get_payload(a);
		else if (mnl_attr_get_type(a) == IFA_ADDRESS)
			address = mnl_attr_get_payload(a);
	}
	return local ?: address;
}

struct addr_walk {
	void (*fn)(const struct in6_addr *addr, void *arg);
	void *arg;
};

static void give_addr(const struct addr_walk *w, int family, const void *data)
{
	struct in6_addr addr = {};

	if (family == AF_INET) {
		addr.s6_addr16[5] = 0xffff;
		memcpy(&addr.s6_addr32[3], data, 4);
		if (addr.s6_addr[12] == 127)
			return;
	} else {
		memcpy(&addr, data, sizeof(addr));
		if (IN6_IS_ADDR_LOOPBACK(&addr))
			return;
	}
	w->fn(&addr, w->arg);
}

static int on_addr(const struct nlmsghdr *nlh, void *arg)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	const void *addr = own_addr(nlh);

	if (addr && (ifa->ifa_family == AF_INET || ifa->ifa_family == AF_INET6))
		give_addr(arg, ifa->ifa_family, addr);
	return MNL_CB_OK;
}

int link_for_each_addr(void (*fn)(const struct in6_addr *addr, void *arg),
		       void *arg)
{
	struct addr_walk w = { .fn = fn, .arg = arg };
	char buf[256] = {};

	return netlink_list(NETLINK_ROUTE, addr_request(buf, AF_UNSPEC),
			    on_addr, &w);
}

struct local_walk {
	const struct in6_addr *addr;
	int *ifindex;
	int nr, max;
};

static int on_local(const struct nlmsghdr *nlh, void *arg)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	const struct in6_addr *addr = own_addr(nlh);
	struct local_walk *w = arg;

	if (ifa->ifa_family != AF_INET6 || !addr ||
	    !IN6_IS_ADDR_LINKLOCAL(addr) ||
	    (w->addr && memcmp(addr, w->addr, sizeof(*addr))))
		return MNL_CB_OK;
	if (w->nr < w->max)
		w->ifindex[w->nr] = ifa->ifa_index;
	w->nr++;
	return MNL_CB_OK;
}

int link_with_local(const struct in6_addr *addr, int *ifindex, int max)
{
	struct local_walk w = { .addr = addr, .ifindex = ifindex, .max = max };
	char buf[256] = {};
	int err = netlink_list(NETLINK_ROUTE, addr_request(buf, AF_INET6),
			       on_local, &w);

	if (err)
		return err;
	return w.nr <= max ? w.nr : -E2BIG;
}
