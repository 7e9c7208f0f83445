// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What happens each second: see top.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "services.h"
#include "sys/programs.h"
#include "top.h"

/* Another row; NULL: no memory. */
static struct top_row *list_add(struct top_list *l, const char *name,
				const struct hf_counters *c)
{
	int room = l->room ? 2 * l->room : 16;
	struct top_row *row;

	if (l->nr == l->room) {
		row = realloc(l->row, room * sizeof(*row));
		if (!row)
			return NULL;
		l->row = row;
		l->room = room;
	}
	row = &l->row[l->nr++];
	*row = (struct top_row){
		.syn_seen = c->n[HF_CNT_SYN_SEEN],
		.syn_answered = counter_total(c, HF_TOTAL_SYN_ANSWERED),
		.syn_dropped = counter_total(c, HF_TOTAL_SYN_DROPPED),
		.ack_accepted = c->n[HF_CNT_ACK_ACCEPTED],
	};
	snprintf(row->name, sizeof(row->name), "%s", name);
	return row;
}

static int on_service(const struct service_view *v, void *arg)
{
	struct top_row *row = list_add(arg, v->info->spec, v->sum);

	if (!row)
		return -ENOMEM;
	row->armed = v->armed;
	row->flows = v->flows;
	return 0;
}

static int add_iface(struct top_list *l, const struct instance *i,
		     const struct iface_view *v)
{
	struct hf_counters sum;
	struct top_row *row;
	int err = map_read_counters(&i->maps, HF_MAP_IFACE_COUNTERS, v->slot,
				    &sum);

	if (err)
		return err;
	row = list_add(l, v->row.name, &sum);
	if (!row)
		return -ENOMEM;
	row->armed = v->armed;
	return 0;
}

static int add_time(int prog_fd, uint32_t id, void *ns)
{
	(void)id;
	*(uint64_t *)ns += program_run_ns(prog_fd);
	return 0;
}

static int sample_read(struct top_sample *s, const struct instance *i)
{
	int err = status_view_read(i, &s->status)
			  ?: states_view_read_legs(i, &s->states)
			  ?: map_read_all_counters(&i->maps, &s->sum);

	s->at_ms = clock_mono_ms();	/* of the counters */
	s->services.nr = s->ifaces.nr = 0;
	if (!err)
		err = services_view_for_each(i, &s->status.phase, on_service,
					     &s->services);
	for (int n = 0; !err && n < s->status.ifaces; n++)
		err = add_iface(&s->ifaces, i, &s->status.iface[n]);
	if (err)
		return err;
	s->run_ns = 0;
	programs_for_each(NULL, i->maps.fd[HF_MAP_CONTROL], add_time,
			  &s->run_ns);
	return 0;
}

static void remember(struct top_view *v)
{
	if (v->looks == TOP_HISTORY)
		memmove(v->history, v->history + 1,
			--v->looks * sizeof(*v->history));
	v->history[v->looks++] = top_rate(v, HF_CNT_SYN_SEEN);
}

int top_view_read(struct top_view *v, const struct instance *i)
{
	struct top_sample before = v->was;
	int err;

	v->was = v->is;
	v->is = before;		/* its memory is used again */
	err = sample_read(&v->is, i);
	if (err) {
		v->is.at_ms = 0;
		return err;
	}
	if (v->was.at_ms)
		remember(v);
	return 0;
}

void top_view_free(struct top_view *v)
{
	free(v->was.services.row);
	free(v->was.ifaces.row);
	free(v->is.services.row);
	free(v->is.ifaces.row);
}

double top_per_second(const struct top_view *v, uint64_t was, uint64_t is)
{
	if (!v->was.at_ms || v->is.at_ms <= v->was.at_ms || is <= was)
		return 0;
	return (is - was) * 1000.0 / (v->is.at_ms - v->was.at_ms);
}

double top_rate(const struct top_view *v, enum hf_counter c)
{
	return top_per_second(v, v->was.sum.n[c], v->is.sum.n[c]);
}

double top_total_rate(const struct top_view *v, enum hf_total t)
{
	return top_per_second(v, counter_total(&v->was.sum, t),
			      counter_total(&v->is.sum, t));
}

const struct top_row *top_row_was(const struct top_list *was,
				  const struct top_row *is)
{
	static const struct top_row none;

	for (int i = 0; i < was->nr; i++)
		if (!strcmp(was->row[i].name, is->name))
			return &was->row[i];
	return &none;
}

double top_cpus(const struct top_view *v)
{
	if (!v->measured)
		return -1;
	return top_per_second(v, v->was.run_ns, v->is.run_ns) / 1e9;
}
