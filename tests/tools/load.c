// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// load: open connections at an even pace, ask one line on each, time them.
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/sock_option.h"

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif
#define NS_PER_S 1000000000LL
#define EVENTS 256
#define SOURCES_MAX 64
#define SLOW_US 200000
#define OPTIONS_MAX 8

struct addr {
	struct sockaddr_storage ss;
	socklen_t len;
};

struct conn {
	int fd;				/* -1: over */
	bool asked;
	int64_t start_ns;
};

/* conns[] is in order of start; one timeout for all, so only the oldest
 * unfinished one is ever looked at for it.
 */
static struct {
	struct addr dst, src[SOURCES_MAX];
	const char *set[OPTIONS_MAX];
	size_t nsrc, nr_set, total, max_open;
	double rate, seconds;
	bool list;
	int64_t timeout_ns;
	struct conn *conns;
	size_t started, oldest, open, ok, failed;
	uint32_t *times_us;
	double took_s;
	int epoll;
} load = { .max_open = SIZE_MAX, .timeout_ns = 5 * NS_PER_S };

static volatile sig_atomic_t stopped;

static const char usage[] =
	"usage: load -d ADDR -p PORT -r RATE -t SECONDS [options]\n"
	"  -d ADDR     server, fe80::1%c0 too\n"
	"  -p PORT     port\n"
	"  -r RATE     connections started per second, at even pace\n"
	"  -t SECONDS  for how long to start connections\n"
	"  -c MAXOPEN  at most so many at once; later ones start late\n"
	"  -k MS       a connection fails after MS milliseconds (default 5000)\n"
	"  -S ADDR     source address; repeat it to use several in turn (one\n"
	"              address lasts for some 28000 connections a minute)\n"
	"  -o NAME=N   a socket option: " SOCK_OPTION_NAMES
	"  -l          print the microseconds of each that was served instead\n"
	"Each connection: connect, send \"ping\\n\", read a line, close. Prints\n"
	"  ok=N failed=N p50_us=N p99_us=N max_us=N over_200ms=N rate=N\n"
	"and exits with 1 if any failed. SIGINT and SIGTERM start no more.\n";

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void bad_use(const char *what, const char *why)
{
	fprintf(stderr, "load: %s: %s\n", what, why);
	exit(2);
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static void on_stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static struct addr addr_parse(const char *text, int port)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	}, *ai;
	struct addr a = { 0 };
	char service[8];

	snprintf(service, sizeof(service), "%d", port);
	if (getaddrinfo(text, service, &hints, &ai))
		bad_use(text, "not an address");
	memcpy(&a.ss, ai->ai_addr, ai->ai_addrlen);
	a.len = ai->ai_addrlen;
	freeaddrinfo(ai);
	return a;
}

static void conn_end(struct conn *c)
{
	close(c->fd);
	c->fd = -1;
	load.open--;
}

/* Says why on stderr, once: the first failure tells most */
static void conn_fail(struct conn *c, const char *step, int err)
{
	if (!load.failed++)
		fprintf(stderr, "load: %s: %s (first failure)\n", step,
			strerror(err));
	conn_end(c);
}

static void conn_ok(struct conn *c, int64_t now)
{
	load.times_us[load.ok++] = (now - c->start_ns) / 1000;
	conn_end(c);
}

static void conn_start(struct conn *c, int64_t now)
{
	struct epoll_event ev = { .events = EPOLLOUT, .data.ptr = c };
	const struct addr *src;
	int one = 1;

	c->start_ns = now;
	c->fd = socket(load.dst.ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		die("socket");
	load.open++;
	for (size_t i = 0; i < load.nr_set; i++)
		sock_option_set(c->fd, load.set[i]);
	if (load.nsrc) {
		src = &load.src[load.started % load.nsrc];
		setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
			   sizeof(one));
		if (bind(c->fd, (const void *)&src->ss, src->len))
			die("bind");
	}
	if (connect(c->fd, (void *)&load.dst.ss, load.dst.len) &&
	    errno != EINPROGRESS) {
		conn_fail(c, "connect", errno);
		return;
	}
	if (epoll_ctl(load.epoll, EPOLL_CTL_ADD, c->fd, &ev))
		die("epoll_ctl");
}

static void conn_ask(struct conn *c)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	socklen_t len = sizeof(int);
	int err = 0;

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err) {
		conn_fail(c, "connect", err);
		return;
	}
	if (send(c->fd, "ping\n", 5, MSG_NOSIGNAL) != 5) {
		conn_fail(c, "send", errno);
		return;
	}
	c->asked = true;
	epoll_ctl(load.epoll, EPOLL_CTL_MOD, c->fd, &ev);
}

static void conn_read(struct conn *c, int64_t now)
{
	char buf[65536];
	ssize_t n = recv(c->fd, buf, sizeof(buf), 0);

	if (n == 0)
		conn_fail(c, "closed before an answer", ENODATA);
	else if (n < 0 && errno != EAGAIN)
		conn_fail(c, "recv", errno);
	else if (n > 0 && memchr(buf, '\n', n))
		conn_ok(c, now);
}

/* Starts what is due; returns when the next start is due, or INT64_MAX */
static int64_t load_start(int64_t begin, int64_t now)
{
	int64_t due;

	while (load.started < load.total && !stopped) {
		due = begin + load.started * NS_PER_S / load.rate;
		if (due > now)
			return due;
		if (load.open >= load.max_open)
			break;
		conn_start(&load.conns[load.started], now_ns());
		load.started++;
	}
	return INT64_MAX;
}

/* Fails what is too old; returns when the next one will be, or INT64_MAX */
static int64_t load_expire(int64_t now)
{
	struct conn *c;

	for (; load.oldest < load.started; load.oldest++) {
		c = &load.conns[load.oldest];
		if (c->fd < 0)
			continue;
		if (c->start_ns + load.timeout_ns > now)
			return c->start_ns + load.timeout_ns;
		conn_fail(c, c->asked ? "answer" : "connect", ETIMEDOUT);
	}
	return INT64_MAX;
}

static bool load_is_over(void)
{
	return !load.open && (stopped || load.started == load.total);
}

static void load_wait(int64_t until)
{
	struct epoll_event events[EVENTS];
	struct timespec ts = { 0 };
	int64_t left = until - now_ns();
	struct conn *c;
	int i, n;

	if (left > NS_PER_S)
		left = NS_PER_S;
	if (left > 0) {
		ts.tv_sec = left / NS_PER_S;
		ts.tv_nsec = left % NS_PER_S;
	}
	n = epoll_pwait2(load.epoll, events, EVENTS, &ts, NULL);
	for (i = 0; i < n; i++) {
		c = events[i].data.ptr;
		if (c->asked)
			conn_read(c, now_ns());
		else
			conn_ask(c);
	}
}

static void load_run(void)
{
	int64_t begin = now_ns(), now, due, expiry;

	while (!load_is_over()) {
		now = now_ns();
		due = load_start(begin, now);
		expiry = load_expire(now);
		if (!load_is_over())
			load_wait(due < expiry ? due : expiry);
	}
	load.took_s = (now_ns() - begin) / 1e9;
}

static int times_cmp(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void load_print(void)
{
	uint32_t *t = load.times_us;
	size_t n = load.ok, slow = n;

	for (size_t i = 0; load.list && i < n; i++)
		printf("%u\n", t[i]);
	if (load.list)
		return;
	qsort(t, n, sizeof(*t), times_cmp);
	while (slow && t[slow - 1] > SLOW_US)
		slow--;
	printf("ok=%zu failed=%zu p50_us=%u p99_us=%u max_us=%u "
	       "over_200ms=%zu rate=%.0f\n",
	       n, load.failed, n ? t[n / 2] : 0, n ? t[n * 99 / 100] : 0,
	       n ? t[n - 1] : 0, n - slow, n / load.took_s);
}

static void parse(int argc, char **argv)
{
	const char *dst = NULL;
	int c, port = 0;

	while ((c = getopt(argc, argv, "d:p:r:t:c:k:S:o:lh")) != -1) {
		switch (c) {
		case 'd': dst = optarg; break;
		case 'p': port = atoi(optarg); break;
		case 'r': load.rate = atof(optarg); break;
		case 't': load.seconds = atof(optarg); break;
		case 'c': load.max_open = strtoul(optarg, NULL, 10); break;
		case 'k': load.timeout_ns = atof(optarg) * 1e6; break;
		case 'S':
			if (load.nsrc == SOURCES_MAX)
				bad_use("-S", "at most 64");
			load.src[load.nsrc++] = addr_parse(optarg, 0);
			break;
		case 'o':
			if (load.nr_set == OPTIONS_MAX)
				bad_use(optarg, "too many options");
			load.set[load.nr_set++] = optarg;
			break;
		case 'l': load.list = true; break;
		case 'h': fputs(usage, stdout); exit(0);
		default: fputs(usage, stderr); exit(2);
		}
	}
	if (optind < argc)
		bad_use(argv[optind], "unexpected");
	if (!dst || port < 1 || port > 65535)
		bad_use("-d, -p", "address and port needed");
	if (load.rate <= 0 || load.seconds <= 0 || !load.max_open)
		bad_use("-r, -t, -c", "more than 0 needed");
	load.dst = addr_parse(dst, port);
	load.total = load.rate * load.seconds + 0.5;
	load.total += !load.total;
}

int main(int argc, char **argv)
{
	struct rlimit files = { 1 << 20, 1 << 20 };

	parse(argc, argv);
	signal(SIGINT, on_stop);
	signal(SIGTERM, on_stop);
	setrlimit(RLIMIT_NOFILE, &files);
	load.conns = calloc(load.total, sizeof(*load.conns));
	load.times_us = calloc(load.total, sizeof(*load.times_us));
	if (!load.conns || !load.times_us)
		die("calloc");
	load.epoll = epoll_create1(0);
	if (load.epoll < 0)
		die("epoll_create1");
	load_run();
	load_print();
	return load.failed > 0;
}
