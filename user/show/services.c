// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast services */
#include "lib/clock.h"
#include "show.h"

static int on_service(const struct service_view *v, void *arg)
{
	const struct show *s = arg;

	s->out->service(v);
	return 0;
}

int show_services(const struct show *s, const struct instance *i)
{
	struct phase_view phase;
	int err = phase_view_read(i, clock_mono_ms(), &phase);

	if (err)
		return err;
	s->out->head(i);
	s->out->services();
	err = services_view_for_each(i, &phase, on_service, (void *)s);
	s->out->services_end();
	s->out->tail();
	return err;
}
