// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * deny_diag FILE COMMAND...: run COMMAND; from the moment that FILE exists its
 * sock_diag sockets are refused with EPERM, as some hardened systems do.
 *
 * seccomp with user notification: socket(AF_NETLINK, ..., NETLINK_SOCK_DIAG)
 * stops the caller, and this program, the parent, answers for the kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t child;

static int filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NETLINK_SOCK_DIAG, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	};
	struct sock_fprog prog = {
		.len = sizeof(code) / sizeof(code[0]),
		.filter = code,
	};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		       SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
}

static void pass_fd(int to, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { .iov_base = "x", .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	sendmsg(to, &msg, 0);
}

static int take_fd(int from)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int fd = -1;

	if (recvmsg(from, &msg, 0) == 1 && CMSG_FIRSTHDR(&msg))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	return fd;
}

static void answer(int listener, const char *file)
{
	struct seccomp_notif req = {};
	struct seccomp_notif_resp resp = {};

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &req))
		return;
	resp.id = req.id;
	if (access(file, F_OK))
		resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else
		resp.error = -EPERM;
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

static void forward(int sig)
{
	kill(child, sig);
}

int main(int argc, char **argv)
{
	struct pollfd pfd = { .events = POLLIN };
	int pair[2], status;

	if (argc < 3) {
		fputs("usage: deny_diag FILE COMMAND...\n", stderr);
		return 2;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return 1;
	child = fork();
	if (!child) {
		pfd.fd = filter();
		if (pfd.fd < 0) {
			perror("deny_diag: seccomp");
			_exit(1);
		}
		pass_fd(pair[1], pfd.fd);
		close(pfd.fd);
		close(pair[0]);
		close(pair[1]);
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	close(pair[1]);
	pfd.fd = take_fd(pair[0]);
	signal(SIGTERM, forward);
	signal(SIGINT, forward);
	while (poll(&pfd, 1, 1000) >= 0 || errno == EINTR) {
		if (pfd.revents & POLLIN)
			answer(pfd.fd, argv[1]);
		if (waitpid(child, &status, WNOHANG) == child)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	}
	return 1;
}
