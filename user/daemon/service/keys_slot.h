/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What keys.c and keys_shared.c have in common: slots of the map `keys`. */
#ifndef HANDFAST_KEYS_SLOT_H
#define HANDFAST_KEYS_SLOT_H

#include <string.h>

#include "daemon/attach/dataplane.h"
#include "keys.h"
#include "lib/key_file.h"

#define FOR_GOOD_MS	(1U << 30)	/* 12 days; put off again and again */

static inline int slot_put(const struct dataplane *dp, __u32 generation,
			   const struct hf_keys *keys)
{
	return map_write(&dp->maps, HF_MAP_KEYS, generation % HF_KEYS_MAX,
			 keys);
}

static inline int slot_get(const struct dataplane *dp, __u32 generation,
			   struct hf_keys *keys)
{
	return map_read(&dp->maps, HF_MAP_KEYS, generation % HF_KEYS_MAX, keys);
}

/* `generation` is filled; the one before is good until then. */
static inline void slot_publish(const struct dataplane *dp, __u32 generation,
				__u32 until_ms)
{
	struct hf_control *c = dp->control;

	c->key_prev_until_ms = until_ms;
	c->key_prev_valid = generation > 1;
	__atomic_store_n(&c->key_generation, generation, __ATOMIC_RELEASE);
}

static inline void slot_wipe(struct keys *k)
{
	explicit_bzero(k->secret->key, sizeof(k->secret->key));
}

/* Keys of k->path: those that the data plane has go on. 0, or -1 with the
 * failure. `begun`: a generation has. */
int keys_load(struct keys *k, struct dataplane *dp, uint64_t now_ms,
	      bool *begun, struct failure *f);

/* Are those that mint of a file? */
bool keys_are_shared(struct keys *k, const struct dataplane *dp);

/* Has a generation begun? */
bool keys_follow_file(struct keys *k, struct dataplane *dp, uint64_t now_ms);
bool keys_follow_wall(struct keys *k, struct dataplane *dp, uint64_t now_ms);

/* What is wrong with the keys, once, or "": nothing any more. */
void keys_say(struct keys *k, const char *why);

#endif
