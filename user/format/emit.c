// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON onto standard output: see emit.h. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "emit.h"

#define DEPTH_MAX	8

static char closing[DEPTH_MAX];	/* of each open object or array */
static int depth;
static bool follows;		/* a member stands before the next one */

static void put_text(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			printf("\\u%04x", *text);
		else
			putchar(*text);
	}
	putchar('"');
}

static void member(const char *name)
{
	if (follows)
		printf(", ");
	follows = true;
	if (!name)
		return;
	put_text(name);
	printf(": ");
}

static void begin(const char *name, char open, char close)
{
	assert(depth < DEPTH_MAX);
	member(name);
	putchar(open);
	closing[depth++] = close;
	follows = false;
}

void emit_begin_object(const char *name)
{
	begin(name, '{', '}');
}

void emit_begin_array(const char *name)
{
	begin(name, '[', ']');
}

void emit_end(void)
{
	assert(depth > 0);
	putchar(closing[--depth]);
	follows = depth > 0;
	if (!depth)
		putchar('\n');
}

void emit_string(const char *name, const char *value)
{
	member(name);
	if (value)
		put_text(value);
	else
		printf("null");
}

void emit_reason(const char *name, const char *why)
{
	emit_string(name, why[0] ? why : NULL);
}

void emit_number(const char *name, int64_t value)
{
	member(name);
	printf("%" PRId64, value);
}

void emit_decimal(const char *name, double value)
{
	member(name);
	printf("%.6g", value);
}

void emit_bool(const char *name, bool value)
{
	member(name);
	printf(value ? "true" : "false");
}

void emit_json(const char *name, const char *json)
{
	member(name);
	printf("%s", json ?: "null");
}

void emit_null(const char *name)
{
	emit_string(name, NULL);
}
