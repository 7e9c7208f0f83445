// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One netlink request and its answers, over libmnl. */
#include <errno.h>

#include "netlink.h"

struct nlmsghdr *netlink_request(char *buf, int type, int flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = 1;
	return nlh;
}

int netlink_ask(int bus, struct nlmsghdr *nlh, mnl_cb_t cb, void *arg)
{
	struct mnl_socket *nl = mnl_socket_open2(bus, SOCK_CLOEXEC);
	char buf[32768];
	int len, err = 0;

	if (!nl)
		return -errno;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0) {
		err = -errno;
		goto out;
	}
	do {
		len = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (len < 0) {
			err = -errno;
			break;
		}
		err = mnl_cb_run(buf, len, nlh->nlmsg_seq,
				 mnl_socket_get_portid(nl), cb, arg);
		if (err < 0)
			err = -errno;
	} while (err > MNL_CB_STOP);
out:
	mnl_socket_close(nl);
	return err;
}
