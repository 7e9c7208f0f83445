/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One machine of a fleet: its file of keys follows etcd's, and with each step of a
 * rotation that is due the machine that is first makes it, by compare-and-swap of
 * what all have seen. No clock is compared: each counts from when it saw a revision.
 *
 * The file is what the daemon reads. It stays when etcd is gone, and whoever comes
 * first to an etcd that has lost its keys gives it those that are in use. Who has none
 * waits for those who have, and makes the first ever only then.
 */
#ifndef HANDFAST_FLEET_H
#define HANDFAST_FLEET_H

#include "etcd.h"
#include "lib/key_file.h"
#include "rotation.h"

#define FLEET_KEY_MAX	256

struct fleet {
	struct etcd etcd;
	struct rotation rotation;
	const char *path;		/* of the file */
	char key[FLEET_KEY_MAX];	/* of etcd's */
	struct key_file *theirs, *ours;	/* secret: etcd's and the file's */
	int64_t revision;		/* that was seen last; 0: no keys; -1 */
	uint64_t seen_ms;		/* ... for the first time */
};

/* 0, or -1 with the failure; to be closed in any case. */
int fleet_open(struct fleet *fl, const struct etcd_access *access,
	       struct failure *f);
void fleet_close(struct fleet *fl);

/* Follow, and rotate if it is time. 0, or -1 with the failure: try again. */
int fleet_step(struct fleet *fl, uint64_t now_ms, struct failure *f);

/* Is there a file that the daemon could read? */
bool fleet_has_file(struct fleet *fl);

#endif
