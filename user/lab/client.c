// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A client of a lab: see client.h. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "lab.h"
#include "lib/clock.h"
#include "sys/connect.h"

#define TIMEOUT_US	1000000
#define ANSWER_MAX	1024

static const char request[] = "GET / HTTP/1.1\r\nHost: lab\r\n\r\n";

/* Within what is left of its second. */
static int wait_for(int fd, short events, uint64_t until_us)
{
	uint64_t now_us = clock_mono_us();

	if (now_us >= until_us)
		return -ETIMEDOUT;
	return connect_wait(fd, events, (until_us - now_us + 999) / 1000);
}

static int check_connected(int fd)
{
	socklen_t len = sizeof(int);
	int err = 0;

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) ? -errno : -err;
}

static int read_answer(int fd, uint64_t until_us)
{
	char text[ANSWER_MAX];
	size_t at = 0;
	ssize_t len;
	int err;

	for (;;) {
		err = wait_for(fd, POLLIN, until_us);
		if (err)
			return err;
		len = recv(fd, text + at, sizeof(text) - 1 - at, 0);
		if (len <= 0)
			return len ? -errno : -ECONNRESET;
		at += len;
		text[at] = '\0';
		if (strstr(text, LAB_TEXT))
			return 0;
	}
}

static int talk(int fd, uint64_t until_us)
{
	const ssize_t len = sizeof(request) - 1;
	int err = wait_for(fd, POLLOUT, until_us) ?: check_connected(fd);

	if (err)
		return err;
	if (send(fd, request, len, MSG_NOSIGNAL) != len)
		return -errno;
	return read_answer(fd, until_us);
}

/* It closes first, so that TIME_WAIT is the client's, whose kernel takes another
 * port next. */
int64_t client_ask(bool ipv6)
{
	uint64_t begin_us = clock_mono_us();
	int fd = connect_begin(ipv6 ? LAB_SERVER6 : LAB_SERVER4, LAB_PORT);
	int err;

	if (fd < 0)
		return fd;
	err = talk(fd, begin_us + TIMEOUT_US);
	close(fd);
	return err ?: (int64_t)(clock_mono_us() - begin_us);
}
