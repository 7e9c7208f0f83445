// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast status */
#include "format/output.h"
#include "say.h"

static void show(const struct cli *c, const struct instance *i,
		 const struct status_view *s)
{
	c->out->head(i);
	c->out->status(i, s);
	c->out->tail();
}

static enum cli_exit show_closed(const struct cli *c, const struct instance *i,
				 int err)
{
	struct status_view s;

	status_view_closed(&s, err);
	if (c->json)
		show(c, i, &s);
	return CLI_FAILED;
}

enum cli_exit cli_status(const struct cli *c)
{
	struct status_view s;
	struct instance i;
	int err = instance_open_or_say(&i, c->name);

	if (err)
		return show_closed(c, &i, err);
	err = status_view_read(&i, &s);
	if (err)
		say_unreadable(&i, err);
	else
		show(c, &i, &s);
	instance_close(&i);
	return !err && s.ok ? CLI_DONE : CLI_FAILED;
}
