// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Starting a daemon in the background, as a service manager does: it says
 * READY=1 over sd_notify(3) when armed; until then its stderr is relayed.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/ctl.h"
#include "peer.h"
#include "lib/log.h"
#include "sys/process.h"

#define READY_MS	60000	/* the verifier may take half of that */
#define DAEMON		"handfastd"

struct start {
	struct sockaddr_un notify;
	int notify_fd;
	int words[2];		/* pipe from the daemon's stderr */
	pid_t pid;
	int pidfd;
	bool ready;
	bool spoke;		/* it said something */
	char line[1024];	/* what it says, up to the newline */
	size_t len;
};

static int notify_open(struct start *s)
{
	s->notify.sun_family = AF_UNIX;
	snprintf(s->notify.sun_path, sizeof(s->notify.sun_path),
		 CTL_DIR "/ready.%d", getpid());
	if (mkdir(CTL_DIR, 0755) && errno != EEXIST)
		return -errno;
	s->notify_fd = socket(AF_UNIX,
			      SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->notify_fd < 0)
		return -errno;
	unlink(s->notify.sun_path);
	return bind(s->notify_fd, (struct sockaddr *)&s->notify,
		    sizeof(s->notify))
		       ? -errno
		       : 0;
}

/* Is there "READY=1" among the lines of what came? */
static void notify_read(struct start *s)
{
	char text[4096], *rest = text, *line;
	ssize_t len;

	while ((len = recv(s->notify_fd, text, sizeof(text) - 1, 0)) > 0) {
		text[len] = '\0';
		for (rest = text; (line = strsep(&rest, "\n"));)
			s->ready |= !strcmp(line, "READY=1");
	}
}

/* Its errors are ours: "handfastd: what: why" becomes "handfast: ...". */
static void relay_line(struct start *s)
{
	const char *line = s->line;
	size_t skip = strlen(DAEMON ": ");

	s->line[s->len] = '\0';
	s->len = 0;
	s->spoke = true;
	if (!strncmp(line, DAEMON ": ", skip))
		log_error("%s", line + skip);
	else
		fprintf(stderr, "%s\n", line);
}

static void relay(struct start *s)
{
	char text[4096];
	ssize_t len;

	while ((len = read(s->words[0], text, sizeof(text))) > 0) {
		for (ssize_t i = 0; i < len; i++) {
			if (text[i] != '\n')
				s->line[s->len++] = text[i];
			if (text[i] == '\n' || s->len == sizeof(s->line) - 1)
				relay_line(s);
		}
	}
	if (!len)		/* closed: poll() needs not look at it again */
		s->words[0] = -1;
}

/* Beside this program, where it was to be installed, or in PATH. */
static void exec_daemon(char **argv)
{
	char path[PATH_MAX + sizeof(DAEMON)];
	ssize_t len = readlink("/proc/self/exe", path, PATH_MAX);
	char *slash;

	path[len > 0 ? len : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash) {
		strcpy(slash + 1, DAEMON);
		execv(path, argv);
	}
	execv(HF_SBINDIR "/" DAEMON, argv);
	execvp(DAEMON, argv);
	log_error(DAEMON ": %s", strerror(errno));
	_exit(CLI_FAILED);
}

static void run_child(struct start *s, char **argv)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	signal(SIGPIPE, SIG_DFL);
	if (null < 0)
		_exit(CLI_FAILED);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(s->words[1], STDERR_FILENO);
	close_range(STDERR_FILENO + 1, ~0U, 0);
	setenv("NOTIFY_SOCKET", s->notify.sun_path, 1);
	unsetenv("WATCHDOG_USEC");
	exec_daemon(argv);
}

static int start_child(struct start *s, char **argv)
{
	if (pipe2(s->words, O_CLOEXEC))
		return -errno;
	fcntl(s->words[0], F_SETFL, O_NONBLOCK);
	s->pid = fork();
	if (!s->pid)
		run_child(s, argv);
	close(s->words[1]);
	if (s->pid < 0)
		return -errno;
	s->pidfd = process_open(s->pid);
	return s->pidfd < 0 ? s->pidfd : 0;
}

/* True when it is ready; false when it has ended, or time is up. */
static bool wait_ready(struct start *s)
{
	uint64_t now_ms = clock_mono_ms(), until_ms = now_ms + READY_MS;
	struct pollfd pfd[3] = {
		{ .fd = s->notify_fd, .events = POLLIN },
		{ .fd = s->words[0], .events = POLLIN },
		{ .fd = s->pidfd, .events = POLLIN },
	};

	for (; now_ms < until_ms; now_ms = clock_mono_ms()) {
		if (poll(pfd, 3, until_ms - now_ms) < 0 && errno != EINTR)
			break;
		notify_read(s);
		relay(s);
		pfd[1].fd = s->words[0];
		if (s->ready || pfd[2].revents)
			break;
	}
	return s->ready;
}

/* It is not ready: why, and nothing stays of it. */
static enum cli_exit give_up(struct start *s, const char *name)
{
	int status;

	if (!process_ended(s->pidfd, 0)) {
		log_error(DAEMON ": not ready after %d s", READY_MS / 1000);
		daemon_teardown(name, s->pidfd);
		return CLI_FAILED;
	}
	if (waitpid(s->pid, &status, 0) < 0)
		return CLI_FAILED;
	if (s->len)
		relay_line(s);
	if (WIFSIGNALED(status))
		log_error(DAEMON ": %s", strsignal(WTERMSIG(status)));
	else if (!s->spoke)
		log_error(DAEMON ": ended with status %d", WEXITSTATUS(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == CLI_BAD_USE
		       ? CLI_BAD_USE
		       : CLI_FAILED;
}

enum cli_exit daemon_start(const char *name, char **argv)
{
	struct start s = { .notify_fd = -1, .words = { -1, -1 }, .pidfd = -1 };
	enum cli_exit status = CLI_FAILED;
	int err = notify_open(&s);

	if (!err)
		err = start_child(&s, argv);
	if (err) {
		log_error(DAEMON ": cannot be started: %s", strerror(-err));
		if (geteuid())
			log_try("the same as root");
	} else {
		status = wait_ready(&s) ? CLI_DONE : give_up(&s, name);
	}
	if (s.notify_fd >= 0) {
		close(s.notify_fd);
		unlink(s.notify.sun_path);
	}
	return status;
}
