// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast version: needs no root, and nothing attached. */
#include "cli.h"
#include "format/output.h"

enum cli_exit cli_version(const struct cli *c)
{
	struct instance i;

	if (!instance_open(&i, c->name))
		instance_close(&i);
	c->out->head(&i);
	c->out->version();
	c->out->tail();
	return CLI_DONE;
}
