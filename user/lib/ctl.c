// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Control protocol, what both ends of it need. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl.h"

void ctl_trace_path(char path[CTL_PATH_MAX], const char *name)
{
	snprintf(path, CTL_PATH_MAX, CTL_DIR "/%s.trace", name);
}

static void lock_path(char path[CTL_PATH_MAX], const char *name)
{
	snprintf(path, CTL_PATH_MAX, "%s/%s.lock", CTL_DIR, name);
}

/* The file goes with its owner: it must be the one that its name leads to. */
static bool is_named(int fd, const char *path)
{
	struct stat held, named;

	return !fstat(fd, &held) && !stat(path, &named) &&
	       held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

int ctl_lock(const char *name)
{
	char path[CTL_PATH_MAX];
	int fd, err;

	lock_path(path, name);
	for (;;) {
		fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB)) {
			err = -errno;
			close(fd);
			return err;
		}
		if (is_named(fd, path))
			return fd;
		close(fd);
	}
}

void ctl_unlock(int fd, const char *name)
{
	char path[CTL_PATH_MAX];

	lock_path(path, name);
	unlink(path);
	close(fd);
}

void ctl_path(char *path, const char *name)
{
	snprintf(path, sizeof(((struct sockaddr_un *)0)->sun_path),
		 CTL_DIR "/%s.sock", name);
}

int ctl_connect(const char *name, pid_t *pid)
{
	static const struct timeval patience = {
		.tv_sec = CTL_TIMEOUT_MS / 1000,
		.tv_usec = CTL_TIMEOUT_MS % 1000 * 1000,
	};
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int fd, err;

	ctl_path(sun.sun_path, name);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* connect() waits where a daemon that hangs has a full backlog */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
		       sizeof(patience)))
		goto err;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)))
		goto err;
	if (pid) {
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
			goto err;
		*pid = cred.pid;
	}
	return fd;
err:
	err = errno == EAGAIN ? -ETIMEDOUT : -errno;
	close(fd);
	return err;
}

int ctl_send(int fd, json_object *message, const int *fds, int nr)
{
	const char *text =
		json_object_to_json_string_ext(message, JSON_C_TO_STRING_PLAIN);
	char control[CMSG_SPACE(sizeof(int) * HF_MAP_NR)] = {};
	struct iovec iov = {
		.iov_base = (void *)text,
		.iov_len = strlen(text),
	};
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (nr) {
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * nr);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * nr);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * nr);
	}
	return sendmsg(fd, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void receive_fds(struct msghdr *msg, const struct ctl_reply *reply)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	int nr;

	if (!c || c->cmsg_type != SCM_RIGHTS)
		return;
	nr = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	if (reply->maps && nr == HF_MAP_NR) {
		memcpy(reply->maps->fd, CMSG_DATA(c), sizeof(reply->maps->fd));
		return;
	}
	if (reply->file && nr == 1) {
		memcpy(reply->file, CMSG_DATA(c), sizeof(*reply->file));
		return;
	}
	for (int i = 0; i < nr; i++)
		close(((int *)CMSG_DATA(c))[i]);
}

static int receive(int fd, struct ctl_reply *reply)
{
	char control[CMSG_SPACE(sizeof(int) * HF_MAP_NR)];
	char *text = malloc(CTL_MESSAGE_MAX);
	struct iovec iov = { .iov_base = text, .iov_len = CTL_MESSAGE_MAX - 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t len;
	int err = 0;

	if (!text)
		return -ENOMEM;
	len = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	if (len <= 0) {
		err = len ? -errno : -ECONNRESET;
		goto out;
	}
	receive_fds(&msg, reply);
	text[len] = '\0';
	reply->object = json_tokener_parse(text);
	if (!reply->object)
		err = -EPROTO;
out:
	free(text);
	return err;
}

int ctl_request(int fd, json_object *request, struct ctl_reply *reply,
		int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int err;

	reply->object = NULL;
	if (reply->maps)
		memset(reply->maps->fd, 0xff, sizeof(reply->maps->fd));
	if (reply->file)
		*reply->file = -1;
	err = ctl_send(fd, request, NULL, 0);
	if (err)
		return err;
	err = poll(&pfd, 1, timeout_ms);
	if (err < 0)
		return -errno;
	if (!err)
		return -ETIMEDOUT;
	return receive(fd, reply);
}
