// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// srv: a small real TCP server that logs what each connection negotiated.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
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

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#define EVENTS 256
#define WORKERS_MAX 64
#define HOLD_POLL_MS 50
#define OPTIONS_MAX 8

struct conn {
	int fd;
	uint16_t port;			/* host order */
	uint32_t events;		/* asked of epoll */
	char addr[INET6_ADDRSTRLEN];
	uint64_t bytes;			/* received */
	uint64_t owed;			/* answer bytes still to be sent */
	size_t answer_pos;
	size_t echo_len, echo_pos;
	char buf[4096];
};

struct worker {
	pthread_t thread;
	int listener, epoll;
};

static struct {
	struct sockaddr_storage addr;
	socklen_t addr_len;
	bool v6only, greet, echo, mptcp, hold, first, half, keep, alive;
	bool silent;
	int port, backlog, workers, rcvbuf, log;
	char *answer;
	const char *md5_peer, *set[OPTIONS_MAX];
	size_t answer_len, nr_set;
	int64_t hold_end_ms;
} opt = { .backlog = 1024, .workers = 1, .log = STDOUT_FILENO };

static volatile sig_atomic_t released;

static const char usage[] =
	"usage: srv [-4|-6|-d] [-a ADDR] -p PORT [options]\n"
	"  -4 -6 -d    IPv4 only, IPv6 only, both on one socket (default)\n"
	"  -a ADDR     listen on this address only\n"
	"  -p PORT     port\n"
	"  -b BACKLOG  listen backlog (default 1024)\n"
	"  -R N        N threads, each with its own SO_REUSEPORT socket\n"
	"  -g          send \"hello\\n\" right after accept\n"
	"  -c          close right after accept\n"
	"  -D          drop each connection right after accept, and say nothing\n"
	"  -s          shut the sending side down right after accept, read on\n"
	"  -K          set SO_KEEPALIVE on each connection\n"
	"  -k          never close, not even when the client did\n"
	"  -e          echo instead of answering lines\n"
	"  -r BYTES    answer each line with BYTES bytes, the last a newline\n"
	"              (default: answer \"ok\\n\")\n"
	"  -A SECONDS  do not accept before that time or SIGUSR1\n"
	"  -B BYTES    SO_RCVBUF of the listener\n"
	"  -M          listen with MPTCP\n"
	"  -o NAME=N   a socket option of the listener: " SOCK_OPTION_NAMES
	"  -5 ADDR     a TCP-MD5 key (RFC 2385) for this IPv4 peer\n"
	"  -l FILE     log (default stdout): one line at accept (mss is the\n"
	"              kernel's snd_mss), one at the end of each connection:\n"
	"    accept ADDR PORT mss=N opts=sack,ts,wscale,ecn|none snd_wscale=N "
	"rcv_wscale=N [saved_syn=BYTES]\n"
	"    close ADDR PORT bytes=N [error=WHY]      (bytes received)\n"
	"Prints \"ready\" on stdout when it listens; runs until a signal.\n";

static void die(const char *what)
{
	fprintf(stderr, "srv: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void bad_use(const char *what, const char *why)
{
	fprintf(stderr, "srv: %s: %s\n", what, why);
	exit(2);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void on_release(int sig)
{
	(void)sig;
	released = 1;
}

static void conn_name(struct conn *c, const struct sockaddr_storage *ss)
{
	const struct sockaddr_in6 *in6 = (const void *)ss;
	const struct sockaddr_in *in = (const void *)ss;

	if (ss->ss_family == AF_INET) {
		inet_ntop(AF_INET, &in->sin_addr, c->addr, sizeof(c->addr));
		c->port = ntohs(in->sin_port);
		return;
	}
	c->port = ntohs(in6->sin6_port);
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], c->addr,
			  sizeof(c->addr));
	else
		inet_ntop(AF_INET6, &in6->sin6_addr, c->addr, sizeof(c->addr));
}

static bool is_set(const char *name)
{
	for (size_t i = 0; i < opt.nr_set; i++)
		if (!strncmp(opt.set[i], name, strlen(name)))
			return true;
	return false;
}

/* TCP_SAVE_SYN: the headers of the SYN, which the program may ask for once */
static void saved_syn(const struct conn *c, char *text, size_t size)
{
	uint8_t syn[256];
	socklen_t len = sizeof(syn);

	text[0] = 0;
	if (!is_set("save_syn"))
		return;
	if (getsockopt(c->fd, IPPROTO_TCP, TCP_SAVED_SYN, syn, &len))
		len = 0;
	snprintf(text, size, " saved_syn=%u", len);
}

static void conn_log_accept(const struct conn *c)
{
	static const struct {
		uint8_t bit;
		const char *name;
	} names[] = {
		{ TCPI_OPT_SACK, "sack" },
		{ TCPI_OPT_TIMESTAMPS, "ts" },
		{ TCPI_OPT_WSCALE, "wscale" },
		{ TCPI_OPT_ECN, "ecn" },
	};
	struct tcp_info ti = { 0 };
	socklen_t len = sizeof(ti);
	char opts[32] = "", syn[32];
	size_t i;

	getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &ti, &len);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(ti.tcpi_options & names[i].bit))
			continue;
		if (opts[0])
			strcat(opts, ",");
		strcat(opts, names[i].name);
	}
	saved_syn(c, syn, sizeof(syn));
	dprintf(opt.log,
		"accept %s %u mss=%u opts=%s snd_wscale=%u rcv_wscale=%u%s\n",
		c->addr, c->port, ti.tcpi_snd_mss, opts[0] ? opts : "none",
		ti.tcpi_snd_wscale, ti.tcpi_rcv_wscale, syn);
}

static void conn_close(struct conn *c, int err)
{
	if (err)
		dprintf(opt.log, "close %s %u bytes=%llu error=%s\n", c->addr,
			c->port, (unsigned long long)c->bytes,
			strerrorname_np(err));
	else
		dprintf(opt.log, "close %s %u bytes=%llu\n", c->addr, c->port,
			(unsigned long long)c->bytes);
	close(c->fd);
	free(c);
}

/* Sends what is owed; returns 0 (c->owed or c->echo_len may remain) or errno */
static int conn_flush(struct conn *c)
{
	const char *from;
	size_t left;
	ssize_t n;

	while (c->owed || c->echo_pos < c->echo_len) {
		if (c->owed) {
			from = opt.answer + c->answer_pos;
			left = opt.answer_len - c->answer_pos;
		} else {
			from = c->buf + c->echo_pos;
			left = c->echo_len - c->echo_pos;
		}
		n = send(c->fd, from, left, MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN ? 0 : errno;
		if (c->owed) {
			c->owed -= n;
			c->answer_pos = (c->answer_pos + n) % opt.answer_len;
		} else {
			c->echo_pos += n;
		}
	}
	c->echo_len = c->echo_pos = 0;
	return 0;
}

static void conn_take(struct conn *c, size_t n)
{
	char *p = c->buf, *end = c->buf + n;

	c->bytes += n;
	if (opt.half)
		return;
	if (opt.echo) {
		c->echo_len = n;
		return;
	}
	while ((p = memchr(p, '\n', end - p))) {
		c->owed += opt.answer_len;
		p++;
	}
}

/* Returns -1 while the connection lives, -2 if it is kept, 0 at its end, or errno */
static int conn_run(struct conn *c)
{
	ssize_t n;
	int err;

	for (;;) {
		err = conn_flush(c);
		if (err)
			return err;
		if (c->owed || c->echo_len)
			return -1;
		n = recv(c->fd, c->buf, sizeof(c->buf), 0);
		if (n == 0 && opt.keep) {
			shutdown(c->fd, SHUT_RD);
			return -2;
		}
		if (n == 0)
			return 0;
		if (n < 0)
			return errno == EAGAIN ? -1 : errno;
		conn_take(c, n);
	}
}

static void conn_event(struct worker *w, struct conn *c)
{
	struct epoll_event ev = { .data.ptr = c };
	int end = conn_run(c);

	if (end >= 0) {
		conn_close(c, end);
		return;
	}
	if (end == -2) {	/* kept for good */
		epoll_ctl(w->epoll, EPOLL_CTL_DEL, c->fd, NULL);
		return;
	}
	ev.events = c->owed || c->echo_len ? EPOLLOUT : EPOLLIN;
	if (ev.events == c->events)
		return;
	c->events = ev.events;
	epoll_ctl(w->epoll, EPOLL_CTL_MOD, c->fd, &ev);
}

static void worker_accept(struct worker *w)
{
	struct sockaddr_storage ss;
	struct epoll_event ev = { .events = EPOLLIN };
	struct conn *c;
	socklen_t len;
	int fd;

	for (;;) {
		len = sizeof(ss);
		fd = accept4(w->listener, (void *)&ss, &len, SOCK_NONBLOCK);
		if (fd < 0)
			return;
		c = calloc(1, sizeof(*c));
		if (!c)
			die("calloc");
		c->fd = fd;
		c->events = EPOLLIN;
		conn_name(c, &ss);
		conn_log_accept(c);
		if (opt.greet)
			send(fd, "hello\n", 6, MSG_NOSIGNAL);
		if (opt.alive)
			setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){ 1 },
				   sizeof(int));
		if (opt.half)
			shutdown(fd, SHUT_WR);
		if (opt.silent)	/* as haproxy's silent-drop does */
			setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &(int){ 1 },
				   sizeof(int));
		if (opt.first) {
			conn_close(c, 0);
			continue;
		}
		ev.data.ptr = c;
		if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &ev))
			die("epoll_ctl");
	}
}

static void worker_hold(struct worker *w)
{
	struct epoll_event ev = { .events = EPOLLIN };

	while (opt.hold && !released && now_ms() < opt.hold_end_ms)
		usleep(HOLD_POLL_MS * 1000);
	if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->listener, &ev))
		die("epoll_ctl");
}

static void *worker_run(void *arg)
{
	struct epoll_event events[EVENTS];
	struct worker *w = arg;
	int i, n;

	worker_hold(w);
	for (;;) {
		n = epoll_wait(w->epoll, events, EVENTS, -1);
		for (i = 0; i < n; i++) {
			if (events[i].data.ptr)
				conn_event(w, events[i].data.ptr);
			else
				worker_accept(w);
		}
	}
	return NULL;
}

static void set_md5(int fd)
{
	struct tcp_md5sig key = { .tcpm_keylen = 3, .tcpm_key = "key" };
	struct sockaddr_in *peer = (void *)&key.tcpm_addr;

	peer->sin_family = AF_INET;
	if (inet_pton(AF_INET, opt.md5_peer, &peer->sin_addr) != 1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, &key, sizeof(key)))
		die("TCP_MD5SIG");
}

static void worker_listen(struct worker *w)
{
	int one = 1, fd;

	fd = socket(opt.addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK,
		    opt.mptcp ? IPPROTO_MPTCP : 0);
	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (opt.workers > 1 &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)))
		die("SO_REUSEPORT");
	if (opt.rcvbuf && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &opt.rcvbuf,
				     sizeof(opt.rcvbuf)))
		die("SO_RCVBUF");
	one = opt.v6only;
	if (opt.addr.ss_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)))
		die("IPV6_V6ONLY");
	if (opt.md5_peer)
		set_md5(fd);
	for (size_t i = 0; i < opt.nr_set; i++)
		sock_option_set(fd, opt.set[i]);
	if (bind(fd, (void *)&opt.addr, opt.addr_len))
		die("bind");
	if (listen(fd, opt.backlog))
		die("listen");
	w->listener = fd;
	w->epoll = epoll_create1(0);
	if (w->epoll < 0)
		die("epoll_create1");
}

static void set_addr(int family, const char *text)
{
	struct sockaddr_in6 *in6 = (void *)&opt.addr;
	struct sockaddr_in *in = (void *)&opt.addr;

	if (text && strchr(text, ':'))
		family = AF_INET6;
	else if (text)
		family = AF_INET;
	opt.v6only = family == AF_INET6;
	if (family == AF_INET) {
		in->sin_family = AF_INET;
		in->sin_port = htons(opt.port);
		opt.addr_len = sizeof(*in);
		if (text && inet_pton(AF_INET, text, &in->sin_addr) != 1)
			bad_use(text, "not an address");
		return;
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(opt.port);
	opt.addr_len = sizeof(*in6);
	if (text && inet_pton(AF_INET6, text, &in6->sin6_addr) != 1)
		bad_use(text, "not an address");
}

static void set_answer(const char *bytes)
{
	opt.answer_len = bytes ? strtoul(bytes, NULL, 10) : 3;
	if (!opt.answer_len)
		bad_use("-r", "not a number of bytes");
	opt.answer = malloc(opt.answer_len);
	if (!opt.answer)
		die("malloc");
	memset(opt.answer, 'x', opt.answer_len);
	if (!bytes)
		memcpy(opt.answer, "ok", 2);
	opt.answer[opt.answer_len - 1] = '\n';
}

static void parse(int argc, char **argv)
{
	const char *addr = NULL, *bytes = NULL;
	int c, family = AF_UNSPEC;

	while ((c = getopt(argc, argv, "46da:p:b:R:gcDskKer:A:B:Mo:5:l:h")) !=
	       -1) {
		switch (c) {
		case '4': family = AF_INET; break;
		case '6': family = AF_INET6; break;
		case 'd': family = AF_UNSPEC; break;
		case 'a': addr = optarg; break;
		case 'p': opt.port = atoi(optarg); break;
		case 'b': opt.backlog = atoi(optarg); break;
		case 'R': opt.workers = atoi(optarg); break;
		case 'g': opt.greet = true; break;
		case 'c': opt.first = true; break;
		case 'D': opt.first = opt.silent = true; break;
		case 's': opt.half = true; break;
		case 'k': opt.keep = true; break;
		case 'K': opt.alive = true; break;
		case 'e': opt.echo = true; break;
		case 'r': bytes = optarg; break;
		case 'A':
			opt.hold = true;
			opt.hold_end_ms = now_ms() + 1000 * atof(optarg);
			break;
		case 'B': opt.rcvbuf = atoi(optarg); break;
		case 'M': opt.mptcp = true; break;
		case 'o':
			if (opt.nr_set == OPTIONS_MAX)
				bad_use(optarg, "too many options");
			opt.set[opt.nr_set++] = optarg;
			break;
		case '5': opt.md5_peer = optarg; break;
		case 'l':
			opt.log = open(optarg,
				       O_WRONLY | O_CREAT | O_TRUNC | O_APPEND,
				       0644);
			if (opt.log < 0)
				die(optarg);
			break;
		case 'h': fputs(usage, stdout); exit(0);
		default: fputs(usage, stderr); exit(2);
		}
	}
	if (optind < argc)
		bad_use(argv[optind], "unexpected");
	if (opt.port < 1 || opt.port > 65535)
		bad_use("-p", "port needed");
	if (opt.workers < 1 || opt.workers > WORKERS_MAX)
		bad_use("-R", "from 1 to 64");
	set_addr(family, addr);
	set_answer(bytes);
}

int main(int argc, char **argv)
{
	static struct worker workers[WORKERS_MAX];
	struct rlimit files = { 1 << 20, 1 << 20 };
	int i;

	parse(argc, argv);
	signal(SIGUSR1, on_release);
	setrlimit(RLIMIT_NOFILE, &files);
	for (i = 0; i < opt.workers; i++)
		worker_listen(&workers[i]);
	puts("ready");
	fflush(stdout);
	for (i = 1; i < opt.workers; i++)
		if (pthread_create(&workers[i].thread, NULL, worker_run,
				   &workers[i]))
			die("pthread_create");
	worker_run(&workers[0]);
	return 0;
}
