// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast help, from the tables that the parser uses. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

#define OPTION_COLUMN	24

/* clang-format off */
const struct arg_option help_options[] = {
	{ OPT_WORDS, "words", NULL, "" },
	{}
};
/* clang-format on */

bool option_is_hidden(const struct arg_option *o)
{
	return !o->help[0];
}

static void show_options(const char *title, const struct arg_option *o)
{
	char left[OPTION_COLUMN * 2];
	int len;

	printf("\n%s:\n", title);
	for (; o->help; o++) {
		if (option_is_hidden(o))
			continue;
		len = o->id < OPT_ALL
			      ? snprintf(left, sizeof(left), "-%c, ", o->id)
			      : snprintf(left, sizeof(left), "    ");
		snprintf(left + len, sizeof(left) - len, "--%s %s", o->word,
			 o->value ?: "");
		printf("  %-*s %s\n", OPTION_COLUMN, left, o->help);
	}
}

static void show_command(const struct command *c)
{
	printf("Usage: handfast [-n NAME] [-j] %s%s%s\n\n%s.\n", c->name,
	       c->synopsis ? " " : "", c->synopsis ?: "", c->help);
	if (c->more)
		printf("%s\n", c->more);
	if (c->options && !option_is_hidden(c->options))
		show_options("Options", c->options);
	show_options("Common options", common_options);
}

static void show_commands(void)
{
	printf("Usage: handfast [-n NAME] [-j] [COMMAND [ARG]...]\n\n"
	       "Commands (none: status):\n");
	for (const struct command *c = commands; c->name; c++)
		printf("  %-10s %s\n", c->name, c->help);
	show_options("Options, before or after COMMAND", common_options);
	printf("\n`handfast help COMMAND' shows the options of a command.\n");
}

enum cli_exit cli_help(const struct cli *c)
{
	const struct command *command = NULL;

	if (c->words) {
		command = command_find(c->word[0]);
		if (!command)
			return bad_use("%s: unknown command", c->word[0]);
	}
	if (option_given(c, OPT_WORDS))
		words_show(command);
	else if (command)
		show_command(command);
	else
		show_commands();
	return CLI_DONE;
}
