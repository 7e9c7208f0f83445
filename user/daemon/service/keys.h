/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The secrets of the data plane: each generation of keys has its own. They are made
 * here, anew by timer and on command, or come from a file that machines share, and
 * tell the wall clock then.
 */
#ifndef HANDFAST_KEYS_H
#define HANDFAST_KEYS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "handfast/limits.h"
#include "lib/failure.h"

struct config;
struct dataplane;
struct key_file;

struct keys {
	struct key_file *secret;	/* for as long as they pass through */
	char path[HF_TEXT_MAX];		/* where they come from, or "" */
	struct stat seen;		/* what lay there */
	char why[HF_TEXT_MAX];		/* what was wrong with it, or "" */
	bool pair;			/* it has two */
	uint64_t drawn_ms;		/* to the wall clock, last */
};

/*
 * The first generation, unless an earlier daemon left one; key_file's in any case.
 * The seed of the presence filter stays for good. `begun`: another generation than
 * that daemon's has. 0, or -1 with the failure.
 */
int keys_open(struct keys *k, struct dataplane *dp, const struct config *c,
	      bool *begun, struct failure *f);
void keys_close(struct keys *k);

/* Can the file be read, if keys are to come from one? 0, or -1 with the failure. */
int keys_check(const struct config *c, struct failure *f);

/*
 * A new generation; the former one stays good for one cookie lifetime. 0, or -1
 * with the failure, and then nothing has changed.
 */
int keys_rotate(struct keys *k, struct dataplane *dp, uint64_t now_ms,
		struct failure *f);

/*
 * File and wall clock are followed; the generation before is forgotten after its
 * lifetime. `age_ms` of those in use: they go when it is time. Has a generation
 * begun?
 */
bool keys_follow(struct keys *k, struct dataplane *dp, const struct config *c,
		 uint64_t now_ms, uint64_t age_ms);

#endif
