// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast status */
#include "show.h"

int show_status(const struct show *s, const struct instance *i)
{
	struct status_view v;
	int err = status_view_read(i, &v);

	if (err)
		return err;
	s->out->head(i);
	s->out->status(i, &v);
	s->out->tail();
	return !v.ok;
}
