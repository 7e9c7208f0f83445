// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A whole number: see number.h. */
#include <errno.h>
#include <stdlib.h>

#include "number.h"

bool number_read(const char *text, unsigned long most, unsigned long *to)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	/* strtoul() takes spaces and signs as well */
	if (*text < '0' || *text > '9' || *end || errno || n > most)
		return false;
	*to = n;
	return true;
}
