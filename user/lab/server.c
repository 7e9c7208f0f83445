// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The server of a lab: a process in the background that says one line to whoever asks
 * by HTTP. It begins once its process is recorded: nobody can be killed between the
 * two and leave a server that no record names.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab.h"
#include "sys/listener.h"
#include "sys/process.h"

#define SERVER_COMM	"handfast-lab"
#define BACKLOG		64	/* few, so that a flood is felt */
#define IDLE_S		5

static void say(struct evhttp_request *request, void *arg)
{
	struct evbuffer *text = evbuffer_new();

	(void)arg;
	if (text)
		evbuffer_add(text, LAB_TEXT, strlen(LAB_TEXT));
	evhttp_add_header(evhttp_request_get_output_headers(request),
			  "Content-Type", "text/plain");
	evhttp_send_reply(request, HTTP_OK, "OK", text);
	if (text)
		evbuffer_free(text);
}

static void serve(int listener)
{
	struct event_base *base = event_base_new();
	struct evhttp *http = base ? evhttp_new(base) : NULL;

	if (!http || evhttp_accept_socket(http, listener))
		return;
	evhttp_set_timeout(http, IDLE_S);
	evhttp_set_gencb(http, say, NULL);
	event_base_dispatch(base);
}

static void run_child(int listener, int recorded)
{
	int null = open("/dev/null", O_RDWR);
	char word;

	setsid();
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_NAME, SERVER_COMM);
	if (null < 0 || chdir("/") || read(recorded, &word, 1) != 1)
		_exit(1);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	dup2(listener, STDERR_FILENO + 1);
	close_range(STDERR_FILENO + 2, ~0U, 0);
	serve(STDERR_FILENO + 1);
	_exit(1);
}

int lab_server_start(struct lab *l)
{
	int listener = listener_open(LAB_PORT, BACKLOG), pipe[2], err;

	if (listener < 0)
		return listener;
	if (pipe2(pipe, O_CLOEXEC)) {
		err = -errno;
		close(listener);
		return err;
	}
	l->server = fork();
	if (!l->server) {
		close(pipe[1]);
		run_child(listener, pipe[0]);
	}
	err = l->server < 0 ? -errno : lab_write(l);
	if (!err && write(pipe[1], "", 1) != 1)
		err = -errno;
	close(listener);
	close(pipe[0]);
	close(pipe[1]);
	return err;
}

/* Process ids come again: is it still ours, and in the namespace of the record? */
static bool is_server(const struct lab *l)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", l->server);
	return process_is(l->server, SERVER_COMM) && !stat(path, &st) &&
	       st.st_ino == l->id[LAB_SERVER].ino;
}

/* Held first, looked at then: what is ended is what was looked at. */
void lab_server_end(const struct lab *l)
{
	int pidfd = process_open(l->server);

	if (pidfd < 0)
		return;
	if (is_server(l))
		process_end(pidfd);
	close(pidfd);
}
