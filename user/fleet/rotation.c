// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The steps of a rotation: see rotation.h. */
#include <string.h>
#include <sys/random.h>

#include "handfast/limits.h"
#include "rotation.h"

/* A key that did not exist. 0 or -1. */
static int make(struct hf_keys *key, __u32 turn)
{
	memset(key, 0, sizeof(*key));
	key->turn = turn;
	if (getrandom(&key->cookie, sizeof(key->cookie), 0) !=
		    sizeof(key->cookie) ||
	    getrandom(&key->offset, sizeof(key->offset), 0) !=
		    sizeof(key->offset))
		return -1;
	return 0;
}

/* Is the second key newer than the first, which mints? */
static bool is_announced(const struct key_file *k)
{
	return k->nr == 2 && (__s32)(k->key[1].turn - k->key[0].turn) > 0;
}

int rotation_begin(struct key_file *k)
{
	k->nr = 1;
	return make(&k->key[0], 1);
}

uint64_t rotation_due_ms(const struct rotation *r, const struct key_file *k)
{
	if (!r->rotate_ms)
		return UINT64_MAX;
	if (k->nr < 2)
		return r->rotate_ms;
	return r->settle_ms + (is_announced(k) ? 0 : HF_COOKIE_LIFETIME_MS);
}

int rotation_step(struct key_file *k)
{
	struct hf_keys first = k->key[0];
	int err = 0;

	if (k->nr < 2) {
		k->nr = 2;
		err = make(&k->key[1], first.turn + 1);
	} else if (is_announced(k)) {
		k->key[0] = k->key[1];
		k->key[1] = first;
	} else {
		k->nr = 1;
	}
	explicit_bzero(&first, sizeof(first));
	return err;
}
