/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a driver tells of an interface: ethtool's ioctl, netdev netlink. */
#ifndef HANDFAST_ETHTOOL_H
#define HANDFAST_ETHTOOL_H

#include <linux/ethtool.h>
#include <stdint.h>

/* enum netdev_xdp_act of linux/netdev.h, which old machines lack. */
#define NETDEV_XDP_BASIC	1ULL
#define NETDEV_XDP_RX_SG	32ULL	/* frames of several buffers */

/* All return 0, or -errno with nothing filled in. */
int ethtool_driver(const char *iface, char driver[ETHTOOL_BUSINFO_LEN]);
int ethtool_flags(const char *iface, uint32_t *flags);	/* ETH_FLAG_* */
int ethtool_channels(const char *iface, struct ethtool_channels *channels);

/* What native XDP can do there; -ENOENT: the kernel does not tell (6.3). */
int ethtool_xdp_features(int ifindex, uint64_t *features);

#endif
