// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* udp: datagrams there and back, to show that UDP is left alone. */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define SIZE_MAX_UDP	65000

static const char usage[] =
	"usage: udp -l -p PORT                              echo until killed\n"
	"       udp -d ADDR -p PORT [-r COUNT] [-s BYTES]   send, await the echo\n"
	"Exit: 0, 1 an echo is missing or wrong, 2 bad use, 3 refused (ICMP).\n";

static char out[SIZE_MAX_UDP], in[SIZE_MAX_UDP];

static int echo_for_ever(int port)
{
	struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
	};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_in6 from;
	socklen_t len;
	ssize_t n;

	if (fd < 0 || bind(fd, (struct sockaddr *)&sin6, sizeof(sin6)))
		return 1;
	for (;;) {
		len = sizeof(from);
		n = recvfrom(fd, in, sizeof(in), 0, (struct sockaddr *)&from,
			     &len);
		if (n >= 0)
			sendto(fd, in, n, 0, (struct sockaddr *)&from, len);
	}
}

static int send_and_await(const char *addr, const char *port, int count,
			  size_t size)
{
	const struct timeval patience = { .tv_sec = 1 };
	struct addrinfo hints = {
		.ai_socktype = SOCK_DGRAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	}, *ai;
	int fd;

	if (getaddrinfo(addr, port, &hints, &ai))
		return 2;
	fd = socket(ai->ai_family, SOCK_DGRAM, 0);
	if (fd < 0 || connect(fd, ai->ai_addr, ai->ai_addrlen))
		return 1;
	freeaddrinfo(ai);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	while (count--) {
		memset(out, 'a' + count % 26, size);
		if (send(fd, out, size, 0) != (ssize_t)size ||
		    recv(fd, in, sizeof(in), 0) != (ssize_t)size ||
		    memcmp(in, out, size))
			return errno == ECONNREFUSED ? 3 : 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *addr = NULL, *port = NULL;
	int opt, listen = 0, count = 1;
	size_t size = 100;

	while ((opt = getopt(argc, argv, "ld:p:r:s:h")) >= 0) {
		switch (opt) {
		case 'l': listen = 1; break;
		case 'd': addr = optarg; break;
		case 'p': port = optarg; break;
		case 'r': count = atoi(optarg); break;
		case 's': size = atoi(optarg); break;
		case 'h': fputs(usage, stdout); return 0;
		default: fputs(usage, stderr); return 2;
		}
	}
	if (!port || (!listen && !addr) || size > SIZE_MAX_UDP) {
		fputs(usage, stderr);
		return 2;
	}
	if (listen)
		return echo_for_ever(atoi(port));
	return send_and_await(addr, port, count, size);
}
