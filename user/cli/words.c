// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * handfast help --words: what may stand next, for the shells' completion, from the
 * tables of parser and help. A line each: the word, its help, and of an option what
 * follows it, with tabs between.
 */
#include <ctype.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

#define SYNOPSIS_MAX	128

static void put_options(const struct arg_option *o)
{
	for (; o && o->help; o++) {
		const char *value = o->value ?: "";

		if (option_is_hidden(o))
			continue;
		if (o->id < OPT_ALL)
			printf("-%c\t%s\t%s\n", o->id, o->help, value);
		printf("--%s\t%s\t%s\n", o->word, o->help, value);
	}
}

static void put_commands(void)
{
	for (const struct command *c = commands; c->name; c++)
		printf("%s\t%s\n", c->name, c->help);
}

static void put_interfaces(void)
{
	struct if_nameindex *all = if_nameindex();

	for (struct if_nameindex *i = all; i && i->if_name; i++)
		printf("%s\tinterface\n", i->if_name);
	if_freenameindex(all);
}

/* The synopsis names them: "[IFACE]... [OPTION]...", "IFACE | --all", "[rotate]". */
static void put_arguments(const struct command *c)
{
	char synopsis[SYNOPSIS_MAX], *rest = NULL;
	const char *word;

	snprintf(synopsis, sizeof(synopsis), "%s", c->synopsis ?: "");
	word = strtok_r(synopsis, " []|.", &rest);
	for (; word; word = strtok_r(NULL, " []|.", &rest)) {
		if (!strcmp(word, "IFACE"))
			put_interfaces();
		else if (!strcmp(word, "COMMAND"))
			put_commands();
		else if (islower((unsigned char)*word))
			printf("%s\t%s\n", word, c->help);
	}
}

void words_show(const struct command *c)
{
	if (c) {
		put_arguments(c);
		put_options(c->options);
	} else {
		put_commands();
	}
	put_options(common_options);
}
