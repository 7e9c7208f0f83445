// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The daemon's end of the control socket. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "lib/ctl.h"
#include "daemon.h"
#include "lib/log.h"
#include "request.h"

#define CONTROL_BACKLOG	16
#define CONTROL_CLIENTS	64	/* at a time; beyond them the oldest goes */

struct client {
	struct daemon *daemon;
	struct event *event;
	struct client *next;
};

static void answer(struct daemon *d, int fd, json_object *request)
{
	struct answer a;

	request_answer(d, request, access_of(fd, d->control_gid), &a);
	if (a.maps)
		ctl_send(fd, a.reply, d->dp.maps.fd, HF_MAP_NR);
	else
		ctl_send(fd, a.reply, &a.file, a.file >= 0);
	json_object_put(a.reply);
	if (a.file >= 0)
		close(a.file);
}

static void client_free(struct client *c)
{
	event_free(c->event);
	free(c);
}

static void client_gone(struct client *c)
{
	struct client **at = &c->daemon->clients;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	client_free(c);
}

static void client_close(struct client *c)
{
	int fd = event_get_fd(c->event);

	client_gone(c);
	close(fd);
}

/* Whoever connects and says nothing must not use up the daemon's files. */
static void make_room(struct daemon *d)
{
	struct client *oldest = d->clients;
	int nr = 1;

	for (; oldest && oldest->next; oldest = oldest->next)
		nr++;
	if (nr >= CONTROL_CLIENTS)
		client_close(oldest);
}

static void on_client(evutil_socket_t fd, short what, void *arg)
{
	struct client *c = arg;
	char *text = NULL;
	json_object *request = NULL;
	ssize_t len = -1;

	if (what & EV_READ) {
		text = malloc(CTL_MESSAGE_MAX);
		if (text)
			len = recv(fd, text, CTL_MESSAGE_MAX - 1, 0);
	}
	if (len > 0) {
		text[len] = '\0';
		request = json_tokener_parse(text);
	}
	free(text);
	if (request) {
		answer(c->daemon, fd, request);
		json_object_put(request);
		return;
	}
	client_close(c);
}

static void on_connect(evutil_socket_t listener, short what, void *arg)
{
	static const struct timeval idle = { .tv_sec = 60 };
	struct client *c;
	int fd;

	(void)what;
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	make_room(arg);
	c = malloc(sizeof(*c));
	if (!c)
		goto err;
	c->daemon = arg;
	c->event = event_new(c->daemon->base, fd, EV_READ | EV_PERSIST,
			     on_client, c);
	if (!c->event)
		goto err;
	c->next = c->daemon->clients;
	c->daemon->clients = c;
	event_add(c->event, &idle);
	return;
err:
	free(c);
	close(fd);
}

static int runs_already(const char *name, struct failure *f)
{
	failure_set(f, "%s: a handfastd of this name runs already", name);
	return failure_cure(f, "handfast -n %s status", name);
}

static int listen_at(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	unlink(path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) ||
			chmod(path, 0600) || listen(fd, CONTROL_BACKLOG))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

#define LOCK_WAIT_MS	1000	/* a daemon that ends, a detach that looks */
#define LOCK_PAUSE_MS	10

/* The lock, which one that ends may hold for a moment yet. Or -errno. */
static int lock_name(const char *name)
{
	int lock, fd = -1;

	for (int ms = 0; fd < 0 && ms < LOCK_WAIT_MS; ms += LOCK_PAUSE_MS) {
		lock = ctl_lock(name);
		if (lock != -EWOULDBLOCK)
			return lock;
		poll(NULL, 0, LOCK_PAUSE_MS);
		fd = ctl_connect(name, NULL);
	}
	if (fd >= 0)
		close(fd);
	return -EWOULDBLOCK;
}

int control_open(struct daemon *d, struct failure *f)
{
	const char *name = d->config.name;
	char path[CTL_PATH_MAX];
	int fd = ctl_connect(name, NULL);

	if (fd >= 0 || (fd != -ENOENT && fd != -ECONNREFUSED)) {
		if (fd >= 0)	/* of a version that takes no lock */
			close(fd);
		return runs_already(name, f);
	}
	mkdir(CTL_DIR, 0755);
	ctl_path(path, name);
	d->lock = lock_name(name);
	if (d->lock == -EWOULDBLOCK)
		return runs_already(name, f);
	if (d->lock < 0)
		return failure_set(f, "%s: %s", path, strerror(-d->lock));
	fd = listen_at(path);
	if (fd < 0)
		return failure_set(f, "%s: %s", path, strerror(errno));
	d->control = event_new(d->base, fd, EV_READ | EV_PERSIST, on_connect,
			       d);
	event_add(d->control, NULL);
	return access_set(path, d->config.control_group, &d->control_gid, f);
}

void control_close(struct daemon *d)
{
	char path[CTL_PATH_MAX];

	if (d->control) {
		/* Connections stay open until the process ends, which is
		 * awaited. */
		for (struct client *c = d->clients, *next; c; c = next) {
			next = c->next;
			client_free(c);
		}
		d->clients = NULL;
		close(event_get_fd(d->control));
		event_free(d->control);
		d->control = NULL;
		ctl_path(path, d->config.name);
		unlink(path);
	}
	if (d->lock > 0)
		ctl_unlock(d->lock, d->config.name);
	d->lock = -1;
}
