// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * handfast alone: the status in ten lines. During a flood it looks twice, a moment
 * apart, to say on what it is and what it costs.
 */
#include <unistd.h>

#include "format/brief.h"
#include "say.h"
#include "sys/programs.h"

#define MOMENT_US	200000

static int look_again(struct top_view *v, const struct instance *i)
{
	int measuring = programs_measure(), err;

	v->measured = measuring >= 0;
	err = top_view_read(v, i);	/* what ran before was not measured */
	usleep(MOMENT_US);
	err = err ?: top_view_read(v, i);
	if (measuring >= 0)
		close(measuring);
	return err;
}

int brief_show(const struct instance *i)
{
	struct top_view v = {};
	int err = top_view_read(&v, i);

	if (!err && v.is.status.phase.kind == PHASE_FLOOD)
		err = look_again(&v, i);
	if (!err)
		brief_text(i, &v);
	err = err ?: !v.is.status.ok;
	top_view_free(&v);
	return err;
}
