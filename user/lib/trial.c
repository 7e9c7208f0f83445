// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Interfaces on trial: see trial.h. */
#include "trial.h"

int trial_read(const struct maps *m, __u32 slot, __u32 now_ms, struct trial *t)
{
	struct hf_trial row;
	int err = map_read(m, HF_MAP_TRIALS, slot, &row);
	__s32 left_ms = row.until_ms - now_ms;

	*t = (struct trial){};
	if (err || !row.on)
		return err;
	t->on = true;
	t->over = left_ms <= 0;
	if (!t->over)
		t->left_s = (left_ms + 999) / 1000;
	return 0;
}

int trial_begin(const struct maps *m, __u32 slot, __u32 until_ms)
{
	struct hf_trial row = { .on = 1, .until_ms = until_ms };

	return map_write(m, HF_MAP_TRIALS, slot, &row);
}

int trial_drain(const struct maps *m, __u32 slot)
{
	struct hf_trial row = { .draining = 1 };

	return map_write(m, HF_MAP_TRIALS, slot, &row);
}

int trial_end(const struct maps *m, __u32 slot)
{
	struct hf_trial row = {};

	return map_write(m, HF_MAP_TRIALS, slot, &row);
}
