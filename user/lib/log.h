/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What people read: one line on stderr or in syslog. */
#ifndef HANDFAST_LOG_H
#define HANDFAST_LOG_H

#include <stdbool.h>

/* `who` begins each line ("handfast", "handfastd"); `use_syslog` for the rest. */
void log_init(const char *who, bool use_syslog);

void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* For developers, with HANDFAST_DEBUG in the environment. */
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The second line of an error: what to do about it. */
void log_try(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
