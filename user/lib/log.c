// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What people read: one line on stderr, in syslog or in the journal. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "failure.h"
#include "journal.h"
#include "log.h"

struct line {
	int level;			/* of syslog */
	const char *prefix;		/* in place of `log_who`, or NULL */
	const struct log_field *fields;	/* or NULL */
	char text[1024];
};

static const char *log_who = "handfast";
static bool log_to_syslog;
static const char *journal_instance, *journal_socket;	/* NULL: unused */

void log_init(const char *who, bool use_syslog)
{
	log_who = who;
	log_to_syslog = use_syslog;
	if (use_syslog)
		openlog(who, LOG_PID, LOG_DAEMON);
}

void log_use_journal(const char *instance, const char *socket)
{
	journal_instance = instance;
	journal_socket = socket;
}

static int send_to_journal(const struct line *l)
{
	struct journal_entry e = {};
	char message[sizeof(l->text) + 16];

	snprintf(message, sizeof(message), "%s%s%s", l->prefix ?: "",
		 l->prefix ? ": " : "", l->text);
	journal_put(&e, "MESSAGE", message);
	journal_put(&e, "PRIORITY", (char[]){ '0' + l->level, '\0' });
	journal_put(&e, "SYSLOG_FACILITY", "3");	/* LOG_DAEMON */
	journal_put(&e, "SYSLOG_IDENTIFIER", log_who);
	journal_put(&e, "HANDFAST_INSTANCE", journal_instance);
	for (const struct log_field *f = l->fields; f && f->name; f++)
		if (f->value[0])
			journal_put(&e, f->name, f->value);
	return journal_send(&e, journal_socket);
}

static void log_line(struct line *l, const char *fmt, va_list ap)
{
	vsnprintf(l->text, sizeof(l->text), fmt, ap);
	if (journal_socket && (log_to_syslog || journal_reads(STDERR_FILENO)) &&
	    !send_to_journal(l))
		return;
	if (log_to_syslog)
		syslog(l->level, "%s", l->text);
	else
		fprintf(stderr, "%s: %s\n", l->prefix ?: log_who, l->text);
}

void log_info(const char *fmt, ...)
{
	struct line l = { .level = LOG_INFO };
	va_list ap;

	va_start(ap, fmt);
	log_line(&l, fmt, ap);
	va_end(ap);
}

void log_event(const struct log_field *fields, const char *fmt, ...)
{
	struct line l = { .level = LOG_INFO, .fields = fields };
	va_list ap;

	va_start(ap, fmt);
	log_line(&l, fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	struct line l = { .level = LOG_DEBUG };
	static int wanted = -1;
	va_list ap;

	if (wanted < 0)
		wanted = !!getenv("HANDFAST_DEBUG");
	if (!wanted)
		return;
	va_start(ap, fmt);
	log_line(&l, fmt, ap);
	va_end(ap);
}

void log_error(const char *fmt, ...)
{
	struct line l = { .level = LOG_ERR };
	va_list ap;

	va_start(ap, fmt);
	log_line(&l, fmt, ap);
	va_end(ap);
}

void log_try(const char *fmt, ...)
{
	struct line l = { .level = LOG_ERR, .prefix = "try" };
	va_list ap;

	va_start(ap, fmt);
	log_line(&l, fmt, ap);
	va_end(ap);
}

void log_failure(const char *of, const struct failure *f)
{
	log_error("%s%s", of, f->what);
	if (f->cure[0])
		log_try("%s", f->cure);
}
