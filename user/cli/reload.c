// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast reload: the daemon reads its file again, as with SIGHUP. */
#include "peer.h"
#include "format/output.h"

#define RELOAD_MS	10000	/* interfaces may come and go */

static void show(const struct cli *c, json_object *reply)
{
	const struct instance i = { .name = c->name, .running = true };
	json_object *later;

	c->out->head(&i);
	c->out->reload();
	if (json_object_object_get_ex(reply, "later", &later))
		for (size_t n = 0; n < json_object_array_length(later); n++)
			c->out->later(json_object_get_string(
				json_object_array_get_idx(later, n)));
	c->out->reload_end();
	c->out->tail();
}

static enum cli_exit ask(const struct cli *c, const struct peer *p)
{
	enum cli_exit status;
	json_object *reply;
	int err = peer_ask(p, peer_request("reload"), &reply, RELOAD_MS);

	if (err)
		return peer_silent(p, err);
	status = reply_check(reply);
	if (!status)
		show(c, reply);
	json_object_put(reply);
	return status;
}

enum cli_exit cli_reload(const struct cli *c)
{
	enum cli_exit status;
	struct peer p;

	if (peer_connect_or_say(&p, c->name))
		return CLI_FAILED;
	status = ask(c, &p);
	peer_close(&p);
	return status;
}
