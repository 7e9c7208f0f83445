// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Another process: see process.h. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process.h"

#define TERM_MS	1000
#define KILL_MS	1000

pid_t process_parent(pid_t pid)
{
	char path[64], stat[512];
	const char *after;
	size_t len = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (f) {
		len = fread(stat, 1, sizeof(stat) - 1, f);
		fclose(f);
	}
	stat[len] = '\0';
	after = strrchr(stat, ')');	/* the name may hold anything */
	return after && sscanf(after, ") %*c %d", &pid) == 1 ? pid : 0;
}

bool process_is(pid_t pid, const char *name)
{
	char path[64], comm[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(comm, sizeof(comm), f))
		comm[0] = '\0';
	fclose(f);
	comm[strcspn(comm, "\n")] = '\0';
	return !strcmp(comm, name);
}

int process_open(pid_t pid)
{
	int fd;

	if (pid <= 1)
		return -ESRCH;
	fd = syscall(SYS_pidfd_open, pid, 0);
	return fd < 0 ? -errno : fd;
}

bool process_ended(int pidfd, int timeout_ms)
{
	struct pollfd pfd = { .fd = pidfd, .events = POLLIN };

	return poll(&pfd, 1, timeout_ms) > 0;
}

static void process_signal(int pidfd, int sig)
{
	syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}

void process_end(int pidfd)
{
	process_signal(pidfd, SIGTERM);
	process_signal(pidfd, SIGCONT);
	if (process_ended(pidfd, TERM_MS))
		return;
	process_signal(pidfd, SIGKILL);
	process_ended(pidfd, KILL_MS);
}
