// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sockets asked for by their tuple: by which interfaces, and when one is said to
 * be gone. The kernel has one socket, bound to an interface or to none.
 */
#include "run.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <string.h>

#include "sys/diag.h"
#include "sys/link.h"
#include "sys/socket.h"

#define IFACES_MAX	300

static struct {
	int bound;		/* the socket's interface; -1: there is none */
	int with_addr, ifaces;	/* interfaces with the address, and all */
	int error;		/* of sock_diag */
	struct in6_addr addr;	/* that interfaces were asked for */
	int any_addr;
	int asked[IFACES_MAX], nr_asked;
	int destroyed;		/* by this interface */
} kernel;

struct nlmsghdr *netlink_request(char *buf, int type, int flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = flags;
	return nlh;
}

static int answer(const struct inet_diag_req_v2 *req, mnl_cb_t cb, void *arg)
{
	char buf[256] = {};
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct inet_diag_msg *d = mnl_nlmsg_put_extra_header(nlh, sizeof(*d));

	d->idiag_state = 1;
	d->idiag_inode = 7;
	d->id = req->id;
	d->id.idiag_if = kernel.bound;
	cb(nlh, arg);
	return 0;
}

/* As inet_sk_bound_dev_eq() of the kernel. */
int netlink_ask(int bus, struct nlmsghdr *nlh, mnl_cb_t cb, void *arg)
{
	const struct inet_diag_req_v2 *req = mnl_nlmsg_get_payload(nlh);
	int by = req->id.idiag_if;

	(void)bus;
	if (!cb) {
		kernel.destroyed = by;
		return 0;
	}
	ck_assert_int_lt(kernel.nr_asked, IFACES_MAX);
	kernel.asked[kernel.nr_asked++] = by;
	if (kernel.error)
		return kernel.error;
	if (kernel.bound < 0 || (kernel.bound && kernel.bound != by))
		return -ENOENT;
	return answer(req, cb, arg);
}

int diag_walk(uint32_t states, mnl_cb_t cb, void *arg)
{
	(void)states;
	(void)cb;
	(void)arg;
	return 0;
}

/* Interfaces are 1, 2, 3 ...; those with an address are the odd ones. */
int link_with_local(const struct in6_addr *addr, int *ifindex, int max)
{
	kernel.any_addr = !addr;
	if (addr)
		kernel.addr = *addr;
	for (int i = 0; i < kernel.with_addr && i < max; i++)
		ifindex[i] = 2 * i + 1;
	return kernel.with_addr <= max ? kernel.with_addr : -E2BIG;
}

int link_for_each(void (*fn)(const struct link_info *info, void *arg),
		  void *arg)
{
	for (int i = 1; i <= kernel.ifaces; i++)
		fn(&(struct link_info){ .ifindex = i }, arg);
	return 0;
}

static struct hf_tuple tuple_of(const char *client, const char *server)
{
	struct hf_tuple t = {};

	ck_assert_int_eq(inet_pton(AF_INET6, client, t.client), 1);
	ck_assert_int_eq(inet_pton(AF_INET6, server, t.server), 1);
	return t;
}

static void begin(int bound)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.bound = bound;
	kernel.with_addr = 2;
	kernel.ifaces = 5;
}

static int find(const char *client, const char *server)
{
	struct hf_tuple t = tuple_of(client, server);
	struct socket_info info;
	int err = socket_find(&info, &t);

	if (!err) {
		ck_assert_int_eq(info.ifindex, kernel.bound);
		ck_assert_int_eq(socket_destroy(&info, &t), 0);
		ck_assert_int_eq(kernel.destroyed, kernel.bound);
	}
	return err;
}

START_TEST(a_global_peer_is_asked_for_once)
{
	begin(0);
	ck_assert_int_eq(find("::ffff:10.0.0.1", "::ffff:10.0.0.2"), 0);
	ck_assert_int_eq(find("fd77::1", "fd77::2"), 0);
	ck_assert_int_eq(kernel.nr_asked, 2);
	ck_assert_int_eq(kernel.asked[0] | kernel.asked[1], 0);
	begin(-1);
	ck_assert_int_eq(find("fd77::1", "fd77::2"), -ENOENT);
}
END_TEST

START_TEST(a_link_local_peer_is_asked_for_by_each_interface)
{
	begin(3);
	ck_assert_int_eq(find("fe80::1", "fe80::2"), 0);
	ck_assert_int_eq(kernel.nr_asked, 2);
	ck_assert(!kernel.any_addr);
	ck_assert_int_eq(kernel.addr.s6_addr[15], 2);
	begin(0);
	ck_assert_int_eq(find("fe80::1", "fe80::2"), 0);
	ck_assert_int_eq(kernel.nr_asked, 1);
	begin(-1);
	ck_assert_int_eq(find("fe80::1", "fe80::2"), -ENOENT);
	ck_assert_int_eq(kernel.nr_asked, 2);
}
END_TEST

START_TEST(of_a_global_server_any_link_local_interface_may_be_it)
{
	begin(3);
	ck_assert_int_eq(find("fe80::1", "fd77::2"), 0);
	ck_assert(kernel.any_addr);
}
END_TEST

/* A link that is down has no address; its sockets live on. */
START_TEST(without_an_address_all_interfaces_are_asked)
{
	begin(4);
	kernel.with_addr = 0;
	ck_assert_int_eq(find("fe80::1", "fe80::2"), 0);
	ck_assert_int_eq(kernel.nr_asked, 4);
}
END_TEST

/* Who was not asked everywhere is not gone. */
START_TEST(what_cannot_be_asked_is_not_gone)
{
	begin(-1);
	kernel.error = -EPERM;
	ck_assert_int_eq(find("fe80::1", "fe80::2"), -EPERM);
	begin(-1);
	kernel.with_addr = 257;
	ck_assert_int_eq(find("fe80::1", "fe80::2"), -E2BIG);
	begin(-1);
	kernel.with_addr = 0;
	kernel.ifaces = 257;
	ck_assert_int_eq(find("fe80::1", "fe80::2"), -E2BIG);
}
END_TEST

TEST_MAIN("socket", a_global_peer_is_asked_for_once,
	  a_link_local_peer_is_asked_for_by_each_interface,
	  of_a_global_server_any_link_local_interface_may_be_it,
	  without_an_address_all_interfaces_are_asked,
	  what_cannot_be_asked_is_not_gone)
