// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The cookies' keys: see keys.h. */
#include <string.h>

#include "keys.h"
#include "lib/clock.h"

int keys_view_read(const struct instance *i, struct keys_view *k)
{
	uint64_t now_ms = clock_mono_ms(), age_ms;
	struct hf_control control;
	struct hf_meta meta;
	int err = map_read(&i->maps, HF_MAP_CONTROL, 0, &control)
			  ?: map_read(&i->maps, HF_MAP_META, 0, &meta);

	memset(k, 0, sizeof(*k));
	if (err)
		return err;
	k->generation = control.key_generation;
	age_ms = now_ms > meta.keys_since_ms ? now_ms - meta.keys_since_ms : 0;
	k->age_s = age_ms / 1000;
	memcpy(k->file, meta.key_file, sizeof(k->file));
	k->rotates = meta.key_rotate_ms && !k->file[0];
	if (k->rotates && meta.key_rotate_ms > age_ms)
		k->next_rotation_s = (meta.key_rotate_ms - age_ms + 999) / 1000;
	return 0;
}
