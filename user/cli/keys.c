// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast keys: how old the cookies' keys are; rotate: new ones at once. */
#include <errno.h>
#include <string.h>

#include "lib/ctl.h"
#include "peer.h"

static enum cli_exit rotate(const struct cli *c)
{
	enum cli_exit status;
	json_object *reply;
	struct peer p;
	int err = peer_connect_or_say(&p, c->name);

	if (err)
		return CLI_FAILED;
	err = peer_ask(&p, peer_request("rotate"), &reply, CTL_TIMEOUT_MS);
	if (err) {
		status = peer_silent(&p, err);
	} else {
		status = reply_check(reply);
		json_object_put(reply);
	}
	peer_close(&p);
	return status;
}

enum cli_exit cli_keys(const struct cli *c)
{
	if (c->words && strcmp(c->word[0], "rotate"))
		return bad_use("keys: %.64s: not `rotate'", c->word[0]);
	if (c->words && rotate(c))
		return CLI_FAILED;
	return cli_show(c);
}
