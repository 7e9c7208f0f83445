// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What is attached and armed: see status.h. The maps say what the daemon thought
 * last; what time changed since, a silent daemon or a trial that is over, is
 * found here.
 */
#include <linux/types.h>
#include <stdio.h>
#include <string.h>

#include "handfast/presence.h"
#include "lib/brake.h"
#include "lib/clock.h"
#include "status.h"
#include "sys/kernel.h"

struct reading {
	const struct maps *maps;
	struct status_view *status;
	uint64_t now_ms;
	char services[STATUS_WHY_MAX];	/* what is wrong with some, or empty */
};

static void judge_iface(struct iface_view *v, bool orphaned)
{
	bool over = v->row.armed && v->trial.over;

	v->armed = v->row.armed && v->row.attached && !over && !orphaned;
	v->why = v->row.why;
	if (over)
		v->why = "was not confirmed in time";
	if (orphaned)
		v->why = phase_orphaned_why;
}

static int on_iface(__u32 slot, const struct hf_iface *row, void *arg)
{
	struct reading *r = arg;
	struct iface_view *v = &r->status->iface[r->status->ifaces++];

	v->slot = slot;
	v->row = *row;
	return trial_read(r->maps, slot, r->now_ms, &v->trial);
}

static int count_half_open(const struct hf_tuple *t,
			   const struct hf_half_open *h, void *arg)
{
	struct table_view *half_open = arg;

	(void)t;
	(void)h;
	half_open->used++;
	return 0;
}

static int read_tables(struct reading *r)
{
	struct status_view *s = r->status;
	struct hf_phase p;
	int err = map_read(r->maps, HF_MAP_PHASE, 0, &p);

	if (err)
		return err;
	s->flows.used = p.flows > 0 ? p.flows : 0;
	s->flows.max = s->meta.max_flows;
	s->flows.bytes = s->flows.max * FLOW_BYTES + sizeof(struct hf_presence);
	s->half_open.max = s->meta.max_half_open;
	s->half_open.bytes = s->half_open.max * HALF_OPEN_BYTES;
	if (!p.half_open)
		return 0;
	return map_for_each_half_open(r->maps, count_half_open, &s->half_open);
}

/* 1: its brake tripped. */
static int on_service(__u32 id, const struct hf_service_info *info, void *arg)
{
	struct reading *r = arg;
	char why[HF_TEXT_MAX];
	int err = brake_why(r->maps, id, r->now_ms, why);

	if (err || !why[0])
		return err;
	snprintf(r->services, sizeof(r->services), "%s: %s", info->spec, why);
	return 1;
}

/* Those without a row are all in row 0. */
static int read_services(struct reading *r)
{
	struct hf_service_info none;
	int err = map_read(r->maps, HF_MAP_SERVICE_INFO, 0, &none);

	if (err || !none.addrs)
		return err ?: map_for_each_service(r->maps, on_service, r);
	snprintf(r->services, sizeof(r->services),
		 "%u service%s not protected: %s", none.addrs,
		 none.addrs == 1 ? "" : "s", none.why);
	return 0;
}

static int read_all(struct reading *r, const struct instance *i)
{
	struct status_view *s = r->status;
	int err = map_read(r->maps, HF_MAP_META, 0, &s->meta)
			  ?: phase_view_read(i, r->now_ms, &s->phase)
			  ?: map_for_each_iface(r->maps, on_iface, r)
			  ?: read_tables(r)
			  ?: read_services(r);

	return err < 0 ? err : 0;
}

/* The first that is not armed says why; NULL: all are. */
static const char *find_why(const struct status_view *s, const char *services)
{
	if (s->phase.orphaned)
		return phase_orphaned_why;
	if (!s->meta.armed)
		return s->meta.why;
	if (!s->ifaces)
		return "no interface is attached";
	for (int n = 0; n < s->ifaces; n++)
		if (!s->iface[n].armed)
			return s->iface[n].why;
	if (s->phase.full[0])
		return s->phase.full;
	return services[0] ? services : NULL;
}

static void judge(struct status_view *s, const char *services)
{
	const char *why;

	for (int n = 0; n < s->ifaces; n++)
		judge_iface(&s->iface[n], s->phase.orphaned);
	why = find_why(s, services);
	s->armed = !why;
	if (why)
		snprintf(s->why, sizeof(s->why), "%s",
			 why[0] ? why : "not known");
}

int status_view_read(const struct instance *i, struct status_view *s)
{
	struct reading r = {
		.maps = &i->maps,
		.status = s,
		.now_ms = clock_mono_ms(),
	};
	int err;

	memset(s, 0, sizeof(*s));
	err = read_all(&r, i);
	if (err)
		return err;
	s->attached = true;
	s->uptime_s = phase_uptime_s(&s->meta, r.now_ms);
	judge(s, r.services);
	s->ok = s->armed && i->running;
	return 0;
}

void status_view_closed(struct status_view *s, int err)
{
	memset(s, 0, sizeof(*s));
	snprintf(s->why, sizeof(s->why), "%s", instance_why(err));
}
