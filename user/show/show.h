/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Commands that read an instance: run by whoever has its maps, the CLI of root, or
 * the daemon for members of control_group.
 */
#ifndef HANDFAST_SHOW_H
#define HANDFAST_SHOW_H

#include "format/output.h"
#include "lib/failure.h"
#include "option.h"

struct show {
	const struct output *out;
	const struct given *given;
	int givens;
	unsigned long rows;	/* of a list, at most; 0: all */
};

/* option_value() of what was given. */
const char *show_option(const struct show *s, int id);

struct show_command {
	const char *name;
	const struct arg_option *options;	/* or NULL */
	/* What the options say: 0, or -1 with the failure; NULL: anything goes. */
	int (*check)(const struct show *s, struct failure *f);
	/* 0, 1 (shown, and it is not healthy), or -errno */
	int (*run)(const struct show *s, const struct instance *i);
};

/* NULL: the command does more than read, or there is none of that name. */
const struct show_command *show_find(const char *name);

extern const struct arg_option counters_options[];
extern const struct arg_option states_options[];
extern const struct arg_option flows_options[];

int show_status(const struct show *s, const struct instance *i);
int show_services(const struct show *s, const struct instance *i);
int show_states(const struct show *s, const struct instance *i);
int show_counters(const struct show *s, const struct instance *i);
int show_flows(const struct show *s, const struct instance *i);
int show_incidents(const struct show *s, const struct instance *i);
int show_keys(const struct show *s, const struct instance *i);

int show_flows_check(const struct show *s, struct failure *f);

#endif
