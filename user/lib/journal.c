// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* journald's native protocol: see journal.h. */
#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "journal.h"
#include "sys/unix.h"

/* DEVICE:INODE; a service's child may have the variable, and another stderr. */
bool journal_reads(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       !fstat(fd, &st) && st.st_dev == device && st.st_ino == inode;
}

/* "NAME=VALUE\n", and of a value with a newline "NAME\n", its length, "VALUE\n". */
void journal_put(struct journal_entry *e, const char *name, const char *value)
{
	size_t name_len = strlen(name), len = strlen(value);
	uint64_t length = htole64(len);
	char *to = e->bytes + e->len;

	if (name_len + sizeof(length) + len + 2 > sizeof(e->bytes) - e->len)
		return;
	to = mempcpy(to, name, name_len);
	if (strchr(value, '\n')) {
		*to++ = '\n';
		to = mempcpy(to, &length, sizeof(length));
	} else {
		*to++ = '=';
	}
	to = mempcpy(to, value, len);
	*to++ = '\n';
	e->len = to - e->bytes;
}

int journal_send(const struct journal_entry *e, const char *name)
{
	return unix_send(name, e->bytes, e->len, MSG_DONTWAIT);
}
