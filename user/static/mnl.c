// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * libmnl for a static build, since Debian has no archive of it: what handfast
 * calls, as <libmnl/libmnl.h> declares it. tests/unit/test_mnl.c compares the two.
 *
 * A message is a header, what its family has behind that, and attributes; each
 * begins at a multiple of 4 bytes. Nothing is written past what the caller has
 * room for, which he knows, and nothing is read past what was received.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>

struct mnl_socket {
	int fd;
	struct sockaddr_nl addr;
};

/* --- messages ------------------------------------------------------------- */

struct nlmsghdr *mnl_nlmsg_put_header(void *buf)
{
	struct nlmsghdr *nlh = buf;

	memset(nlh, 0, MNL_NLMSG_HDRLEN);
	nlh->nlmsg_len = MNL_NLMSG_HDRLEN;
	return nlh;
}

/* Where the next thing goes, whose length is added. */
static void *add(struct nlmsghdr *nlh, size_t len)
{
	void *to = mnl_nlmsg_get_payload_tail(nlh);

	nlh->nlmsg_len = MNL_ALIGN(nlh->nlmsg_len) + MNL_ALIGN(len);
	return to;
}

void *mnl_nlmsg_put_extra_header(struct nlmsghdr *nlh, size_t size)
{
	return memset(add(nlh, size), 0, MNL_ALIGN(size));
}

void *mnl_nlmsg_get_payload(const struct nlmsghdr *nlh)
{
	return (char *)nlh + MNL_NLMSG_HDRLEN;
}

void *mnl_nlmsg_get_payload_offset(const struct nlmsghdr *nlh, size_t offset)
{
	return (char *)nlh + MNL_NLMSG_HDRLEN + MNL_ALIGN(offset);
}

void *mnl_nlmsg_get_payload_tail(const struct nlmsghdr *nlh)
{
	return (char *)nlh + MNL_ALIGN(nlh->nlmsg_len);
}

/* --- attributes ----------------------------------------------------------- */

uint16_t mnl_attr_get_type(const struct nlattr *attr)
{
	return attr->nla_type & NLA_TYPE_MASK;
}

uint16_t mnl_attr_get_payload_len(const struct nlattr *attr)
{
	return attr->nla_len - MNL_ATTR_HDRLEN;
}

void *mnl_attr_get_payload(const struct nlattr *attr)
{
	return (char *)attr + MNL_ATTR_HDRLEN;
}

const char *mnl_attr_get_str(const struct nlattr *attr)
{
	return mnl_attr_get_payload(attr);
}

uint8_t mnl_attr_get_u8(const struct nlattr *attr)
{
	return *(uint8_t *)mnl_attr_get_payload(attr);
}

uint16_t mnl_attr_get_u16(const struct nlattr *attr)
{
	return *(uint16_t *)mnl_attr_get_payload(attr);
}

uint32_t mnl_attr_get_u32(const struct nlattr *attr)
{
	return *(uint32_t *)mnl_attr_get_payload(attr);
}

/* An attribute begins at a multiple of 4. */
uint64_t mnl_attr_get_u64(const struct nlattr *attr)
{
	uint64_t value;

	memcpy(&value, mnl_attr_get_payload(attr), sizeof(value));
	return value;
}

bool mnl_attr_ok(const struct nlattr *attr, int len)
{
	return len >= (int)sizeof(*attr) && attr->nla_len >= sizeof(*attr) &&
	       attr->nla_len <= len;
}

struct nlattr *mnl_attr_next(const struct nlattr *attr)
{
	return (struct nlattr *)((char *)attr + MNL_ALIGN(attr->nla_len));
}

void mnl_attr_put(struct nlmsghdr *nlh, uint16_t type, size_t len,
		  const void *data)
{
	struct nlattr *attr = add(nlh, MNL_ATTR_HDRLEN + len);
	char *payload = mnl_attr_get_payload(attr);

	attr->nla_type = type;
	attr->nla_len = MNL_ATTR_HDRLEN + len;
	if (len)
		memcpy(payload, data, len);
	memset(payload + len, 0, MNL_ALIGN(len) - len);
}

void mnl_attr_put_u32(struct nlmsghdr *nlh, uint16_t type, uint32_t data)
{
	mnl_attr_put(nlh, type, sizeof(data), &data);
}

void mnl_attr_put_strz(struct nlmsghdr *nlh, uint16_t type, const char *data)
{
	mnl_attr_put(nlh, type, strlen(data) + 1, data);
}

struct nlattr *mnl_attr_nest_start(struct nlmsghdr *nlh, uint16_t type)
{
	struct nlattr *start = add(nlh, MNL_ATTR_HDRLEN);

	start->nla_type = NLA_F_NESTED | type;
	return start;
}

void mnl_attr_nest_end(struct nlmsghdr *nlh, struct nlattr *start)
{
	start->nla_len = (char *)mnl_nlmsg_get_payload_tail(nlh) -
			 (char *)start;
}

/* --- answers -------------------------------------------------------------- */

static int fail(int error)
{
	errno = error;
	return MNL_CB_ERROR;
}

/* The kernel's own: an error, 0 included, the end of a list, or nothing. */
static int control(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type == NLMSG_DONE)
		return MNL_CB_STOP;
	if (nlh->nlmsg_type != NLMSG_ERROR)
		return MNL_CB_OK;
	if (nlh->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(*e))
		return fail(EBADMSG);
	errno = abs(e->error);
	return e->error ? MNL_CB_ERROR : MNL_CB_STOP;
}

/* 0, or the error: another one's, out of turn, or of a list that has changed. */
static int check(const struct nlmsghdr *nlh, unsigned int seq,
		 unsigned int portid)
{
	if (nlh->nlmsg_pid && portid && nlh->nlmsg_pid != portid)
		return ESRCH;
	if (nlh->nlmsg_seq && seq && nlh->nlmsg_seq != seq)
		return EPROTO;
	return nlh->nlmsg_flags & NLM_F_DUMP_INTR ? EINTR : 0;
}

static bool is_whole(const struct nlmsghdr *nlh, int len)
{
	return len >= (int)sizeof(*nlh) && nlh->nlmsg_len >= sizeof(*nlh) &&
	       (int)nlh->nlmsg_len <= len;
}

int mnl_cb_run(const void *buf, size_t numbytes, unsigned int seq,
	       unsigned int portid, mnl_cb_t cb, void *data)
{
	const struct nlmsghdr *nlh = buf;
	int len = numbytes, more = MNL_CB_OK, bad;

	while (more > MNL_CB_STOP && is_whole(nlh, len)) {
		bad = check(nlh, seq, portid);
		if (bad)
			return fail(bad);
		if (nlh->nlmsg_type < NLMSG_MIN_TYPE)
			more = control(nlh);
		else if (cb)
			more = cb(nlh, data);
		len -= MNL_ALIGN(nlh->nlmsg_len);
		nlh = mnl_nlmsg_get_payload_tail(nlh);
	}
	return more;
}

/* --- sockets -------------------------------------------------------------- */

struct mnl_socket *mnl_socket_open2(int bus, int flags)
{
	struct mnl_socket *nl = calloc(1, sizeof(*nl));

	if (!nl)
		return NULL;
	nl->fd = socket(AF_NETLINK, SOCK_RAW | flags, bus);
	if (nl->fd >= 0)
		return nl;
	free(nl);
	return NULL;
}

int mnl_socket_bind(struct mnl_socket *nl, unsigned int groups, pid_t pid)
{
	socklen_t len = sizeof(nl->addr);

	nl->addr = (struct sockaddr_nl){
		.nl_family = AF_NETLINK,
		.nl_groups = groups,
		.nl_pid = pid,
	};
	if (bind(nl->fd, (struct sockaddr *)&nl->addr, len))
		return -1;
	return getsockname(nl->fd, (struct sockaddr *)&nl->addr, &len);
}

unsigned int mnl_socket_get_portid(const struct mnl_socket *nl)
{
	return nl->addr.nl_pid;
}

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *req,
			  size_t size)
{
	static const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	return sendto(nl->fd, req, size, 0, (const struct sockaddr *)&kernel,
		      sizeof(kernel));
}

/* One datagram of the kernel's, that fits. */
ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t size)
{
	struct sockaddr_nl from;
	struct iovec iov = { .iov_base = buf, .iov_len = size };
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	ssize_t len = recvmsg(nl->fd, &msg, 0);

	if (len < 0)
		return -1;
	if (msg.msg_flags & MSG_TRUNC)
		return fail(ENOSPC);
	if (msg.msg_namelen != sizeof(from))
		return fail(EINVAL);
	return len;
}

int mnl_socket_close(struct mnl_socket *nl)
{
	int err = close(nl->fd);

	free(nl);
	return err;
}
