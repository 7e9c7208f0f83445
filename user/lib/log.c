// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What people read: one line on stderr or in syslog. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

#include "log.h"

static const char *log_who = "handfast";
static bool log_to_syslog;

void log_init(const char *who, bool use_syslog)
{
	log_who = who;
	log_to_syslog = use_syslog;
	if (use_syslog)
		openlog(who, LOG_PID, LOG_DAEMON);
}

static void log_line(int level, const char *prefix, const char *fmt, va_list ap)
{
	char line[1024];

	vsnprintf(line, sizeof(line), fmt, ap);
	if (log_to_syslog)
		syslog(level, "%s", line);
	else
		fprintf(stderr, "%s: %s\n", prefix, line);
}

void log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(LOG_INFO, log_who, fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	static int wanted = -1;
	va_list ap;

	if (wanted < 0)
		wanted = !!getenv("HANDFAST_DEBUG");
	if (!wanted)
		return;
	va_start(ap, fmt);
	log_line(LOG_DEBUG, log_who, fmt, ap);
	va_end(ap);
}

void log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(LOG_ERR, log_who, fmt, ap);
	va_end(ap);
}

void log_try(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(LOG_ERR, "try", fmt, ap);
	va_end(ap);
}
