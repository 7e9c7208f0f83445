/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* handfast: what its commands share. */
#ifndef HANDFAST_CLI_H
#define HANDFAST_CLI_H

#include "args.h"

enum cli_exit {
	CLI_DONE,
	CLI_FAILED,
	CLI_BAD_USE,
};

struct instance;

struct cli {
	const char *name;	/* of the instance */
	bool json;
	bool brief;		/* no command was given */
	const struct output *out;
	const struct command *command;
	const char **word;	/* arguments that are no options */
	int words;
	struct given *given;
	int givens;
};

struct command {
	const char *name;
	const char *synopsis;	/* what follows the name, or NULL */
	const char *help;	/* one line */
	const char *more;	/* further lines of its help, or NULL */
	const struct arg_option *options;
	int words_max;
	enum cli_exit (*run)(const struct cli *c);
};

/* All commands, in the order of their help; ends with .name NULL. */
extern const struct command commands[];
extern const struct arg_option common_options[];

const struct command *command_find(const char *name);
bool option_is_hidden(const struct arg_option *o);

/* For completion: what may stand after the command, or NULL: after `handfast`. */
void words_show(const struct command *c);

enum cli_exit cli_show(const struct cli *c);	/* one of show/show.h */
int brief_show(const struct instance *i);	/* as show_command.run() */
enum cli_exit cli_attach(const struct cli *c);
enum cli_exit cli_detach(const struct cli *c);
enum cli_exit cli_top(const struct cli *c);
enum cli_exit cli_trace(const struct cli *c);
enum cli_exit cli_explain(const struct cli *c);
enum cli_exit cli_confirm(const struct cli *c);
enum cli_exit cli_doctor(const struct cli *c);
enum cli_exit cli_selftest(const struct cli *c);
enum cli_exit cli_lab(const struct cli *c);
enum cli_exit cli_keys(const struct cli *c);
enum cli_exit cli_reload(const struct cli *c);
enum cli_exit cli_version(const struct cli *c);
enum cli_exit cli_help(const struct cli *c);

extern const struct arg_option attach_options[];
extern const struct arg_option detach_options[];
extern const struct arg_option top_options[];
extern const struct arg_option trace_options[];
extern const struct arg_option explain_options[];
extern const struct arg_option doctor_options[];
extern const struct arg_option lab_options[];
extern const struct arg_option help_options[];

/* The option's last value (a pointer to "" if it takes none), or NULL. */
const char *option_given(const struct cli *c, int id);

/* One line, one more that names the help; returns CLI_BAD_USE. */
enum cli_exit bad_use(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

#endif
