// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast version: needs no root, and nothing attached. */
#include "format/output.h"
#include "say.h"

enum cli_exit cli_version(const struct cli *c)
{
	begin_document(c, c->name);
	c->out->version();
	c->out->tail();
	return CLI_DONE;
}
