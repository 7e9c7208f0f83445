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

/*
 * The value of `key`, at most `size` - 1 bytes and a NUL, and the revision that it
 * is of, 0: there is no such key. 0, or -1 with the failure.
 */
int etcd_get(struct etcd *e, const char *key, char *value, size_t size,
	     int64_t *revision, struct failure *f);

/*
 * Replace the value, if the key still has that revision (0: is not there). `done`:
 * it had. 0, or -1 with the failure.
 */
int etcd_swap(struct etcd *e, const char *key, int64_t revision,
	      const char *value, bool *done, struct failure *f);

#endif
