/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One netlink request and its answers, over libmnl. */
#ifndef HANDFAST_NETLINK_H
#define HANDFAST_NETLINK_H

#include <libmnl/libmnl.h>

#define NETLINK_TRIES	10	/* of a list that changes while it is read */

/* A request of this type in `buf`, which is zeroed; flags besides NLM_F_REQUEST.
 * Its family's header and its attributes are the caller's. */
struct nlmsghdr *netlink_request(char *buf, int type, int flags);

/*
 * Send `nlh` on a new socket of the bus, for netlink_next(), to be closed by
 * mnl_socket_close(). NULL with errno.
 */
struct mnl_socket *netlink_begin(int bus, const struct nlmsghdr *nlh);

/*
 * Give the answers that come with the next datagram to `cb`; MNL_CB_STOP ends it.
 * 1: there are more, 0: these were the last, or -errno.
 */
int netlink_next(struct mnl_socket *nl, mnl_cb_t cb, void *arg);

/* A socket that is told what changes in these groups of rtnetlink (RTMGRP_*) and
 * does not block, to be closed; or -errno. */
int netlink_listen(unsigned int groups);

/*
 * Send `nlh` on a new socket of the bus and give each answer to `cb` as it
 * comes; MNL_CB_STOP ends it. 0 or -errno, that of the kernel's answer included.
 */
int netlink_ask(int bus, struct nlmsghdr *nlh, mnl_cb_t cb, void *arg);

/*
 * The same for NLM_F_DUMP, all or nothing: `cb` gets the answers once the list
 * is complete. One that changed while it was read (NLM_F_DUMP_INTR) is asked
 * for again. 0 or -errno; -EINTR: it changed each time.
 */
int netlink_list(int bus, struct nlmsghdr *nlh, mnl_cb_t cb, void *arg);

#endif
