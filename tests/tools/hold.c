// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* hold: one TCP connection that stays, for looking at it with ss. */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char usage[] =
	"usage: hold -d ADDR -p PORT [-m MSS] [-B RCVBUF] [-s TEXT] [-b BYTES] [-q]\n"
	"            [-w] [-a]\n"
	"Connect, send TEXT and a newline and then BYTES bytes, print \"connected\"\n"
	"and what the server says, and stay until killed or until the server closes\n"
	"(-q: close after the first answer). -m sets TCP_MAXSEG, hence the MSS that\n"
	"the SYN announces. -w: shut the sending side down after that, and print only\n"
	"how much the server said, bytes=N. -a: acknowledge the SYN-ACK not before\n"
	"there is something to send. Exit: 0, 1 failed, 2 bad use.\n";

struct job {
	const char *addr, *port, *text;
	int mss, rcvbuf;
	long bytes;
	int quit, half, late_ack;
};

static int fail(const char *what)
{
	fprintf(stderr, "hold: %s: %s\n", what, strerror(errno));
	return 1;
}

static int open_socket(const struct job *j, const struct addrinfo *ai)
{
	int fd = socket(ai->ai_family, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	if (j->mss)
		setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &j->mss,
			   sizeof(j->mss));
	if (j->rcvbuf)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &j->rcvbuf,
			   sizeof(j->rcvbuf));
	if (j->late_ack)
		setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &(int){ 0 },
			   sizeof(int));
	if (!connect(fd, ai->ai_addr, ai->ai_addrlen))
		return fd;
	close(fd);
	return -1;
}

static int write_all(int fd, const char *data, size_t len)
{
	ssize_t n;

	for (; len; data += n, len -= n) {
		n = write(fd, data, len);
		if (n < 0)
			return -1;
	}
	return 0;
}

static int send_all(int fd, const struct job *j)
{
	static const char block[4096];
	long left = j->bytes;

	if (j->text &&
	    (write_all(fd, j->text, strlen(j->text)) || write_all(fd, "\n", 1)))
		return -1;
	for (; left > 0; left -= sizeof(block))
		if (write_all(fd, block,
			      left < (long)sizeof(block) ? (size_t)left
							 : sizeof(block)))
			return -1;
	return 0;
}

static int run(const struct job *j)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	}, *ai;
	long bytes = 0;
	char buf[4096];
	ssize_t n;
	int fd;

	if (getaddrinfo(j->addr, j->port, &hints, &ai))
		return 2;
	fd = open_socket(j, ai);
	freeaddrinfo(ai);
	if (fd < 0)
		return fail("connect");
	puts("connected");
	fflush(stdout);
	if (send_all(fd, j))
		return fail("send");
	if (j->half)
		shutdown(fd, SHUT_WR);
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		bytes += n;
		if (j->half)
			continue;
		fwrite(buf, 1, n, stdout);
		fflush(stdout);
		if (j->quit)
			break;
	}
	if (j->half)
		printf("bytes=%ld\n", bytes);
	return n < 0 ? fail("read") : 0;
}

int main(int argc, char **argv)
{
	struct job j = {};
	int opt;

	while ((opt = getopt(argc, argv, "d:p:m:B:s:b:qwah")) >= 0) {
		switch (opt) {
		case 'd': j.addr = optarg; break;
		case 'p': j.port = optarg; break;
		case 'm': j.mss = atoi(optarg); break;
		case 'B': j.rcvbuf = atoi(optarg); break;
		case 's': j.text = optarg; break;
		case 'b': j.bytes = atol(optarg); break;
		case 'q': j.quit = 1; break;
		case 'w': j.half = 1; break;
		case 'a': j.late_ack = 1; break;
		case 'h': fputs(usage, stdout); return 0;
		default: fputs(usage, stderr); return 2;
		}
	}
	if (!j.addr || !j.port) {
		fputs(usage, stderr);
		return 2;
	}
	return run(&j);
}
