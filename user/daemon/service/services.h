/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which (local address, port) pairs are protected services, kept in step with
 * the sockets that listen, the addresses of the namespace and the SPECs.
 */
#ifndef HANDFAST_SERVICES_H
#define HANDFAST_SERVICES_H

#include "lib/config.h"
#include "daemon/attach/dataplane.h"
#include "listeners.h"
#include "profiles.h"
#include "rows.h"
#include "service_table.h"

struct services {
	struct service_table table;	/* what the map holds */
	struct service_rows rows;
	bool unwritten[HF_SERVICES_MAX];	/* row by row: the map lacks a
						 * pair of it */
	int found_over;		/* so many were found and got no row ... */
	__u32 found_over_ms;	/* ... when any did last */
	int writes, write_err;		/* of the last look */
	unsigned int sockets;		/* protected ones that listen */
	struct profiles profiles;
};

/* What services depend on, besides addresses. */
struct services_view {
	const struct config *config;
	const struct listener_list *listeners;
	bool reqsk;			/* the kernel takes connections so ... */
	bool syncookies;		/* ... as it is set */
	int hooks;			/* HF_HOOKS_* */
	struct hf_profile profile;	/* for sockets with usual buffers */
	unsigned int rcvbuf;		/* the usual buffer, tcp_rmem[1] */
	unsigned int mtu;
	const struct in6_addr *exit_from;	/* struct exits */
	int exit_froms;
	__u32 now_ms;
};

/* Read back what an earlier daemon left in the maps. */
void services_take_over(struct services *s, const struct dataplane *dp);

/*
 * Look at sockets and addresses and bring the map in step. A service whose
 * profile changes accepts its former profile for a cookie's lifetime; where SYNs
 * passed until now, they ask for the kernel's sockets. 0 or -errno.
 */
int services_sync(struct services *s, const struct services_view *v,
		  struct dataplane *dp);

/* Write the rows that people read; `why` nothing is armed, or "". Returns the
 * handoff of most services. */
enum hf_handoff services_publish(struct services *s,
				 const struct services_view *v,
				 const struct dataplane *dp, const char *why);

void services_free(struct services *s);

#endif
