// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// listen: sockets that listen on many ports, any IPv4 address, until killed.
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const char usage[] = "usage: listen FIRST_PORT HOW_MANY\n";

static int listen_at(int port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&sin, sizeof(sin)) || listen(fd, 16)) {
		perror("listen");
		return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int first, nr;

	if (argc != 3) {
		fputs(usage, stderr);
		return 2;
	}
	first = atoi(argv[1]);
	nr = atoi(argv[2]);
	for (int port = first; port < first + nr; port++)
		if (listen_at(port))
			return 1;
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
