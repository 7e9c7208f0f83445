// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Keys from a file: see key_file.h. No byte of it may stand in a message. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "key_file.h"
#include "number.h"

#define KEY_DIGITS	32

static bool read_hex(const char *hex, struct hf_siphash_key *key)
{
	static const char digits[] = "0123456789abcdef";
	__u64 word[2] = {};
	const char *digit;

	for (int i = 0; i < KEY_DIGITS; i++) {
		digit = hex[i] ? strchr(digits, tolower((unsigned char)hex[i]))
			       : NULL;
		if (!digit)
			return false;
		/* as its bytes lie in the map: the lowest of a word first */
		word[i / 16] |= (__u64)(digit - digits)
				<< (i % 16 / 2 * 8 + (i % 2 ? 0 : 4));
	}
	key->k0 = word[0];
	key->k1 = word[1];
	return !hex[KEY_DIGITS];
}

static bool read_id(const char *text, __u32 *id)
{
	unsigned long n;

	if (!number_read(text, UINT32_MAX, &n))
		return false;
	*id = n;
	return true;
}

/* Its words; -1: it is none of ours. 0 of a line that says nothing. */
static int read_line(char *line, struct hf_keys *key)
{
	char *save, *words[5] = {};
	int nr = 0;

	line[strcspn(line, "#")] = '\0';
	for (char *w = strtok_r(line, " \t\r", &save); w && nr < 5;
	     w = strtok_r(NULL, " \t\r", &save))
		words[nr++] = w;
	if (!nr)
		return 0;
	memset(key, 0, sizeof(*key));
	if (nr != 4 || strcmp(words[0], "key") ||
	    !read_id(words[1], &key->turn) ||
	    !read_hex(words[2], &key->cookie) ||
	    !read_hex(words[3], &key->offset))
		return -1;
	return 1;
}

static int read_lines(struct key_file *to, const char *path, struct failure *f)
{
	char *line = to->text, *next;
	struct hf_keys *key;
	int nr = 1, has;

	to->nr = 0;
	for (; line; line = next, nr++) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		/* one more than fits is read onto the last, and refused */
		key = &to->key[to->nr < KEY_FILE_KEYS ? to->nr
						      : KEY_FILE_KEYS - 1];
		has = read_line(line, key);
		if (has < 0)
			return failure_set(f,
					   "%s:%d: not `key ID KEY KEY', each "
					   "KEY of %d hexadecimal digits",
					   path, nr, KEY_DIGITS);
		to->nr += has;
	}
	if (!to->nr || to->nr > KEY_FILE_KEYS)
		return failure_set(f, "%s: has %s", path,
				   to->nr ? "more than two keys" : "no key");
	if (to->nr == 2 && to->key[0].turn == to->key[1].turn)
		return failure_set(f, "%s: both keys have the same ID", path);
	return 0;
}

int key_file_parse(struct key_file *to, const char *from, struct failure *f)
{
	int err = read_lines(to, from, f);

	explicit_bzero(to->text, sizeof(to->text));
	return err;
}

/* As read_hex() reads it. */
static void put_hex(char *to, const struct hf_siphash_key *key)
{
	__u64 word[2] = { key->k0, key->k1 };

	for (int i = 0; i < KEY_DIGITS / 2; i++)
		sprintf(to + 2 * i, "%02x",
			(unsigned int)(word[i / 8] >> (i % 8 * 8) & 0xff));
}

size_t key_file_format(struct key_file *k)
{
	char cookie[KEY_DIGITS + 1], offset[KEY_DIGITS + 1];
	size_t len = 0;

	for (int i = 0; i < k->nr; i++) {
		put_hex(cookie, &k->key[i].cookie);
		put_hex(offset, &k->key[i].offset);
		len += snprintf(k->text + len, sizeof(k->text) - len,
				"key %u %s %s\n", k->key[i].turn, cookie,
				offset);
	}
	explicit_bzero(cookie, sizeof(cookie));
	explicit_bzero(offset, sizeof(offset));
	return len;
}

/* May it hold secrets? */
static int check_file(int fd, const char *path, struct failure *f)
{
	struct stat st;

	if (fstat(fd, &st))
		return failure_set(f, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return failure_set(f, "%s: not a file", path);
	if (st.st_uid && st.st_uid != geteuid())
		return failure_set(f, "%s: is neither root's nor ours", path);
	if (st.st_mode & S_IRWXO) {
		failure_set(f, "%s: others may read or write it", path);
		return failure_cure(f, "chmod o= %s", path);
	}
	return 0;
}

int key_file_read(struct key_file *to, const char *path, struct failure *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err = -1;
	ssize_t len;

	if (fd < 0)
		return failure_set(f, "%s: %s", path, strerror(errno));
	if (check_file(fd, path, f))
		goto out;
	len = read(fd, to->text, KEY_FILE_BYTES);
	if (len < 0)
		failure_set(f, "%s: %s", path, strerror(errno));
	else if (len == KEY_FILE_BYTES || memchr(to->text, 0, len))
		failure_set(f, "%s: not a file of keys", path);
	else
		err = 0;
	if (!err) {
		to->text[len] = '\0';
		err = key_file_parse(to, path, f);
	}
	explicit_bzero(to->text, sizeof(to->text));
out:
	close(fd);
	return err;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_mode == b->st_mode && a->st_uid == b->st_uid &&
	       a->st_size == b->st_size &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

bool key_file_changed(const char *path, struct stat *seen)
{
	struct stat now;

	if (stat(path, &now))
		memset(&now, 0, sizeof(now));
	if (is_same(&now, seen))
		return false;
	*seen = now;
	return true;
}
