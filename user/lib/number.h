/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A whole number that somebody typed. */
#ifndef HANDFAST_NUMBER_H
#define HANDFAST_NUMBER_H

#include <stdbool.h>

/* Decimal digits and nothing else, at most `most`. False: `to` stays. */
bool number_read(const char *text, unsigned long most, unsigned long *to);

#endif
