// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One netlink request and its answers, over libmnl. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netlink.h"

#define SEQ	1	/* a socket is asked once */

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
	nlh->nlmsg_seq = SEQ;
	return nlh;
}

int netlink_listen(unsigned int groups)
{
	struct sockaddr_nl addr = {
		.nl_family = AF_NETLINK,
		.nl_groups = groups,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_ROUTE);
	int err;

	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

struct mnl_socket *netlink_begin(int bus, const struct nlmsghdr *nlh)
{
	struct mnl_socket *nl = mnl_socket_open2(bus, SOCK_CLOEXEC);
	int err;

	if (!nl)
		return NULL;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) >= 0 &&
	    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) >= 0)
		return nl;
	err = errno;
	mnl_socket_close(nl);
	errno = err;
	return NULL;
}

int netlink_next(struct mnl_socket *nl, mnl_cb_t cb, void *arg)
{
	char buf[32768];
	int len = mnl_socket_recvfrom(nl, buf, sizeof(buf)), more;

	if (len < 0)
		return -errno;
	more = mnl_cb_run(buf, len, SEQ, mnl_socket_get_portid(nl), cb, arg);
	return more < 0 ? -errno : more > MNL_CB_STOP;
}

int netlink_ask(int bus, struct nlmsghdr *nlh, mnl_cb_t cb, void *arg)
{
	struct mnl_socket *nl = netlink_begin(bus, nlh);
	int more;

	if (!nl)
		return -errno;
	do
		more = netlink_next(nl, cb, arg);
	while (more > 0);
	mnl_socket_close(nl);
	return more;
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
