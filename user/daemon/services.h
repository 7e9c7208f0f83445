/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which (local address, port) pairs are protected services, kept in step with
 * the sockets that listen, the addresses of the namespace and the SPECs.
 */
#ifndef HANDFAST_SERVICES_H
#define HANDFAST_SERVICES_H

#include "config.h"
#include "dataplane.h"

struct service_entry {
	struct hf_service_key key;
	struct hf_service value;
};

struct services {
	struct service_entry *entry;	/* what the map holds, sorted by key */
	int nr;
	struct hf_service_info info[HF_SERVICES_MAX];
	int info_nr;			/* rows in use, row 0 included */
	__u8 profile;			/* index into profiles */
	__u8 profile_prev;
	__u32 profile_prev_until_ms;
	struct hf_profile granted;	/* what `profile` says */
	bool full_said;
};

/* Read back what an earlier daemon left in the maps. */
void services_take_over(struct services *s, const struct dataplane *dp);

/*
 * Announce by this profile from now on; a change takes the next number, and
 * the one before stays valid for a cookie's lifetime.
 */
void services_set_profile(struct services *s, const struct hf_profile *profile,
			  const struct dataplane *dp, __u32 now_ms);

/*
 * Look at sockets and addresses and bring the map in step; what `translated`
 * matches passes. 0 or -errno.
 */
int services_sync(struct services *s, const struct config *c,
		  const struct spec_list *translated,
		  const struct dataplane *dp, unsigned int mtu);

/* Write the rows that people read. */
void services_publish(struct services *s, const struct dataplane *dp,
		      bool armed, const char *why);

void services_free(struct services *s);

#endif
