// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * knock: what no client says to a control socket.
 *
 *	knock PATH hold N	N connections that say nothing, until killed
 *	knock PATH half N	N that say the begin of a request, until killed
 *	knock PATH big N	one message of N bytes, then what comes back
 *	knock PATH deep N	N brackets, then what comes back
 *	knock PATH ask N	N times {"command":"maps"}, as fast as it goes
 *
 * Prints "connected" when it holds, or how many were answered. Exit: 0, 1 the first
 * connection failed, 2 bad use.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static const char *path;

static int connect_once(void)
{
	static const struct timeval patience = { .tv_sec = 2 };
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sun, sizeof(sun))) {
		close(fd);
		return -1;
	}
	return fd;
}

static int connect_first(void)
{
	int fd = connect_once();

	if (fd >= 0)
		return fd;
	perror("knock");
	exit(1);
}

static int hold(int nr, const char *words)
{
	struct rlimit files = { .rlim_cur = nr + 16, .rlim_max = nr + 16 };
	int fd;

	setrlimit(RLIMIT_NOFILE, &files);
	fd = connect_first();
	for (int i = 0; i < nr; i++) {
		if (words)
			send(fd, words, strlen(words), MSG_NOSIGNAL);
		fd = connect_once();
	}
	puts("connected");
	fflush(stdout);
	pause();
	return 0;
}

/* How many bytes of an answer. */
static int tell(char *text, int len)
{
	int fd = connect_first();
	char reply[4096];

	if (send(fd, text, len, MSG_NOSIGNAL) != len)
		printf("not sent: %s\n", strerror(errno));
	else
		printf("answered=%zd\n", recv(fd, reply, sizeof(reply), 0));
	return 0;
}

static int ask(int nr)
{
	static const char words[] = "{\"command\":\"maps\"}";
	char reply[4096];
	int answered = 0;

	for (int i = 0; i < nr; i++) {
		int fd = connect_once();

		if (fd < 0)
			continue;
		if (send(fd, words, strlen(words), MSG_NOSIGNAL) > 0 &&
		    recv(fd, reply, sizeof(reply), 0) > 0)
			answered++;
		close(fd);
	}
	printf("answered=%d\n", answered);
	return 0;
}

int main(int argc, char **argv)
{
	int nr = argc == 4 ? atoi(argv[3]) : 0;
	char *text;

	if (nr < 1) {
		fputs("usage: knock PATH hold|half|big|deep|ask N\n", stderr);
		return 2;
	}
	path = argv[1];
	if (!strcmp(argv[2], "hold"))
		return hold(nr, NULL);
	if (!strcmp(argv[2], "half"))
		return hold(nr, "{\"command\":");
	if (!strcmp(argv[2], "ask"))
		return ask(nr);
	text = malloc(nr);
	if (!text)
		return 1;
	memset(text, strcmp(argv[2], "deep") ? 'x' : '[', nr);
	return tell(text, nr);
}
