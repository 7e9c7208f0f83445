// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast incidents */
#include "show.h"
#include "view/incidents.h"

static int on_incident(const struct hf_incident *in, void *arg)
{
	const struct show *s = arg;

	s->out->incident(in);
	return 0;
}

int show_incidents(const struct show *s, const struct instance *i)
{
	int err;

	s->out->head(i);
	s->out->incidents();
	err = incidents_view_for_each(i, on_incident, (void *)s);
	s->out->incidents_end();
	s->out->tail();
	return err;
}
