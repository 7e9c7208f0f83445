// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Commands that read an instance, a row each: see show.h. */
#include <string.h>

#include "show.h"

static const struct show_command show_commands[] = {
	{ .name = "status", .run = show_status },
	{ .name = "services", .run = show_services },
	{ .name = "states", .options = states_options, .run = show_states },
	{ .name = "counters",
	  .options = counters_options,
	  .run = show_counters },
	{ .name = "flows",
	  .options = flows_options,
	  .check = show_flows_check,
	  .run = show_flows },
	{ .name = "keys", .run = show_keys },
	{}
};

const struct show_command *show_find(const char *name)
{
	for (const struct show_command *c = show_commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

const char *show_option(const struct show *s, int id)
{
	for (int i = s->givens; i--;)
		if (s->given[i].id == id)
			return s->given[i].value ?: "";
	return NULL;
}
