// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * guests: what no client does to a server of HTTP on this host.
 *
 *	guests PORT N idle	N connections that say nothing
 *	guests PORT N slow	N that say the begin of a request, a byte a second
 *	guests PORT N deaf	N that ask for status.json ten times and never read
 *
 * Until killed. Prints "begun" when all have been begun, and then, whenever that
 * changes, closed=N: how many the server closed. Exit: 0, 1 failed, 2 bad use.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GUESTS_MAX	1000
#define BYTE_MS		1000

static const char request[] = "GET /status.json HTTP/1.1\r\nHost: x\r\n";
static struct pollfd guest[GUESTS_MAX];

static int begin(int port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (!connect(fd, (struct sockaddr *)&sin, sizeof(sin)) ||
	    errno == EINPROGRESS)
		return fd;
	close(fd);
	return -1;
}

/* The next byte of what is never a whole request. */
static void say(int fd, unsigned int nth)
{
	char byte = nth < sizeof(request) - 1 ? request[nth] : 'x';

	send(fd, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void ask(int fd)
{
	for (int i = 0; i < 10; i++) {
		send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL);
		send(fd, "\r\n", 2, MSG_NOSIGNAL);
	}
}

static int count_closed(int nr)
{
	int closed = 0;

	for (int i = 0; i < nr; i++)
		closed += !!(guest[i].revents &
			     (POLLHUP | POLLRDHUP | POLLERR));
	return closed;
}

static void stay(int nr, const char *how)
{
	int closed, before = -1;

	for (unsigned int nth = 0;; nth++) {
		for (int i = 0; *how == 's' && i < nr; i++)
			say(guest[i].fd, nth);
		/* asked once more after what is due now was seen */
		usleep(BYTE_MS * 1000);
		poll(guest, nr, 0);
		closed = count_closed(nr);
		if (closed != before)
			printf("closed=%d\n", closed);
		fflush(stdout);
		before = closed;
	}
}

static int begin_all(int port, int nr, const char *how)
{
	for (int i = 0; i < nr; i++) {
		guest[i].fd = begin(port);
		guest[i].events = POLLRDHUP;
		if (guest[i].fd < 0)
			return -1;
	}
	usleep(100000);		/* those that wait for the server are not asked */
	for (int i = 0; *how == 'd' && i < nr; i++)
		ask(guest[i].fd);
	return 0;
}

int main(int argc, char **argv)
{
	int nr = argc == 4 ? atoi(argv[2]) : 0;

	if (nr < 1 || nr > GUESTS_MAX) {
		fprintf(stderr, "usage: guests PORT N idle|slow|deaf\n");
		return 2;
	}
	if (begin_all(atoi(argv[1]), nr, argv[3])) {
		perror("guests");
		return 1;
	}
	printf("begun\n");
	fflush(stdout);
	stay(nr, argv[3]);
}
