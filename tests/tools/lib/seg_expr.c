// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// seg_expr: variables, expressions and the text of words, for seg.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "seg_expr.h"

#define VARS_MAX 128

struct var {
	char name[24];
	uint32_t value;
};

static struct var vars[VARS_MAX];
static size_t nvars;
int line_nr;

void quit(int code, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("seg: ", stderr);
	if (line_nr)
		fprintf(stderr, "line %d: ", line_nr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(code);
}

static struct var *var_find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < nvars; i++)
		if (strlen(vars[i].name) == len &&
		    !strncmp(vars[i].name, name, len))
			return &vars[i];
	return NULL;
}

void var_set(const char *name, uint32_t value)
{
	struct var *v = var_find(name, strlen(name));

	if (!v && (nvars == VARS_MAX || strlen(name) >= sizeof(v->name)))
		quit(2, "%s: name too long or too many", name);
	if (!v) {
		v = &vars[nvars++];
		strcpy(v->name, name);
	}
	v->value = value;
}

static uint32_t var_get(const char *name, size_t len)
{
	struct var *v = var_find(name, len);

	if (!v)
		quit(2, "%.*s: no such variable", (int)len, name);
	return v->value;
}

uint32_t eval(const char *expr)
{
	uint32_t sum = 0, term;
	const char *p = expr;
	char *end, op = '+';
	size_t len;

	for (;;) {
		len = strcspn(p, "+-");
		if (!len)
			quit(2, "%s: bad expression", expr);
		if (*p >= '0' && *p <= '9') {
			term = strtoull(p, &end, 0);
			if (end != p + len)
				quit(2, "%s: bad number", expr);
		} else {
			term = var_get(p, len);
		}
		sum = op == '+' ? sum + term : sum - term;
		p += len;
		if (!*p)
			return sum;
		op = *p++;
	}
}

/* In place; returns the length */
size_t unescape(char *text)
{
	char *from, *to = text;

	for (from = text; *from; from++) {
		if (*from == '\\' && from[1]) {
			from++;
			*to++ = *from == 'n'   ? '\n'
				: *from == 's' ? ' '
				: *from == 'r' ? '\r'
					       : *from;
		} else {
			*to++ = *from;
		}
	}
	return to - text;
}

/* Cuts "name=value" in two; value is NULL without "=" */
char *word_cut(char *word)
{
	char *value = strchr(word, '=');

	if (value)
		*value++ = 0;
	return value;
}
