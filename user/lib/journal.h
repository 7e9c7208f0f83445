/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * journald's native protocol: a datagram for each entry, made of fields. See "Native
 * Journal Protocol" of systemd's documentation.
 */
#ifndef HANDFAST_JOURNAL_H
#define HANDFAST_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#define JOURNAL_SOCKET	"/run/systemd/journal/socket"

struct journal_entry {
	char bytes[4096];	/* far below what a datagram may have */
	size_t len;
};

/* Does journald read what is written there, as $JOURNAL_STREAM says? */
bool journal_reads(int fd);

/* Add a field: all of it, or nothing where there is no room. */
void journal_put(struct journal_entry *e, const char *name, const char *value);

/* To the socket of that name: 0 or -errno. Nothing waits: a full queue is -EAGAIN. */
int journal_send(const struct journal_entry *e, const char *name);

#endif
