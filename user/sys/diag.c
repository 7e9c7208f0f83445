// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* TCP sockets by sock_diag: see diag.h. */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>

#include "diag.h"

static int list_family(int family, uint32_t states, uint8_t ext, mnl_cb_t cb,
		       void *arg)
{
	char buf[256] = {};
	struct nlmsghdr *nlh = netlink_request(buf, SOCK_DIAG_BY_FAMILY,
					       NLM_F_DUMP);
	struct inet_diag_req_v2 *req;

	req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));
	req->sdiag_family = family;
	req->sdiag_protocol = IPPROTO_TCP;
	req->idiag_states = states;
	req->idiag_ext = ext;
	return netlink_ask(NETLINK_SOCK_DIAG, nlh, cb, arg);
}

int diag_list(uint32_t states, uint8_t ext, mnl_cb_t cb, void *arg)
{
	int err = list_family(AF_INET, states, ext, cb, arg);

	return err ?: list_family(AF_INET6, states, ext, cb, arg);
}
