// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A command's output as a file: see shown.h.
 *
 * The commands print to standard output, as in the CLI; while one runs that is a
 * file in memory. The daemon does nothing else meanwhile, so a list is cut.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config_json.h"
#include "shown.h"

#define OPTIONS_MAX	8	/* of a command */
#define ROWS_MAX	10000	/* 4 MB */

static const struct arg_option *find_option(const struct arg_option *o,
					    const char *word)
{
	for (; o && o->help; o++)
		if (!strcmp(o->word, word))
			return o;
	return NULL;
}

/* 0, or -1 with the failure. */
static int take_options(struct given given[OPTIONS_MAX], int *nr,
			const struct show_command *command,
			json_object *options, struct failure *f)
{
	const struct arg_option *o;

	*nr = 0;
	if (!json_object_is_type(options, json_type_object))
		return 0;
	json_object_object_foreach(options, word, value) {
		o = find_option(command->options, word);
		if (!o || *nr == OPTIONS_MAX)
			return failure_set(f, "%.64s: unknown option", word);
		given[(*nr)++] = (struct given){
			o->id,
			json_object_get_string(value) ?: "",
		};
	}
	return 0;
}

/* 0, 1 or -errno, as show_command.run(). */
static int run_into(int file, const struct show_command *command,
		    const struct show *s, const struct instance *i)
{
	int own = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), status;

	if (own < 0 || dup2(file, STDOUT_FILENO) < 0) {
		status = -errno;
	} else {
		status = command->run(s, i);
		if (fflush(stdout) && status >= 0)
			status = -errno;
		clearerr(stdout);
		dup2(own, STDOUT_FILENO);
	}
	if (own >= 0)
		close(own);
	return status;
}

static int run(int file, const struct show_command *command,
	       const struct show *s, const struct daemon *d)
{
	struct instance i = {
		.name = d->config.name,
		.maps = d->dp.maps,
		.running = true,
		.config = config_json(&d->config),
	};
	int status = run_into(file, command, s, &i);

	json_object_put(i.config);
	return status;
}

/* A file, or -errno. */
static int make_file(const struct show_command *command, const struct show *s,
		     const struct daemon *d, int *exit)
{
	int file = memfd_create("handfast", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int status = file < 0 ? -errno : run(file, command, s, d);

	if (status >= 0 &&
	    fcntl(file, F_ADD_SEALS,
		  F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE))
		status = -errno;
	if (status < 0 && file >= 0)
		close(file);
	*exit = status;
	return status < 0 ? status : file;
}

int shown_make(const struct daemon *d, const struct show_command *command,
	       json_object *request, int *exit, struct failure *f)
{
	struct given given[OPTIONS_MAX];
	struct show s = { .given = given, .rows = ROWS_MAX };
	json_object *options = NULL, *json = NULL;
	int file;

	json_object_object_get_ex(request, "options", &options);
	json_object_object_get_ex(request, "json", &json);
	s.out = json_object_get_boolean(json) ? &output_json : &output_text;
	if (take_options(given, &s.givens, command, options, f) ||
	    (command->check && command->check(&s, f)))
		return -1;
	file = make_file(command, &s, d, exit);
	if (file >= 0)
		return file;
	return failure_set(f, "%s: cannot be shown: %s", command->name,
			   strerror(-file));
}
