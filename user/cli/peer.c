// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The instance's daemon: see peer.h. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/ctl.h"
#include "peer.h"
#include "lib/log.h"
#include "sys/process.h"
#include "view/instance.h"

#define POLL_US	20000

int peer_connect(struct peer *p, const char *name)
{
	pid_t pid = 0;

	p->name = name;
	p->pidfd = -1;
	p->fd = ctl_connect(name, &pid);
	if (p->fd < 0)
		return p->fd;
	p->pidfd = process_open(pid);
	return 0;
}

int peer_connect_or_say(struct peer *p, const char *name)
{
	int err = peer_connect(p, name);

	if (!err)
		return 0;
	if (err == -ENOENT || err == -ECONNREFUSED) {
		log_error("%s: no daemon runs", name);
		log_try("handfastd -n %s", name);
	} else {
		peer_silent(p, err);
	}
	peer_close(p);
	return err;
}

void peer_close(struct peer *p)
{
	if (p->fd >= 0)
		close(p->fd);
	if (p->pidfd >= 0)
		close(p->pidfd);
	p->fd = p->pidfd = -1;
}

json_object *peer_request(const char *command)
{
	json_object *request = json_object_new_object();

	json_object_object_add(request, "command",
			       json_object_new_string(command));
	return request;
}

static int ask(const struct peer *p, json_object *request, struct ctl_reply *r,
	       int timeout_ms)
{
	int err = ctl_request(p->fd, request, r, timeout_ms);

	json_object_put(request);
	return err;
}

int peer_ask(const struct peer *p, json_object *request, json_object **reply,
	     int timeout_ms)
{
	struct ctl_reply r = {};
	int err = ask(p, request, &r, timeout_ms);

	*reply = r.object;
	return err;
}

int peer_ask_file(const struct peer *p, json_object *request,
		  json_object **reply, int *file, int timeout_ms)
{
	struct ctl_reply r = { .file = file };
	int err = ask(p, request, &r, timeout_ms);

	*reply = r.object;
	return err;
}

int reply_number(json_object *reply, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(reply, key, &value)
		       ? json_object_get_int(value)
		       : 0;
}

bool reply_bool(json_object *reply, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(reply, key, &value) &&
	       json_object_get_boolean(value);
}

static const char *reply_text(json_object *reply, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(reply, key, &value)
		       ? json_object_get_string(value)
		       : NULL;
}

enum cli_exit reply_check(json_object *reply)
{
	const char *why = reply_text(reply, "error");
	const char *cure = reply_text(reply, "try");

	if (reply_bool(reply, "ok"))
		return CLI_DONE;
	log_error("%s", why ?: "daemon: refused without a reason");
	if (cure)
		log_try("%s", cure);
	return reply_number(reply, "exit") == CLI_BAD_USE ? CLI_BAD_USE
							  : CLI_FAILED;
}

enum cli_exit peer_silent(const struct peer *p, int err)
{
	if (err == -EPERM || err == -EACCES) {
		log_error("%s: %s", p->name, strerror(-err));
		log_try("the same as root");
		return CLI_FAILED;
	}
	log_error("%s: the daemon does not answer: %s", p->name,
		  strerror(-err));
	log_try("handfast%s detach --all", instance_option(p->name));
	return CLI_FAILED;
}

/* Without the process (another pid namespace): does its socket answer? */
static bool socket_ended(const char *name, int timeout_ms)
{
	uint64_t until_ms = clock_mono_ms() + timeout_ms;
	int fd;

	do {
		fd = ctl_connect(name, NULL);
		if (fd == -ENOENT || fd == -ECONNREFUSED)
			return true;
		if (fd >= 0)
			close(fd);
		usleep(POLL_US);
	} while (clock_mono_ms() < until_ms);
	return false;
}

bool peer_ended(const struct peer *p, int timeout_ms)
{
	return p->pidfd >= 0 ? process_ended(p->pidfd, timeout_ms)
			     : socket_ended(p->name, timeout_ms);
}
