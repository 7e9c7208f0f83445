// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Commands that show an instance: see say.h. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "format/output.h"
#include "lib/log.h"
#include "say.h"

void say_not_open(const char *name, int err)
{
	const char *option = instance_option(name);

	log_error("%s: %s", name, instance_why(err));
	if (err == -ENOENT)
		log_try("handfast%s attach IFACE", option);
	else if (err == -EPROTO)
		log_try("handfast%s detach --all", option);
	else if (geteuid())
		log_try("the same as root");
}

enum cli_exit say_unreadable(const struct instance *i, int err)
{
	log_error("%s: maps cannot be read: %s", i->name, strerror(-err));
	return CLI_FAILED;
}

int instance_open_or_say(struct instance *i, const char *name)
{
	int err = instance_open(i, name);

	if (err)
		say_not_open(name, err);
	return err;
}

void begin_document(const struct cli *c, const char *name)
{
	struct instance i;

	if (!instance_open(&i, name))
		instance_close(&i);
	c->out->head(&i);
}
