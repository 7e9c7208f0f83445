/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Services behind this host that no SPEC names one by one: a prefix covers
 * them, or they are published at an address of this host and `all` or a range of
 * ports does; and they were seen to answer a SYN (bpf/state/found.bpf.h).
 *
 * What one has is its pair in the table of services, and when it answered last,
 * its row of `answers`: both stay in the maps, so that a daemon that takes over
 * has the same. Without an answer for HF_FOUND_SILENT_MS it is none any more.
 *
 * At most HF_FOUND_ROWS_MAX have a row. Where more want one, those that have
 * not answered for HF_ANSWER_BELIEVED_MS, whose SYNs pass by then anyway, make
 * room for new ones, the longest silent first; what answers stays, and the new
 * ones that are too many are not protected.
 */
#ifndef HANDFAST_DAEMON_FOUND_H
#define HANDFAST_DAEMON_FOUND_H

#include <stdbool.h>

#include "lib/config.h"
#include "lib/spec.h"
#include "service_table.h"

#define WATCHED_PORTS_MAX	64	/* of one SPEC: each has a row of its own */

struct found {
	struct hf_service_key key;
	__u16 row;		/* that it has; 0: it is new */
	__u8 options;		/* HF_OPT_* that it granted; of a new one */
	__u32 silent_ms;	/* since its last SYN-ACK */
};

struct found_list {
	struct found *at;
	int nr;
	int over;		/* so many behind them get no row */
};

/* What a look has without them. */
struct found_view {
	const struct service_table *now;	/* sorted */
	const struct services *services;
	const struct services_view *view;
	const struct dataplane *dp;
	const struct in6_addr *addr;	/* of this host, sorted */
	int addrs;
};

/* Those that shall have a row now. 0 or -errno, and then the list is empty. */
int found_list_make(struct found_list *l, const struct found_view *v);

void found_list_free(struct found_list *l);

/* Does the SPEC stand for whatever answers there? One of a single address, or of
 * none, and few ports names its services itself; where reqsk is asked for only
 * sockets are services. */
bool found_is_looked_for(const struct config *c, const struct spec *s);

/* Likewise, at this host's addresses, whatever they are? */
bool found_is_any_port(const struct config *c, const struct spec *s);

/* A new one got its row: what is known of it begins there. */
void found_begin(const struct found *f, int row, const struct dataplane *dp,
		 __u32 now_ms);

/* It gets none. It is forgotten, so that its next answer counts again. */
void found_refuse(const struct found *f, const struct dataplane *dp);

#endif
