/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Keys that machines share, from a file: one or two lines
 *
 *   key ID MAC-KEY OFFSET-KEY
 *
 * the first for new cookies, the other accepted, too. ID counts up by one with each
 * new key (the turn of bpf/open/cookie.bpf.h), a KEY is 32 hexadecimal digits. What
 * stands behind # is a comment.
 */
#ifndef HANDFAST_KEY_FILE_H
#define HANDFAST_KEY_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "handfast/control.h"
#include "lib/failure.h"

#define KEY_FILE_KEYS	2
#define KEY_FILE_BYTES	4096	/* a larger one is none */

/* In memory of secret_alloc(). */
struct key_file {
	struct hf_keys key[KEY_FILE_KEYS];
	int nr;
	struct hf_keys own;		/* to compare with */
	char text[KEY_FILE_BYTES];
};

/*
 * Read it: a file of root's, or of whom we are, that others may not read; through
 * symlinks. Of the keys, the clock is left open. 0, or -1 with the failure.
 */
int key_file_read(struct key_file *to, const char *path, struct failure *f);

/* The same of what stands in to->text already, and is wiped; `from` names it. */
int key_file_parse(struct key_file *to, const char *from, struct failure *f);

/* Its keys in k->text, as they are read; how long that is. To be wiped. */
size_t key_file_format(struct key_file *k);

/* Is it another file at `path` than `seen`, or was it written? `seen` follows. */
bool key_file_changed(const char *path, struct stat *seen);

#endif
