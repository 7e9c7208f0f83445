// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Listening TCP sockets of the namespace, asked by sock_diag. */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "listener.h"

#define TCPF_LISTEN	(1 << 10)	/* include/net/tcp_states.h */

/* What is asked of each: its buffers, and what only root is told. */
#define ASKED	(1 << (INET_DIAG_SKMEMINFO - 1) | 1 << (INET_DIAG_INFO - 1))

struct listener_walk {
	on_listener_fn fn;
	void *arg;
};

/* Attributes newer than the headers of the build machine are numbers here. */
static bool ulp_is_mptcp(const struct nlattr *nest)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, nest)
		if (mnl_attr_get_type(a) == INET_ULP_INFO_NAME)
			return !strcmp(mnl_attr_get_str(a), "mptcp");
	return false;
}

static void on_attrs(struct listener *l, const struct nlmsghdr *nlh)
{
	const uint32_t *mem;
	const struct nlattr *a;

	mnl_attr_for_each(a, nlh, sizeof(struct inet_diag_msg)) {
		switch (mnl_attr_get_type(a)) {
		case INET_DIAG_SKMEMINFO:
			mem = mnl_attr_get_payload(a);
			l->rcvbuf = mem[SK_MEMINFO_RCVBUF];
			break;
		case INET_DIAG_SKV6ONLY: l->v6only = mnl_attr_get_u8(a); break;
		case INET_DIAG_MD5SIG:
			l->md5 = mnl_attr_get_payload_len(a) > 0;
			break;
		case INET_DIAG_ULP_INFO: l->mptcp = ulp_is_mptcp(a); break;
		}
	}
}

static int on_listener(const struct nlmsghdr *nlh, void *arg)
{
	const struct inet_diag_msg *d = mnl_nlmsg_get_payload(nlh);
	const struct listener_walk *w = arg;
	struct listener l = { .sockets = 1 };

	/* Bound to a device: its packets come by that one, or not at all. */
	if (d->id.idiag_if)
		return MNL_CB_OK;
	if (d->idiag_family == AF_INET) {
		l.addr.s6_addr16[5] = 0xffff;
		l.addr.s6_addr32[3] = d->id.idiag_src[0];
	} else {
		memcpy(&l.addr, d->id.idiag_src, sizeof(l.addr));
	}
	l.port = ntohs(d->id.idiag_sport);
	on_attrs(&l, nlh);
	w->fn(&l, w->arg);
	return MNL_CB_OK;
}

int listener_for_each(on_listener_fn fn, void *arg)
{
	struct listener_walk w = { .fn = fn, .arg = arg };

	return diag_list(TCPF_LISTEN, ASKED, on_listener, &w);
}

static int begin_family(struct listener_reading *r, int family)
{
	r->family = family;
	r->nl = diag_begin(family, TCPF_LISTEN, ASKED);
	return r->nl ? 0 : -errno;
}

int listener_reading_begin(struct listener_reading *r)
{
	return begin_family(r, AF_INET);
}

int listener_reading_next(struct listener_reading *r, on_listener_fn fn,
			  void *arg)
{
	struct listener_walk w = { .fn = fn, .arg = arg };
	int more = netlink_next(r->nl, on_listener, &w);

	if (more > 0)
		return more;
	listener_reading_end(r);
	if (more || r->family == AF_INET6)
		return more;
	return begin_family(r, AF_INET6) ?: 1;
}

void listener_reading_end(struct listener_reading *r)
{
	if (r->nl)
		mnl_socket_close(r->nl);
	r->nl = NULL;
}

int listener_open(uint16_t port, int backlog)
{
	const struct sockaddr_in6 any = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
	};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			0);
	int err;

	if (fd < 0)
		return -errno;
	if (!bind(fd, (const struct sockaddr *)&any, sizeof(any)) &&
	    !listen(fd, backlog))
		return fd;
	err = -errno;
	close(fd);
	return err;
}
