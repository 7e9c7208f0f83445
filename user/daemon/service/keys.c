// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Keys of cookies: see keys.h. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/attach/dataplane.h"
#include "keys.h"

int keys_make(struct dataplane *dp, struct failure *f)
{
	struct hf_keys keys;
	__u64 seed;

	if (dp->control->key_generation)
		return 0;
	if (getrandom(&keys, sizeof(keys), 0) != sizeof(keys) ||
	    getrandom(&seed, sizeof(seed), 0) != sizeof(seed) ||
	    map_write(&dp->maps, HF_MAP_KEYS, 1 % HF_KEYS_MAX, &keys))
		return failure_set(f, "keys: cannot be made: %s",
				   strerror(errno));
	explicit_bzero(&keys, sizeof(keys));
	dp->control->presence_seed = seed;
	dp->control->key_generation = 1;
	return 0;
}

int keys_rotate(struct dataplane *dp, __u32 now_ms)
{
	__u32 generation = dp->control->key_generation;
	struct hf_keys keys;
	int err;

	err = map_read(&dp->maps, HF_MAP_KEYS, generation % HF_KEYS_MAX, &keys);
	if (!err && getrandom(&keys.cookie, sizeof(keys.cookie), 0) !=
			    sizeof(keys.cookie))
		err = -errno;
	if (!err)
		err = map_write(&dp->maps, HF_MAP_KEYS,
				(generation + 1) % HF_KEYS_MAX, &keys);
	explicit_bzero(&keys, sizeof(keys));
	if (err)
		return err;
	dp->control->key_prev_until_ms = now_ms + HF_COOKIE_LIFETIME_MS;
	dp->control->key_prev_valid = 1;
	__atomic_store_n(&dp->control->key_generation, generation + 1,
			 __ATOMIC_RELEASE);
	return 0;
}
