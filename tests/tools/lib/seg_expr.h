/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* seg_expr.h: variables, expressions and the text of words, for seg. */
#ifndef SEG_EXPR_H
#define SEG_EXPR_H

#include <stddef.h>
#include <stdint.h>

extern int line_nr;		/* of the script; 0: before it */

/* One line on stderr, with the line number, and exit */
void __attribute__((noreturn, format(printf, 2, 3))) quit(int code,
							  const char *fmt, ...);

void var_set(const char *name, uint32_t value);
/* Ends the program if there is no such variable */
uint32_t eval(const char *expr);

/* In place; returns the length */
size_t unescape(char *text);
/* Cuts "name=value" in two; returns the value, NULL without "=" */
char *word_cut(char *word);

#endif
