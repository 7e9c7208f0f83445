/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * JSON onto standard output, member by member, so that a list may be longer
 * than memory. `name` is NULL for members of an array.
 */
#ifndef HANDFAST_EMIT_H
#define HANDFAST_EMIT_H

#include <stdbool.h>
#include <stdint.h>

void emit_begin_object(const char *name);
void emit_begin_array(const char *name);

/* End the innermost object or array; the outermost one ends the line. */
void emit_end(void);

/* NULL is null; an empty reason is null as well. */
void emit_string(const char *name, const char *value);
void emit_reason(const char *name, const char *why);

void emit_number(const char *name, int64_t value);
void emit_decimal(const char *name, double value);
void emit_bool(const char *name, bool value);
void emit_null(const char *name);

/* A value that is JSON already; NULL is null. */
void emit_json(const char *name, const char *json);

#endif
