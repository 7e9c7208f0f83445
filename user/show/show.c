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
	{ .name = "incidents", .run = show_incidents },
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

const char *option_value(const struct given *given, int nr, int id)
{
	while (nr--)
		if (given[nr].id == id)
			return given[nr].value ?: "";
	return NULL;
}

const char *show_option(const struct show *s, int id)
{
	return option_value(s->given, s->givens, id);
}
