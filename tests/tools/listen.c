// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// listen: many sockets that listen, at any IPv4 address.
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const char usage[] =
	"usage: listen FIRST_PORT HOW_MANY [same | one MS]\n"
	"On so many ports, until killed. same: all of them on FIRST_PORT, by\n"
	"SO_REUSEPORT. one: one after the other, each for MS.\n";

/* The socket, or -1. */
static int listen_at(int port, int option)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd >= 0 && !setsockopt(fd, SOL_SOCKET, option, &on, sizeof(on)) &&
	    !bind(fd, (struct sockaddr *)&sin, sizeof(sin)) && !listen(fd, 16))
		return fd;
	perror("listen");
	return -1;
}

static int listen_one_by_one(int first, int nr, int ms)
{
	for (int port = first; port < first + nr; port++) {
		int fd = listen_at(port, SO_REUSEADDR);

		if (fd < 0)
			return 1;
		usleep(ms * 1000);
		close(fd);
	}
	return 0;
}

static int listen_all(int first, int nr, int same)
{
	struct rlimit files = { nr + 16, nr + 16 };

	setrlimit(RLIMIT_NOFILE, &files);
	for (int i = 0; i < nr; i++)
		if (listen_at(same ? first : first + i,
			      same ? SO_REUSEPORT : SO_REUSEADDR) < 0)
			return 1;
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	int first, nr, same = argc == 4 && !strcmp(argv[3], "same");

	if (argc == 5 ? strcmp(argv[3], "one") : argc != 3 && !same) {
		fputs(usage, stderr);
		return 2;
	}
	first = atoi(argv[1]);
	nr = atoi(argv[2]);
	if (argc == 5)
		return listen_one_by_one(first, nr, atoi(argv[4]));
	return listen_all(first, nr, same);
}
