// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Following and rotating: see fleet.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fleet.h"
#include "lib/log.h"
#include "sys/secret.h"

int fleet_open(struct fleet *fl, const struct etcd_access *access,
	       struct failure *f)
{
	fl->revision = -1;
	fl->theirs = secret_alloc(sizeof(*fl->theirs));
	fl->ours = secret_alloc(sizeof(*fl->ours));
	if (!fl->theirs || !fl->ours)
		return failure_set(f, "keys: %s", strerror(errno));
	return etcd_open(&fl->etcd, access, f);
}

void fleet_close(struct fleet *fl)
{
	if (fl->etcd.curl)
		etcd_close(&fl->etcd);
	secret_free(fl->theirs, sizeof(*fl->theirs));
	secret_free(fl->ours, sizeof(*fl->ours));
}

/* --- the file -------------------------------------------------------------- */

bool fleet_has_file(struct fleet *fl)
{
	struct failure f;

	return !key_file_read(fl->ours, fl->path, &f);
}

static bool has_same_keys(const struct key_file *a, const struct key_file *b)
{
	return a->nr == b->nr &&
	       !memcmp(a->key, b->key, a->nr * sizeof(a->key[0]));
}

/* A file's whole content. 0 or -errno. */
static int fill(int fd, const char *text, size_t len)
{
	ssize_t n = write(fd, text, len);

	if (n < 0)
		return -errno;
	if ((size_t)n < len)
		return -ENOSPC;
	return fsync(fd) ? -errno : 0;
}

/* Another file in place of the one that is there, whole or not at all. */
static int write_file(struct key_file *k, const char *path, struct failure *f)
{
	char next[PATH_MAX];
	size_t len;
	int fd, err;

	if (snprintf(next, sizeof(next), "%s.new", path) >= (int)sizeof(next))
		return failure_set(f, "%s: %s", path, strerror(ENAMETOOLONG));
	len = key_file_format(k);
	unlink(next);
	fd = open(next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	err = fd < 0 ? -errno : fill(fd, k->text, len);
	explicit_bzero(k->text, sizeof(k->text));
	if (fd >= 0)
		close(fd);
	if (!err && rename(next, path))
		err = -errno;
	if (!err)
		return 0;
	unlink(next);
	return failure_set(f, "%s: %s", path, strerror(-err));
}

/* --- etcd's ---------------------------------------------------------------- */

static struct etcd_value value_of(struct fleet *fl)
{
	return (struct etcd_value){
		.key = fl->key,
		.revision = fl->revision,
		.text = fl->theirs->text,
		.size = sizeof(fl->theirs->text),
	};
}

/* fl->theirs and their revision. */
static int look(struct fleet *fl, uint64_t now_ms, struct failure *f)
{
	struct etcd_value v = value_of(fl);

	if (etcd_get(&fl->etcd, &v, f))
		return -1;
	if (v.revision && key_file_parse(fl->theirs, fl->key, f))
		return -1;
	if (v.revision != fl->revision) {
		fl->revision = v.revision;
		fl->seen_ms = now_ms;
	}
	return 0;
}

/* fl->theirs become the fleet's, unless somebody was faster: then `done` is false,
 * and what that one put is seen by the next look. */
static int publish(struct fleet *fl, bool *done, struct failure *f)
{
	struct etcd_value v = value_of(fl);
	int err;

	key_file_format(fl->theirs);
	err = etcd_swap(&fl->etcd, &v, done, f);
	explicit_bzero(fl->theirs->text, sizeof(fl->theirs->text));
	return err;
}

/*
 * It has none: it gets those in use, and from who has no file the first ever, unless
 * somebody comes meanwhile who has one. A file that cannot be read is in use, perhaps.
 */
static int begin(struct fleet *fl, uint64_t now_ms, struct failure *f)
{
	bool has = !key_file_read(fl->ours, fl->path, f), done;

	if (has)
		*fl->theirs = *fl->ours;
	else if (!access(fl->path, F_OK) || errno != ENOENT)
		return -1;
	else if (now_ms - fl->seen_ms < fl->rotation.settle_ms)
		return 0;
	else if (rotation_begin(fl->theirs))
		return failure_set(f, "keys: no random numbers");
	if (publish(fl, &done, f))
		return -1;
	if (done)
		log_info("%s: had no keys, and has %s now", fl->key,
			 has ? "ours" : "a first one");
	return 0;
}

static int follow(struct fleet *fl, struct failure *f)
{
	if (fleet_has_file(fl) && has_same_keys(fl->ours, fl->theirs))
		return 0;
	if (write_file(fl->theirs, fl->path, f))
		return -1;
	log_info("%s: written, key %u mints%s", fl->path,
		 fl->theirs->key[0].turn,
		 fl->theirs->nr > 1 ? ", another one is accepted" : "");
	return 0;
}

static int rotate(struct fleet *fl, struct failure *f)
{
	bool done;

	if (rotation_step(fl->theirs))
		return failure_set(f, "keys: no random numbers");
	return publish(fl, &done, f);
}

int fleet_step(struct fleet *fl, uint64_t now_ms, struct failure *f)
{
	if (look(fl, now_ms, f))
		return -1;
	if (!fl->revision)
		return begin(fl, now_ms, f);
	if (follow(fl, f))
		return -1;
	if (now_ms - fl->seen_ms < rotation_due_ms(&fl->rotation, fl->theirs))
		return 0;
	return rotate(fl, f);
}
