// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a driver tells of an interface: see ethtool.h. */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ethtool.h"
#include "netlink.h"

/* linux/netdev.h */
#define NETDEV_CMD_DEV_GET		1
#define NETDEV_A_DEV_IFINDEX		1
#define NETDEV_A_DEV_XDP_FEATURES	3

static int ask_driver(const char *iface, void *command)
{
	struct ifreq ifr = { .ifr_data = command };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;

	if (fd < 0)
		return -errno;
	memcpy(ifr.ifr_name, iface, strnlen(iface, IFNAMSIZ - 1));
	if (ioctl(fd, SIOCETHTOOL, &ifr))
		err = -errno;
	close(fd);
	return err;
}

int ethtool_driver(const char *iface, char driver[ETHTOOL_BUSINFO_LEN])
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	int err = ask_driver(iface, &info);

	if (!err)
		memcpy(driver, info.driver, sizeof(info.driver));
	return err;
}

int ethtool_flags(const char *iface, uint32_t *flags)
{
	struct ethtool_value value = { .cmd = ETHTOOL_GFLAGS };
	int err = ask_driver(iface, &value);

	if (!err)
		*flags = value.data;
	return err;
}

int ethtool_channels(const char *iface, struct ethtool_channels *channels)
{
	struct ethtool_channels ch = { .cmd = ETHTOOL_GCHANNELS };
	int err = ask_driver(iface, &ch);

	if (!err)
		*channels = ch;
	return err;
}

static struct nlmsghdr *generic_request(char *buf, int type, int command)
{
	struct nlmsghdr *nlh = netlink_request(buf, type, 0);
	struct genlmsghdr *genl;

	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = command;
	genl->version = 1;
	return nlh;
}

static int on_family(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(a) == CTRL_ATTR_FAMILY_ID)
			*(int *)arg = mnl_attr_get_u16(a);
	return MNL_CB_STOP;
}

static int on_features(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(a) == NETDEV_A_DEV_XDP_FEATURES)
			*(uint64_t *)arg = mnl_attr_get_u64(a);
	return MNL_CB_STOP;
}

int ethtool_xdp_features(int ifindex, uint64_t *features)
{
	char buf[256] = {};
	struct nlmsghdr *nlh = generic_request(buf, GENL_ID_CTRL,
					       CTRL_CMD_GETFAMILY);
	int family = 0, err;

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, "netdev");
	err = netlink_ask(NETLINK_GENERIC, nlh, on_family, &family);
	if (err)
		return err;
	nlh = generic_request(buf, family, NETDEV_CMD_DEV_GET);
	mnl_attr_put_u32(nlh, NETDEV_A_DEV_IFINDEX, ifindex);
	return netlink_ask(NETLINK_GENERIC, nlh, on_features, features);
}
