// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * taken PATH TEXT: say TEXT to a control socket; print the reply, and in one more line
 * what came with it: so many BPF maps, other files, and how many of all can be written
 * to or mapped so. Exit: 0, 1 no connection or no reply, 2 bad use.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FDS_MAX	253	/* SCM_MAX_FD */

static int connect_to(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	if (fd < 0 || !connect(fd, (struct sockaddr *)&sun, sizeof(sun)))
		return fd;
	close(fd);
	return -1;
}

static bool is_map(int fd)
{
	char self[64], target[64] = "";

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return readlink(self, target, sizeof(target) - 1) > 0 &&
	       strstr(target, "bpf-map");
}

/* Maps are mapped; they have no write(). */
static bool is_writable(int fd)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at != MAP_FAILED)
		munmap(at, 4096);
	return at != MAP_FAILED || write(fd, "x", 1) == 1 || !ftruncate(fd, 0);
}

static void print_taken(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	int nr = c && c->cmsg_type == SCM_RIGHTS
			 ? (c->cmsg_len - CMSG_LEN(0)) / sizeof(int)
			 : 0;
	int maps = 0, writable = 0, fd;

	for (int i = 0; i < nr; i++) {
		memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
		maps += is_map(fd);
		writable += is_writable(fd);
	}
	printf("maps=%d files=%d writable=%d\n", maps, nr - maps, writable);
}

int main(int argc, char **argv)
{
	static char text[65536], control[CMSG_SPACE(sizeof(int) * FDS_MAX)];
	struct iovec iov = { .iov_base = text, .iov_len = sizeof(text) - 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (argc != 3) {
		fputs("usage: taken PATH TEXT\n", stderr);
		return 2;
	}
	fd = connect_to(argv[1]);
	if (fd < 0 || send(fd, argv[2], strlen(argv[2]), MSG_NOSIGNAL) < 0 ||
	    recvmsg(fd, &msg, 0) <= 0) {
		perror("taken");
		return 1;
	}
	puts(text);
	print_taken(&msg);
	return 0;
}
