// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* TCP sockets by sock_diag: see diag.h. */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>

#include "diag.h"

static struct nlmsghdr *list_request(char *buf, int family, uint32_t states,
				     uint8_t ext)
{
	struct nlmsghdr *nlh = netlink_request(buf, SOCK_DIAG_BY_FAMILY,
					       NLM_F_DUMP);
	struct inet_diag_req_v2 *req;

	req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));
	req->sdiag_family = family;
	req->sdiag_protocol = IPPROTO_TCP;
	req->idiag_states = states;
	req->idiag_ext = ext;
	return nlh;
}

struct mnl_socket *diag_begin(int family, uint32_t states, uint8_t ext)
{
	char buf[256] = {};

	return netlink_begin(NETLINK_SOCK_DIAG,
			     list_request(buf, family, states, ext));
}

static const int families[] = { AF_INET, AF_INET6 };

int diag_list(uint32_t states, uint8_t ext, mnl_cb_t cb, void *arg)
{
	int err = 0;

	for (int i = 0; i < 2 && !err; i++) {
		char buf[256] = {};

		err = netlink_list(NETLINK_SOCK_DIAG,
				   list_request(buf, families[i], states, ext),
				   cb, arg);
	}
	return err;
}

int diag_walk(uint32_t states, mnl_cb_t cb, void *arg)
{
	int err = 0;

	for (int i = 0; i < 2 && !err; i++) {
		char buf[256] = {};

		err = netlink_ask(NETLINK_SOCK_DIAG,
				  list_request(buf, families[i], states, 0), cb,
				  arg);
	}
	return err;
}
