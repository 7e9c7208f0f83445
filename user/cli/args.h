/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Options and words of the command line, one after the other. Words of options
 * are exact, unlike those of getopt_long(3); one table serves parser and help.
 */
#ifndef HANDFAST_ARGS_H
#define HANDFAST_ARGS_H

#include <stdbool.h>

#include "show/option.h"

enum arg_kind {
	ARG_END = -3,
	ARG_BAD = -2,		/* reported already */
	ARG_WORD = -1,
};

struct args {
	char **at;		/* next argument; the last one is NULL */
	const char *letters;	/* rest of "-abc", or NULL */
	bool plain;		/* "--" was seen */
};

/*
 * The next option's id, with its value if it has one, or a word, or another
 * enum arg_kind. Options are looked up in two tables; either may be NULL.
 */
int args_next(struct args *a, const struct arg_option *first,
	      const struct arg_option *second, const char **value);

#endif
