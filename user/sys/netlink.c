// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One netlink request and its answers, over libmnl. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netlink.h"

/* Answers side by side, as they came. */
struct answers {
	char *buf;
	size_t len, room;	/* bytes */
};

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

static int keep_answer(const struct nlmsghdr *nlh, void *arg)
{
	size_t len = MNL_ALIGN(nlh->nlmsg_len);
	struct answers *a = arg;
	size_t room = a->room ? a->room * 2 : 32768;
	char *more;

	while (room < a->len + len)
		room *= 2;
	if (a->len + len > a->room) {
		more = realloc(a->buf, room);
		if (!more)
			return MNL_CB_ERROR; /* errno is ENOMEM */
		a->buf = more;
		a->room = room;
	}
	memcpy(a->buf + a->len, nlh, nlh->nlmsg_len);
	a->len += len;
	return MNL_CB_OK;
}

static void give_answers(const struct answers *a, mnl_cb_t cb, void *arg)
{
	size_t at = 0;

	while (at < a->len) {
		const struct nlmsghdr *nlh = (const void *)(a->buf + at);

		if (cb(nlh, arg) <= MNL_CB_STOP)
			return;
		at += MNL_ALIGN(nlh->nlmsg_len);
	}
}

int netlink_list(int bus, struct nlmsghdr *nlh, mnl_cb_t cb, void *arg)
{
	struct answers a = {};
	int err = -EINTR;

	for (int i = 0; i < NETLINK_TRIES && err == -EINTR; i++) {
		a.len = 0;
		err = netlink_ask(bus, nlh, keep_answer, &a);
	}
	if (!err)
		give_answers(&a, cb, arg);
	free(a.buf);
	return err;
}
