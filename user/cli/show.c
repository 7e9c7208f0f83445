// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Commands that read, see show/show.h: from the maps, or where those are not for
 * us (we are no root, but a member of control_group) as the daemon reads them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "peer.h"
#include "say.h"
#include "show/show.h"

#define SHOWN_MS	10000	/* it walks all connections, others may ask, too */

/* For programs there is a `status` of what is not attached, too. */
static void show_closed(const struct cli *c, const struct instance *i, int err)
{
	struct status_view v;

	if (!c->json || strcmp(c->command->name, "status"))
		return;
	status_view_closed(&v, err);
	c->out->head(i);
	c->out->status(i, &v);
	c->out->tail();
}

static enum cli_exit show_own(const struct cli *c,
			      const struct show_command *what,
			      const struct show *s, const struct instance *i)
{
	int err = c->brief ? brief_show(i) : what->run(s, i);

	if (err < 0 && err != -EPIPE)
		say_unreadable(i, err);
	return err ? CLI_FAILED : CLI_DONE;
}

static const char *word_of(const struct arg_option *o, int id)
{
	while (o->id != id)
		o++;
	return o->word;
}

/* {"command": NAME, "json": b, "options": {WORD: value}} */
static json_object *request_of(const struct cli *c)
{
	json_object *request = peer_request(c->command->name);
	json_object *options = json_object_new_object();
	const struct given *g;

	for (g = c->given; g < c->given + c->givens; g++)
		json_object_object_add(options,
				       word_of(c->command->options, g->id),
				       json_object_new_string(g->value ?: ""));
	json_object_object_add(request, "json",
			       json_object_new_boolean(c->json));
	json_object_object_add(request, "options", options);
	return request;
}

static void print_file(int fd)
{
	char part[4096];
	off_t at = 0;
	ssize_t len;

	while ((len = pread(fd, part, sizeof(part), at)) > 0) {
		fwrite(part, 1, len, stdout);
		at += len;
	}
}

static enum cli_exit show_peers(const struct cli *c, const struct peer *p)
{
	enum cli_exit status;
	json_object *reply;
	int shown, err;

	err = peer_ask_file(p, request_of(c), &reply, &shown, SHOWN_MS);
	if (err)
		return peer_silent(p, err);
	status = reply_check(reply);
	if (!status && shown >= 0) {
		print_file(shown);
		status = reply_number(reply, "exit");
	}
	if (shown >= 0)
		close(shown);
	json_object_put(reply);
	return status;
}

static enum cli_exit ask_to_show(const struct cli *c)
{
	enum cli_exit status = CLI_FAILED;
	struct peer p;

	if (peer_connect_or_say(&p, c->name))
		return status;
	status = show_peers(c, &p);
	peer_close(&p);
	return status;
}

enum cli_exit cli_show(const struct cli *c)
{
	const struct show_command *what = show_find(c->command->name);
	const struct show s = { c->out, c->given, c->givens, 0 };
	enum cli_exit status;
	struct instance i;
	struct failure f;
	int err;

	if (what->check && what->check(&s, &f))
		return bad_use("%s", f.what);
	err = instance_open(&i, c->name);
	if (err == -EPERM && i.running)
		return ask_to_show(c);
	if (err) {
		say_not_open(c->name, err);
		show_closed(c, &i, err);
		return CLI_FAILED;
	}
	status = show_own(c, what, &s, &i);
	instance_close(&i);
	return status;
}
