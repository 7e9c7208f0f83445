/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An error for people, on its way to whoever reports it. */
#ifndef HANDFAST_FAILURE_H
#define HANDFAST_FAILURE_H

#include <stdarg.h>
#include <stdio.h>

struct failure {
	char what[384];		/* "what: why" */
	char cure[256];		/* a command that helps, or empty */
};

static inline int __attribute__((format(printf, 2, 3)))
failure_set(struct failure *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->what, sizeof(f->what), fmt, ap);
	va_end(ap);
	f->cure[0] = '\0';
	return -1;
}

static inline int __attribute__((format(printf, 2, 3)))
failure_cure(struct failure *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->cure, sizeof(f->cure), fmt, ap);
	va_end(ap);
	return -1;
}

#endif
