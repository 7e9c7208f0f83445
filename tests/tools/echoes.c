// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* echoes: many connections to an echoing server, idle or busy, byte by byte. */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK	65536
#define END_MS	30000	/* at most, for the last word of each */
#define AT_ONCE	64	/* so many say it: a veth's queue takes 256. What is
			 * too much TCP repeats by timers, all at once again,
			 * and is in the way of who opens connections then */
#define EOF_MS	100	/* of a server that is there, at most */

static const char usage[] =
	"usage: echoes -d ADDR -p PORT -i IDLE -b BUSY [-w BYTES] [-n BYTES]\n"
	"Open so many connections and print \"connected\". Busy ones send all the\n"
	"time what the server is to echo, and compare each byte; idle ones are silent.\n"
	"  -w BYTES   of a busy one on their way at most (default 1448)\n"
	"  -n BYTES   end when so many came back in all (default: with a signal)\n"
	"At its end, or on SIGTERM or SIGINT, each says one last word and must hear it\n"
	"back. Prints\n"
	"  ok=N failed=N bytes=N rate=BYTES-A-SECOND\n"
	"Exit: 0, 1 if a connection failed or a byte was wrong, 2 bad use.\n";

struct conn {
	int fd;
	int failed;
	uint64_t sent, heard;	/* bytes */
};

static volatile sig_atomic_t stopped;
static uint64_t window = 1448, enough = UINT64_MAX, heard_all;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* The byte at a place of connection `nr`'s stream. */
static unsigned char byte_at(int nr, uint64_t place)
{
	return (place * 2654435761U + nr * 40503U) >> 13;
}

static int conn_open(struct conn *c, const struct addrinfo *ai)
{
	c->fd = socket(ai->ai_family, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, ai->ai_addr, ai->ai_addrlen))
		return -1;
	return 0;
}

static void conn_fail(struct conn *c, int nr, const char *what)
{
	fprintf(stderr, "echoes: connection %d: %s after %llu bytes\n", nr,
		what, (unsigned long long)c->heard);
	c->failed = 1;
	close(c->fd);
	c->fd = -1;
}

static void conn_send(struct conn *c, int nr, size_t len)
{
	unsigned char buf[CHUNK];
	ssize_t n;

	if (len > sizeof(buf))
		len = sizeof(buf);
	for (size_t i = 0; i < len; i++)
		buf[i] = byte_at(nr, c->sent + i);
	n = send(c->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		c->sent += n;
	else if (errno != EAGAIN)
		conn_fail(c, nr, strerror(errno));
}

static void conn_hear(struct conn *c, int nr)
{
	unsigned char buf[CHUNK];
	ssize_t n = recv(c->fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		conn_fail(c, nr, n ? strerror(errno) : "closed");
		return;
	}
	heard_all += n;
	for (ssize_t i = 0; i < n; i++, c->heard++) {
		if (buf[i] == byte_at(nr, c->heard))
			continue;
		conn_fail(c, nr, "wrong byte");
		return;
	}
}

/* Say more once half of what may be on its way came back. */
static void conn_go_on(struct conn *c, int nr)
{
	uint64_t out = c->sent - c->heard;

	if (c->fd >= 0 && out <= window / 2)
		conn_send(c, nr, window - out);
}

/* One turn: hear what there is; busy ones say more. */
static void turn(struct conn *conns, struct pollfd *pfd, int nr, int idle)
{
	for (int i = 0; i < nr; i++) {
		pfd[i].fd = conns[i].fd;
		pfd[i].events = POLLIN;
		if (i >= idle)
			conn_go_on(&conns[i], i);
	}
	if (poll(pfd, nr, 100) <= 0)
		return;
	for (int i = 0; i < nr; i++)
		if (conns[i].fd >= 0 && pfd[i].revents)
			conn_hear(&conns[i], i);
}

/* The last word of each, and its echo. */
static void finish(struct conn *conns, struct pollfd *pfd, int nr)
{
	int64_t until_ms = now_ms() + END_MS;
	int waiting = nr;

	for (int i = 0; i < nr; i++) {
		if (conns[i].fd >= 0)
			conn_send(&conns[i], i, 5);
		if (i % AT_ONCE == AT_ONCE - 1)
			turn(conns, pfd, nr, nr);
	}
	while (waiting && now_ms() < until_ms) {
		turn(conns, pfd, nr, nr);
		waiting = 0;
		for (int i = 0; i < nr; i++)
			waiting += conns[i].fd >= 0 &&
				   conns[i].sent != conns[i].heard;
	}
	for (int i = 0; i < nr; i++)
		if (conns[i].fd >= 0 && conns[i].sent != conns[i].heard)
			conn_fail(&conns[i], i, "no echo");
}

/* One after the other, as long as the server closes too. */
static void part(const struct conn *conns, int nr)
{
	struct pollfd eof = { .events = POLLIN };
	bool heard = true;

	for (int i = 0; i < nr; i++) {
		eof.fd = conns[i].fd;
		if (eof.fd < 0)
			continue;
		if (heard && !shutdown(eof.fd, SHUT_WR))
			heard = poll(&eof, 1, EOF_MS) > 0;
		close(eof.fd);
	}
}

static int run(const struct addrinfo *ai, int idle, int busy)
{
	int nr = idle + busy, failed = 0;
	struct conn *conns = calloc(nr, sizeof(*conns));
	struct pollfd *pfd = calloc(nr, sizeof(*pfd));
	uint64_t bytes = 0, heard;
	int64_t began_ms, ms;

	for (int i = 0; i < nr; i++) {
		if (!conn_open(&conns[i], ai))
			continue;
		perror("echoes: connect");
		return 1;
	}
	puts("connected");
	fflush(stdout);
	began_ms = now_ms();
	while (!stopped && heard_all < enough)
		turn(conns, pfd, nr, idle);
	ms = now_ms() - began_ms;
	heard = heard_all;
	finish(conns, pfd, nr);
	part(conns, nr);
	for (int i = 0; i < nr; i++) {
		failed += conns[i].failed;
		bytes += conns[i].heard;
	}
	printf("ok=%d failed=%d bytes=%llu rate=%llu\n", nr - failed, failed,
	       (unsigned long long)bytes,
	       (unsigned long long)(heard * 1000 / (ms ? ms : 1)));
	return !!failed;
}

int main(int argc, char **argv)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	}, *ai;
	const struct rlimit files = { 1 << 20, 1 << 20 };
	const char *addr = NULL, *port = NULL;
	int opt, idle = 0, busy = 0, status;

	while ((opt = getopt(argc, argv, "d:p:i:b:w:n:h")) >= 0) {
		switch (opt) {
		case 'd': addr = optarg; break;
		case 'p': port = optarg; break;
		case 'i': idle = atoi(optarg); break;
		case 'b': busy = atoi(optarg); break;
		case 'w': window = strtoull(optarg, NULL, 10); break;
		case 'n': enough = strtoull(optarg, NULL, 10); break;
		case 'h': fputs(usage, stdout); return 0;
		default: fputs(usage, stderr); return 2;
		}
	}
	if (!addr || !port || idle + busy < 1 ||
	    getaddrinfo(addr, port, &hints, &ai)) {
		fputs(usage, stderr);
		return 2;
	}
	setrlimit(RLIMIT_NOFILE, &files);
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	status = run(ai, idle, busy);
	freeaddrinfo(ai);
	return status;
}
