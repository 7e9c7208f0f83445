// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Options and words of the command line: see args.h. */
#include <stddef.h>
#include <string.h>

#include "args.h"
#include "cli.h"

static const struct arg_option *find(const struct arg_option *o, int id,
				     const char *word, size_t len)
{
	for (; o && o->help; o++)
		if (word ? o->word && strlen(o->word) == len &&
				    !memcmp(o->word, word, len)
			 : o->id == id)
			return o;
	return NULL;
}

/* "--word", "--word value", "--word=value" */
static int next_word(struct args *a, const struct arg_option *first,
		     const struct arg_option *second, const char **value)
{
	const char *arg = *value, *word = arg + 2;
	size_t len = strcspn(word, "=");
	const struct arg_option *o = find(first, 0, word, len)
					     ?: find(second, 0, word, len);

	if (!o) {
		bad_use("%.*s: unknown option", (int)len + 2, arg);
		return ARG_BAD;
	}
	*value = word[len] ? word + len + 1 : NULL;
	if (*value && !o->value) {
		bad_use("--%s: takes no value", o->word);
		return ARG_BAD;
	}
	if (o->value && o->value[0] == '[' && !*value) {
		if (*a->at && strspn(*a->at, "0123456789"))
			*value = *a->at++;
		return o->id;
	}
	if (o->value && !*value && !(*value = *a->at++)) {
		bad_use("--%s: %s is missing", o->word, o->value);
		return ARG_BAD;
	}
	return o->id;
}

/* "-a", "-abc", "-n value", "-nvalue" */
static int next_letter(struct args *a, const struct arg_option *first,
		       const struct arg_option *second, const char **value)
{
	unsigned char letter = *a->letters++;
	const struct arg_option *o = find(first, letter, NULL, 0)
					     ?: find(second, letter, NULL, 0);

	if (!o) {
		bad_use("-%c: unknown option", letter);
		return ARG_BAD;
	}
	*value = NULL;
	if (o->value) {
		*value = *a->letters ? a->letters : *a->at++;
		a->letters = NULL;
		if (!*value) {
			bad_use("-%c: %s is missing", letter, o->value);
			return ARG_BAD;
		}
	} else if (!*a->letters) {
		a->letters = NULL;
	}
	return o->id;
}

int args_next(struct args *a, const struct arg_option *first,
	      const struct arg_option *second, const char **value)
{
	if (a->letters)
		return next_letter(a, first, second, value);
	if (!*a->at)
		return ARG_END;
	*value = *a->at++;
	if (a->plain || (*value)[0] != '-' || !(*value)[1])
		return ARG_WORD;
	if (!strcmp(*value, "--")) {
		a->plain = true;
		return args_next(a, first, second, value);
	}
	if ((*value)[1] == '-')
		return next_word(a, first, second, value);
	a->letters = *value + 1;
	return next_letter(a, first, second, value);
}
