// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* All that is measured: see metrics.h. */
#include <stdio.h>
#include <string.h>

#include "metrics.h"

/* The row of a service, the others' once there are too many. */
static struct service_metrics *row_of(struct metrics_view *v, const char *name)
{
	struct service_metrics *row = &v->service[v->services];

	if (v->services > METRICS_SERVICES_MAX)
		return row - 1;
	if (v->services == METRICS_SERVICES_MAX)
		name = METRICS_OTHERS;
	snprintf(row->service, sizeof(row->service), "%s", name);
	row->armed = true;
	v->services++;
	return row;
}

static int on_service(const struct service_view *s, void *arg)
{
	struct service_metrics *row = row_of(arg, s->info->spec);

	row->syn_seen += s->syn_seen;
	row->syn_answered += s->syn_answered;
	row->ack_accepted += s->ack_accepted;
	row->flows += s->flows;
	row->armed = row->armed && s->armed;
	return 0;
}

int metrics_view_read(const struct instance *i, struct metrics_view *v)
{
	memset(v, 0, sizeof(*v));
	v->name = i->name;
	return status_view_read(i, &v->status)
		       ?: states_view_read_legs(i, &v->states)
		       ?: keys_view_read(i, &v->keys)
		       ?: map_read_all_counters(&i->maps, &v->counters)
		       ?: services_view_for_each(i, &v->status.phase,
						 on_service, v);
}
