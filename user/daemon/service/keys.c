// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Keys of cookies: see keys.h. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/attach/dataplane.h"
#include "keys.h"

/* Random ones; of what stands beside them, `turn`. 0 or -errno. */
static int keys_fill(struct hf_keys *keys, __u32 turn)
{
	memset(keys, 0, sizeof(*keys));
	keys->turn = turn;
	if (getrandom(&keys->cookie, sizeof(keys->cookie), 0) !=
		    sizeof(keys->cookie) ||
	    getrandom(&keys->offset, sizeof(keys->offset), 0) !=
		    sizeof(keys->offset))
		return -errno;
	return 0;
}

static int keys_put(const struct dataplane *dp, __u32 generation)
{
	struct hf_keys keys;
	int err = keys_fill(&keys, generation)
			  ?: map_write(&dp->maps, HF_MAP_KEYS,
				       generation % HF_KEYS_MAX, &keys);

	explicit_bzero(&keys, sizeof(keys));
	return err;
}

int keys_make(struct dataplane *dp, struct failure *f)
{
	__u64 seed;
	int err;

	if (dp->control->key_generation)
		return 0;
	err = keys_put(dp, 1);
	if (!err && getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		err = -errno;
	if (err)
		return failure_set(f, "keys: cannot be made: %s",
				   strerror(-err));
	dp->control->presence_seed = seed;
	dp->control->key_generation = 1;
	return 0;
}

int keys_rotate(struct dataplane *dp, __u32 now_ms)
{
	__u32 generation = dp->control->key_generation + 1;
	int err = keys_put(dp, generation);

	if (err)
		return err;
	dp->control->key_prev_until_ms = now_ms + HF_COOKIE_LIFETIME_MS;
	dp->control->key_prev_valid = 1;
	__atomic_store_n(&dp->control->key_generation, generation,
			 __ATOMIC_RELEASE);
	return 0;
}
