// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Keys that machines share: their file is watched, and cookies tell the wall clock.
 *
 * A file may have two keys: they become two generations, the one that is only
 * accepted first. The clock of cookies is drawn to the wall's as slowly as TSval does
 * not go back; a step of more than five seconds begins a generation, so that what was
 * minted before is good for its lifetime. The file's second key gives way to it until
 * the file is read again.
 */
#include <string.h>
#include <time.h>

#include "daemon/attach/dataplane.h"
#include "keys.h"
#include "keys_slot.h"
#include "lib/key_file.h"
#include "lib/log.h"

#define STEP_MS		5000	/* of the wall clock, and of others' clocks */
#define DRAW_MS		256	/* hf_keys.clock_off_ms goes by such steps ... */
#define DRAW_PAUSE_MS	1000	/* ... at most one in so long */

static __u32 wall_off(uint64_t now_ms)
{
	struct timespec ts;
	uint64_t wall_ms;

	clock_gettime(CLOCK_REALTIME, &ts);
	wall_ms = ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
	return (wall_ms - now_ms) & -(uint64_t)DRAW_MS;
}

/* Those that were read from the file. 0 or -errno. */
static int share(struct keys *k, struct dataplane *dp, uint64_t now_ms)
{
	__u32 generation = dp->control->key_generation;
	struct key_file *s = k->secret;
	int err = 0;

	for (int i = s->nr; i-- && !err;) {
		s->key[i].clock_off_ms = wall_off(now_ms);
		s->key[i].ahead_ms = STEP_MS;
		err = slot_put(dp, ++generation, &s->key[i]);
	}
	slot_wipe(k);
	if (err)
		return err;
	k->pair = s->nr > 1;
	slot_publish(dp, generation,
		     now_ms + (k->pair ? FOR_GOOD_MS : HF_COOKIE_LIFETIME_MS));
	return 0;
}

/* Does the data plane have the nth key of the file in this generation? */
static bool has(const struct keys *k, const struct dataplane *dp, int nth,
		__u32 generation)
{
	const struct hf_keys *of_file = &k->secret->key[nth];
	struct hf_keys *own = &k->secret->own;
	bool same =
		!slot_get(dp, generation, own) && own->ahead_ms &&
		own->turn == of_file->turn &&
		!memcmp(&own->cookie, &of_file->cookie, sizeof(own->cookie)) &&
		!memcmp(&own->offset, &of_file->offset, sizeof(own->offset));

	explicit_bzero(own, sizeof(*own));
	return same;
}

/* What another daemon left goes on if it is the same. 0, or -1 with the failure. */
int keys_load(struct keys *k, struct dataplane *dp, uint64_t now_ms,
	      bool *begun, struct failure *f)
{
	__u32 generation = dp->control->key_generation;
	int err;

	if (key_file_read(k->secret, k->path, f)) {
		slot_wipe(k);
		return -1;
	}
	if (has(k, dp, 0, generation) &&
	    (k->secret->nr == 1 || has(k, dp, 1, generation - 1))) {
		k->pair = k->secret->nr > 1;
		slot_wipe(k);
		return 0;
	}
	err = share(k, dp, now_ms);
	*begun = !err;
	return err ? failure_set(f, "keys: %s", strerror(-err)) : 0;
}

/* Said once; a file that is whole again says so. */
void keys_say(struct keys *k, const char *why)
{
	if (!strcmp(k->why, why))
		return;
	snprintf(k->why, sizeof(k->why), "%s", why);
	if (why[0])
		log_error("%s; the keys stay as they are", why);
	else
		log_info("keys: can be had again");
}

bool keys_follow_file(struct keys *k, struct dataplane *dp, uint64_t now_ms)
{
	struct failure f;
	bool begun = false;

	if (!key_file_changed(k->path, &k->seen))
		return false;
	if (keys_load(k, dp, now_ms, &begun, &f))
		keys_say(k, f.what);
	else
		keys_say(k, "");
	if (begun)
		log_info("keys: new ones from %s", k->path);
	return begun;
}

bool keys_are_shared(struct keys *k, const struct dataplane *dp)
{
	struct hf_keys *own = &k->secret->own;
	bool shared = !slot_get(dp, dp->control->key_generation, own) &&
		      own->ahead_ms;

	explicit_bzero(own, sizeof(*own));
	return shared;
}

/* How far is the wall clock ahead of the one that cookies tell? 0 also if the keys
 * are our own. */
static __s32 wall_gap(struct keys *k, const struct dataplane *dp,
		      uint64_t now_ms)
{
	struct hf_keys *own = &k->secret->own;
	__s32 gap = 0;

	if (!slot_get(dp, dp->control->key_generation, own) && own->ahead_ms)
		gap = wall_off(now_ms) - own->clock_off_ms;
	explicit_bzero(own, sizeof(*own));
	return gap;
}

/* Generation `to` tells a clock that is `by_ms` ahead of the one of `from`. */
static int move(struct keys *k, const struct dataplane *dp, __u32 from,
		__u32 to, __s32 by_ms)
{
	struct hf_keys *own = &k->secret->own;
	int err = slot_get(dp, from, own);

	own->clock_off_ms += by_ms;
	if (!err)
		err = slot_put(dp, to, own);
	explicit_bzero(own, sizeof(*own));
	return err;
}

static void draw(struct keys *k, const struct dataplane *dp, __u32 generation,
		 __s32 gap)
{
	__s32 by_ms = gap < 0 ? -DRAW_MS : DRAW_MS;

	move(k, dp, generation, generation, by_ms);
	if (k->pair)
		move(k, dp, generation - 1, generation - 1, by_ms);
}

bool keys_follow_wall(struct keys *k, struct dataplane *dp, uint64_t now_ms)
{
	__u32 generation = dp->control->key_generation;
	__s32 gap = wall_gap(k, dp, now_ms);

	/* one step of it is what the two readings may differ by */
	if (gap >= -DRAW_MS && gap <= DRAW_MS)
		return false;
	if (gap >= -STEP_MS && gap <= STEP_MS) {
		if (now_ms - k->drawn_ms >= DRAW_PAUSE_MS) {
			draw(k, dp, generation, gap);
			k->drawn_ms = now_ms;
		}
		return false;
	}
	if (move(k, dp, generation, generation + 1, gap))
		return false;
	k->pair = false;
	slot_publish(dp, generation + 1, now_ms + HF_COOKIE_LIFETIME_MS);
	log_info("keys: the wall clock went %d ms, cookies follow", gap);
	return true;
}
