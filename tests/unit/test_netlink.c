// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Lists of the kernel: whole or not at all. The kernel is made up: each socket
 * has datagrams to be read, one after the other.
 */
#include "run.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "sys/netlink.h"

#define LIST_MAX	9000	/* answers; more than any buffer of ours */

struct mnl_socket {
	int at;			/* the next answer */
};

static struct {
	int answers;		/* of a list */
	int interrupted;	/* so many lists change while they are read */
	int error;		/* the kernel's answer in place of a list */
	int recv_error;		/* errno of the first read */
	int asked, opened, closed;
} kernel;

static struct {
	int nr;
	bool in_order;
	int stop_at;
} seen;

/* The kernel. */

struct mnl_socket *mnl_socket_open2(int bus, int flags)
{
	(void)bus;
	(void)flags;
	kernel.opened++;
	return calloc(1, sizeof(struct mnl_socket));
}

int mnl_socket_bind(struct mnl_socket *nl, unsigned int groups, pid_t pid)
{
	(void)nl;
	(void)groups;
	(void)pid;
	return 0;
}

unsigned int mnl_socket_get_portid(const struct mnl_socket *nl)
{
	(void)nl;
	return 0;
}

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *req,
			  size_t size)
{
	(void)nl;
	(void)req;
	kernel.asked++;
	return size;
}

static struct nlmsghdr *put(char *buf, size_t *len, int type)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf + *len);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_MULTI;
	nlh->nlmsg_seq = 1;
	*(int *)mnl_nlmsg_put_extra_header(nlh, sizeof(int)) = 0;
	*len += nlh->nlmsg_len;
	return nlh;
}

/* Seven answers a datagram; half of an interrupted list comes unmarked. */
ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t size)
{
	struct mnl_socket *s = (struct mnl_socket *)nl;
	bool change = kernel.asked <= kernel.interrupted;
	struct nlmsghdr *nlh;
	size_t len = 0;

	ck_assert_uint_ge(size, 4096);
	if (kernel.recv_error) {
		errno = kernel.recv_error;
		kernel.recv_error = 0;
		return -1;
	}
	if (kernel.error) {
		nlh = put(buf, &len, NLMSG_ERROR);
		*(int *)mnl_nlmsg_get_payload(nlh) = -kernel.error;
		nlh->nlmsg_len += sizeof(struct nlmsghdr);
		return len + sizeof(struct nlmsghdr);
	}
	for (int i = 0; i < 7 && s->at < kernel.answers; i++, s->at++) {
		nlh = put(buf, &len, NLMSG_MIN_TYPE);
		*(int *)mnl_nlmsg_get_payload(nlh) = s->at;
		if (change && s->at >= kernel.answers / 2)
			nlh->nlmsg_flags |= NLM_F_DUMP_INTR;
	}
	if (!len)
		put(buf, &len, NLMSG_DONE);
	return len;
}

int mnl_socket_close(struct mnl_socket *nl)
{
	kernel.closed++;
	free(nl);
	return 0;
}

/* What a caller does. */

static int on_answer(const struct nlmsghdr *nlh, void *arg)
{
	ck_assert_ptr_eq(arg, &seen);
	if (*(int *)mnl_nlmsg_get_payload(nlh) != seen.nr++)
		seen.in_order = false;
	return seen.nr == seen.stop_at ? MNL_CB_STOP : MNL_CB_OK;
}

static int list(void)
{
	char buf[256] = {};
	struct nlmsghdr *nlh = netlink_request(buf, 18, NLM_F_DUMP);
	int err = netlink_list(0, nlh, on_answer, &seen);

	ck_assert_int_eq(kernel.opened, kernel.closed);
	return err;
}

static void begin(int answers)
{
	memset(&kernel, 0, sizeof(kernel));
	memset(&seen, 0, sizeof(seen));
	seen.in_order = true;
	kernel.answers = answers;
}

START_TEST(a_list_is_given_in_order)
{
	static const int sizes[] = { 0, 1, 7, 8, LIST_MAX };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		begin(sizes[i]);
		ck_assert_int_eq(list(), 0);
		ck_assert_int_eq(kernel.asked, 1);
		ck_assert_int_eq(seen.nr, sizes[i]);
		ck_assert(seen.in_order);
	}
}
END_TEST

/* Nothing of the lists that changed is given. */
START_TEST(an_interrupted_list_is_asked_for_again)
{
	for (int times = 1; times < NETLINK_TRIES; times++) {
		begin(100);
		kernel.interrupted = times;
		ck_assert_int_eq(list(), 0);
		ck_assert_int_eq(kernel.asked, times + 1);
		ck_assert_int_eq(seen.nr, 100);
		ck_assert(seen.in_order);
	}
}
END_TEST

START_TEST(a_list_that_always_changes_is_given_up)
{
	begin(100);
	kernel.interrupted = 1000;
	ck_assert_int_eq(list(), -EINTR);
	ck_assert_int_eq(kernel.asked, NETLINK_TRIES);
	ck_assert_int_eq(seen.nr, 0);
}
END_TEST

START_TEST(a_list_may_be_left_early)
{
	begin(100);
	seen.stop_at = 3;
	ck_assert_int_eq(list(), 0);
	ck_assert_int_eq(seen.nr, 3);
}
END_TEST

START_TEST(errors_are_told_and_not_repeated)
{
	begin(100);
	kernel.error = EPERM;
	ck_assert_int_eq(list(), -EPERM);
	ck_assert_int_eq(kernel.asked, 1);
	begin(100);
	kernel.recv_error = ENOBUFS;
	ck_assert_int_eq(list(), -ENOBUFS);
	ck_assert_int_eq(kernel.asked, 1);
	ck_assert_int_eq(seen.nr, 0);
}
END_TEST

TEST_MAIN("netlink", a_list_is_given_in_order,
	  an_interrupted_list_is_asked_for_again,
	  a_list_that_always_changes_is_given_up, a_list_may_be_left_early,
	  errors_are_told_and_not_repeated)
