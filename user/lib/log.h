/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What people read: one line on stderr, in syslog or in the journal. */
#ifndef HANDFAST_LOG_H
#define HANDFAST_LOG_H

#include <stdbool.h>

/* `who` begins each line ("handfast", "handfastd"); `use_syslog` for the rest. */
void log_init(const char *who, bool use_syslog);

/*
 * Give lines to journald itself, at its socket, with the instance as a field, where it
 * reads them anyhow: on its stream, or as syslog. What it does not take goes there as
 * before. The texts are the caller's.
 */
void log_use_journal(const char *instance, const char *socket);

void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* What went wrong, `of` before it, and what helps against it. */
struct failure;
void log_failure(const char *of, const struct failure *f);

struct log_field {
	const char *name;	/* A-Z, 0-9, _; NULL ends a list */
	const char *value;	/* none where it is "" */
};

/* The same as log_info(), and what the line tells as fields for the journal. */
void log_event(const struct log_field *fields, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* For developers, with HANDFAST_DEBUG in the environment. */
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The second line of an error: what to do about it. */
void log_try(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
