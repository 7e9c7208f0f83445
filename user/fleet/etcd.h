/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One key of etcd, read and replaced over its JSON gateway (/v3/kv, since etcd 3.4),
 * by libcurl. Each call waits for at most a few seconds; who does not answer is left
 * for the next of its machines.
 */
#ifndef HANDFAST_ETCD_H
#define HANDFAST_ETCD_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/failure.h"

#define ETCD_URLS_MAX	16
#define ETCD_TIMEOUT_S	2L	/* of each URL asked */

/* Who is asked, and how; "" where the user did not say. */
struct etcd_access {
	const char *url[ETCD_URLS_MAX];
	int urls;
	const char *cacert;		/* files */
	const char *cert, *key;
};

struct etcd {
	const struct etcd_access *access;
	CURL *curl;
	int at;				/* of the URLs, who answered last */
};

/* 0, or -1 with the failure; to be closed in any case. */
int etcd_open(struct etcd *e, const struct etcd_access *access,
	      struct failure *f);
void etcd_close(struct etcd *e);

/* What a key has. */
struct etcd_value {
	const char *key;
	int64_t revision;		/* of the key; 0: it is not there */
	char *text;
	size_t size;			/* of the room, with a NUL */
};

/* `v` becomes what its key has. 0, or -1 with the failure. */
int etcd_get(struct etcd *e, struct etcd_value *v, struct failure *f);

/* Give the key that text, if it still has that revision. `done`: it had. 0, or -1
 * with the failure. */
int etcd_swap(struct etcd *e, const struct etcd_value *v, bool *done,
	      struct failure *f);

#endif
