// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast services */
#include "format/output.h"
#include "lib/clock.h"
#include "say.h"

static int on_service(const struct service_view *v, void *arg)
{
	const struct cli *c = arg;

	c->out->service(v);
	return 0;
}

static int show(const struct cli *c, const struct instance *i)
{
	struct phase_view phase;
	int err = phase_view_read(i, clock_mono_ms(), &phase);

	if (err)
		return err;
	c->out->head(i);
	c->out->services();
	err = services_view_for_each(i, &phase, on_service, (void *)c);
	c->out->services_end();
	c->out->tail();
	return err;
}

enum cli_exit cli_services(const struct cli *c)
{
	return show_instance(c, show);
}
