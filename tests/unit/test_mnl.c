// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * user/static/mnl.c beside the library that it stands for: the same messages, and
 * the same made of whatever is received, noise included.
 */
#include "run.h"

#include <dlfcn.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdio.h>
#include <string.h>

#define RUNS	20000
#define BYTES	256

#define FUNCTIONS(f) \
	f(nlmsg_put_header) f(nlmsg_put_extra_header) f(nlmsg_get_payload) \
	f(nlmsg_get_payload_offset) f(nlmsg_get_payload_tail) \
	f(attr_get_type) f(attr_get_payload_len) f(attr_get_payload) \
	f(attr_get_str) f(attr_get_u8) f(attr_get_u16) f(attr_get_u32) \
	f(attr_get_u64) f(attr_ok) f(attr_next) f(attr_put) f(attr_put_u32) \
	f(attr_put_strz) f(attr_nest_start) f(attr_nest_end) f(cb_run) \
	f(socket_open2) f(socket_bind) f(socket_get_portid) f(socket_sendto) \
	f(socket_recvfrom) f(socket_close)

#define MEMBER(name)	typeof(mnl_##name) *name;
#define OWN(name)	.name = mnl_##name,
#define THEIRS(of)	theirs.of = dlsym(library, "mnl_" #of);

struct mnl {
	FUNCTIONS(MEMBER)
};

static const struct mnl own = { FUNCTIONS(OWN) };
static struct mnl theirs;
static const struct mnl *const both[] = { &own, &theirs };

static void set_up(void)
{
	void *library = dlopen("libmnl.so.0", RTLD_NOW | RTLD_LOCAL);

	ck_assert_msg(!!library, "%s", dlerror());
	FUNCTIONS(THEIRS)
	ck_assert(theirs.cb_run && theirs.cb_run != own.cb_run);
	rnd_seed(1);
}

/* What is built. */

static size_t build(const struct mnl *m, void *buf)
{
	struct nlmsghdr *nlh = m->nlmsg_put_header(buf);
	struct nlattr *outer, *inner;

	nlh->nlmsg_type = 16;
	memset(m->nlmsg_put_extra_header(nlh, 13), 7, 13);
	m->attr_put(nlh, 1, 3, "abc");
	outer = m->attr_nest_start(nlh, 2);
	m->attr_put_u32(nlh, 3, 0x12345678);
	inner = m->attr_nest_start(nlh, 4);
	m->attr_put_strz(nlh, 5, "text");
	m->attr_put_strz(nlh, 6, "");
	m->attr_nest_end(nlh, inner);
	m->attr_nest_end(nlh, outer);
	m->attr_put(nlh, 7, 0, NULL);
	return nlh->nlmsg_len;
}

START_TEST(messages_are_the_same)
{
	char bytes[2][BYTES] __attribute__((aligned(8))) = {};
	size_t len[2];

	for (int i = 0; i < 2; i++)
		len[i] = build(both[i], bytes[i]);
	ck_assert_uint_eq(len[0], len[1]);
	ck_assert_mem_eq(bytes[0], bytes[1], BYTES);
}
END_TEST

/* What is read: a line of text for each thing that was found. */

struct reader {
	const struct mnl *mnl;
	FILE *to;
	const char *from;
	int more;		/* what the callback says */
};

static void read_attrs(const struct reader *r, struct nlattr *at,
		       const char *end, int depth)
{
	const struct mnl *m = r->mnl;

	for (; m->attr_ok(at, end - (char *)at); at = m->attr_next(at)) {
		char *payload = m->attr_get_payload(at);
		int len = m->attr_get_payload_len(at);

		fprintf(r->to, "%*s%d %d %td", depth, "", m->attr_get_type(at),
			len, payload - r->from);
		if (len >= 8)
			fprintf(r->to, " %x %x %x %llx %p", m->attr_get_u8(at),
				m->attr_get_u16(at), m->attr_get_u32(at),
				(unsigned long long)m->attr_get_u64(at),
				(void *)m->attr_get_str(at));
		fputc('\n', r->to);
		if (depth < 4)
			read_attrs(r, (void *)payload, payload + len,
				   depth + 1);
	}
}

static int on_message(const struct nlmsghdr *nlh, void *arg)
{
	const struct reader *r = arg;
	const struct mnl *m = r->mnl;
	char *tail = m->nlmsg_get_payload_tail(nlh);

	fprintf(r->to, "at %td: %td\n", (char *)nlh - r->from,
		(char *)m->nlmsg_get_payload(nlh) - r->from);
	read_attrs(r, m->nlmsg_get_payload_offset(nlh, 3), tail, 0);
	return r->more;
}

/* What came of it, to be freed. */
static char *read_all(const struct mnl *m, const char *from, size_t len)
{
	char *text;
	size_t text_len;
	struct reader r = { m, open_memstream(&text, &text_len), from, 1 };
	int result;

	r.more = from[0] & 1 ? MNL_CB_OK : from[0] / 64;
	errno = 0;
	result = m->cb_run(from, len, 1, 9, on_message, &r);
	fprintf(r.to, "%d %d\n", result, result < 0 ? errno : 0);
	fclose(r.to);
	return text;
}

static void are_read_the_same(const char *bytes, size_t len)
{
	char *text[2];

	for (int i = 0; i < 2; i++)
		text[i] = read_all(both[i], bytes, len);
	ck_assert_str_eq(text[0], text[1]);
	free(text[0]);
	free(text[1]);
}

/* Mostly right, so that there is something to be read. */
static size_t make_noise(char *bytes)
{
	size_t len = 0;

	while (len < BYTES / 2) {
		struct nlmsghdr *nlh = (void *)(bytes + len);
		size_t room = build(&own, nlh);

		nlh->nlmsg_type = (rnd_below(2) ? NLMSG_NOOP : 16) +
				  rnd_below(4);
		nlh->nlmsg_seq = rnd_below(8) ? 1 : rnd_below(3);
		nlh->nlmsg_pid = rnd_below(8) ? 9 : rnd_below(10);
		nlh->nlmsg_flags = rnd_below(8) ? 0 : rnd32();
		for (int i = rnd_below(3); i; i--)
			bytes[len + 16 + rnd_below(room - 16)] = rnd_below(32);
		if (!rnd_below(8))
			nlh->nlmsg_len = rnd_below(BYTES);
		len += room;
	}
	return rnd_below(4) ? len : rnd_below(len);
}

START_TEST(answers_are_read_the_same)
{
	static char bytes[2 * BYTES] __attribute__((aligned(8)));

	for (int i = 0; i < RUNS; i++)
		are_read_the_same(bytes, make_noise(bytes));
}
END_TEST

START_TEST(an_error_says_which)
{
	struct {
		struct nlmsghdr nlh;
		struct nlmsgerr e;
	} m = { { sizeof(m), NLMSG_ERROR, 0, 1, 9 }, {} };

	for (int error = -3; error <= 3; error++) {
		m.e.error = error;
		are_read_the_same((char *)&m, sizeof(m));
	}
	m.nlh.nlmsg_len = sizeof(m.nlh) + sizeof(m.e) - 1;
	are_read_the_same((char *)&m, sizeof(m));
}
END_TEST

/* The kernel has one: whoever asks for lo gets it. */

static int on_link(const struct nlmsghdr *nlh, void *arg)
{
	*(int *)arg += nlh->nlmsg_type == 16;
	return MNL_CB_OK;
}

static int ask(const struct mnl *m, size_t room)
{
	char buf[16384] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = m->nlmsg_put_header(buf);
	struct mnl_socket *nl = m->socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int links = 0;
	ssize_t len;

	ck_assert_ptr_nonnull(nl);
	ck_assert_int_eq(m->socket_bind(nl, 0, MNL_SOCKET_AUTOPID), 0);
	nlh->nlmsg_type = 18;	/* RTM_GETLINK */
	nlh->nlmsg_flags = NLM_F_REQUEST;
	((int *)m->nlmsg_put_extra_header(nlh, 16))[1] = 1;
	ck_assert_int_eq(m->socket_sendto(nl, nlh, nlh->nlmsg_len),
			 nlh->nlmsg_len);
	errno = 0;
	len = m->socket_recvfrom(nl, buf, room);
	if (len >= 0)
		ck_assert_int_eq(m->cb_run(buf, len, 0,
					   m->socket_get_portid(nl), on_link,
					   &links),
				 MNL_CB_OK);
	ck_assert_int_eq(m->socket_close(nl), 0);
	return len < 0 ? -errno : links;
}

START_TEST(the_kernel_answers)
{
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(ask(both[i], 16384), 1);
		ck_assert_int_eq(ask(both[i], 64), -ENOSPC);
		ck_assert_ptr_null(both[i]->socket_open2(999, 0));
	}
}
END_TEST

TEST_MAIN_WITH("mnl", set_up, NULL, messages_are_the_same,
	       answers_are_read_the_same, an_error_says_which,
	       the_kernel_answers)
