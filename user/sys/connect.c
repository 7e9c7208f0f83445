// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A client's TCP socket: see connect.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connect.h"

static int begin(const struct sockaddr *to, socklen_t len)
{
	int fd = socket(to->sa_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0)
		return -errno;
	if (!connect(fd, to, len) || errno == EINPROGRESS)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int connect_begin(const char *addr, uint16_t port)
{
	struct sockaddr_in6 to6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
	};
	struct sockaddr_in to4 = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};

	if (inet_pton(AF_INET, addr, &to4.sin_addr) == 1)
		return begin((struct sockaddr *)&to4, sizeof(to4));
	if (inet_pton(AF_INET6, addr, &to6.sin6_addr) == 1)
		return begin((struct sockaddr *)&to6, sizeof(to6));
	return -EINVAL;
}

int connect_wait(int fd, short events, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	int nr = poll(&pfd, 1, timeout_ms);

	return nr < 0 ? -errno : nr ? 0 : -ETIMEDOUT;
}
