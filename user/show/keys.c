// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast keys: how old the cookies' keys are, never what they are. */
#include "show.h"

int show_keys(const struct show *s, const struct instance *i)
{
	struct keys_view k;
	int err = keys_view_read(i, &k);

	if (err)
		return err;
	s->out->head(i);
	s->out->keys(&k);
	s->out->tail();
	return 0;
}
