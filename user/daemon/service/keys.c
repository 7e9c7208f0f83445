// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Keys of cookies: see keys.h.
 *
 * The data plane mints with the generation key_generation and takes the one before,
 * while key_prev_valid. Slots are filled before they are published.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/attach/dataplane.h"
#include "keys.h"
#include "keys_slot.h"
#include "lib/clock.h"
#include "lib/config.h"
#include "lib/key_file.h"
#include "sys/secret.h"

/* Random ones of our own. 0 or -errno. */
static int make(struct keys *k, struct dataplane *dp, uint64_t now_ms)
{
	__u32 generation = dp->control->key_generation;
	struct hf_keys *key = &k->secret->key[0];
	int err = slot_get(dp, generation, key);

	key->turn++;
	key->clock_off_ms = key->ahead_ms = 0;
	if (!err && (getrandom(&key->cookie, sizeof(key->cookie), 0) !=
			     sizeof(key->cookie) ||
		     getrandom(&key->offset, sizeof(key->offset), 0) !=
			     sizeof(key->offset)))
		err = -errno;
	if (!err)
		err = slot_put(dp, generation + 1, key);
	slot_wipe(k);
	if (!err)
		slot_publish(dp, generation + 1,
			     now_ms + HF_COOKIE_LIFETIME_MS);
	return err;
}

int keys_open(struct keys *k, struct dataplane *dp, const struct config *c,
	      bool *begun, struct failure *f)
{
	uint64_t now_ms = clock_mono_ms();
	__u64 seed;
	int err = 0;

	*begun = false;
	k->secret = secret_alloc(sizeof(*k->secret));
	if (!k->secret)
		return failure_set(f, "keys: %s", strerror(errno));
	if (!dp->control->key_generation) {
		if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
			err = -errno;
		dp->control->presence_seed = seed;
		if (!err && !c->key_file[0])
			err = make(k, dp, now_ms);
	}
	if (err)
		return failure_set(f, "keys: cannot be made: %s",
				   strerror(-err));
	strcpy(k->path, c->key_file);
	if (!k->path[0])
		return 0;
	key_file_changed(k->path, &k->seen);
	return keys_load(k, dp, now_ms, begun, f);
}

void keys_close(struct keys *k)
{
	secret_free(k->secret, sizeof(*k->secret));
	k->secret = NULL;
}

int keys_check(const struct config *c, struct failure *f)
{
	struct key_file *s;
	int err;

	if (!c->key_file[0])
		return 0;
	s = secret_alloc(sizeof(*s));
	if (!s)
		return failure_set(f, "keys: %s", strerror(errno));
	err = key_file_read(s, c->key_file, f);
	secret_free(s, sizeof(*s));
	return err;
}

int keys_rotate(struct keys *k, struct dataplane *dp, uint64_t now_ms,
		struct failure *f)
{
	int err;

	if (k->path[0]) {
		failure_set(f, "keys: come from %s", k->path);
		return failure_cure(f, "replace that file");
	}
	err = make(k, dp, now_ms);
	return err ? failure_set(f, "keys: cannot be made: %s", strerror(-err))
		   : 0;
}

/* The generation before, which a file may have, too. */
static void follow_former(const struct keys *k, struct hf_control *c,
			  uint64_t now_ms)
{
	if (!c->key_prev_valid)
		return;
	if (k->pair)
		c->key_prev_until_ms = now_ms + FOR_GOOD_MS;
	else if ((__s32)(c->key_prev_until_ms - (__u32)now_ms) <= 0)
		c->key_prev_valid = 0;
}

/* Those of a file go when none is named any more. */
static bool rotate_if_due(struct keys *k, struct dataplane *dp,
			  const struct config *c, uint64_t now_ms,
			  uint64_t age_ms)
{
	bool due = c->key_rotate_ms && age_ms >= c->key_rotate_ms;
	struct failure f;

	k->path[0] = '\0';
	if (!due && !keys_are_shared(k, dp))
		return false;
	k->pair = false;
	if (!keys_rotate(k, dp, now_ms, &f)) {
		keys_say(k, "");
		return true;
	}
	keys_say(k, f.what);
	return false;
}

bool keys_follow(struct keys *k, struct dataplane *dp, const struct config *c,
		 uint64_t now_ms, uint64_t age_ms)
{
	bool begun = false;

	follow_former(k, dp->control, now_ms);
	if (!c->key_file[0])
		return rotate_if_due(k, dp, c, now_ms, age_ms);
	if (strcmp(k->path, c->key_file)) {
		strcpy(k->path, c->key_file);
		memset(&k->seen, 0, sizeof(k->seen));
	}
	begun = keys_follow_file(k, dp, now_ms);
	return keys_follow_wall(k, dp, now_ms) || begun;
}
