// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast status */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/brake.h"
#include "say.h"
#include "lib/clock.h"
#include "format/output.h"

static int read_ifaces(const struct instance *i, struct status *s)
{
	struct hf_iface row;
	int err;

	for (__u32 at = 0; at < HF_IFACES_MAX; at++) {
		err = map_read(&i->maps, HF_MAP_IFACES, at, &row);
		if (err)
			return err;
		if (!row.ifindex)
			continue;
		err = trial_read(&i->maps, at, clock_mono_ms(),
				 &s->trial[s->ifaces]);
		if (err)
			return err;
		if (s->trial[s->ifaces].over && row.armed) {
			row.armed = 0;
			snprintf(row.why, sizeof(row.why),
				 "was not confirmed in time");
		}
		s->iface[s->ifaces++] = row;
	}
	return 0;
}

static int count_half_open(const struct hf_tuple *t,
			   const struct hf_half_open *h, void *arg)
{
	(void)t;
	(void)h;
	++*(uint64_t *)arg;
	return 0;
}

static int read_flows(const struct instance *i, struct status *s)
{
	struct hf_phase p;
	int err = map_read(&i->maps, HF_MAP_PHASE, 0, &p);

	s->flows = !err && p.flows > 0 ? p.flows : 0;
	if (err || !p.half_open)
		return err;
	return map_for_each_half_open(&i->maps, count_half_open, &s->half_open);
}

/* The maps say what the daemon thought last; here is what time changed. */
static int disarm_orphan(const struct instance *i, struct status *s)
{
	bool orphaned;
	int err = instance_orphaned(i, &orphaned);

	if (err || !orphaned)
		return err;
	s->meta.armed = 0;
	snprintf(s->meta.why, sizeof(s->meta.why),
		 "the daemon is silent too long");
	for (int n = 0; n < s->ifaces; n++) {
		s->iface[n].armed = 0;
		memcpy(s->iface[n].why, s->meta.why, sizeof(s->meta.why));
	}
	return 0;
}

/* The first service whose brake tripped. */
static int find_tripped(const struct instance *i, struct status *s)
{
	uint32_t now_ms = clock_mono_ms();
	struct hf_service_info info;
	char why[HF_TEXT_MAX];
	int err = 0;

	for (__u32 id = 1; !err && id < HF_SERVICES_MAX; id++) {
		err = map_read(&i->maps, HF_MAP_SERVICE_INFO, id, &info);
		if (err || !info.used)
			break;
		err = brake_why(&i->maps, id, now_ms, why);
		if (err || !why[0])
			continue;
		snprintf(s->tripped, sizeof(s->tripped), "%s: %s", info.spec,
			 why);
		break;
	}
	return err;
}

/* All must be armed; the first that is not says why. */
static void judge(struct status *s)
{
	const char *why = s->meta.why;

	s->armed = s->meta.armed && s->ifaces;
	if (s->meta.armed && !s->ifaces)
		why = "no interface is attached";
	for (int n = 0; s->armed && n < s->ifaces; n++) {
		s->armed = s->iface[n].armed && s->iface[n].attached;
		why = s->iface[n].why;
	}
	if (s->armed && s->tripped[0]) {
		s->armed = false;
		why = s->tripped;
	}
	if (!s->armed)
		snprintf(s->why, sizeof(s->why), "%s",
			 why[0] ? why : "not known");
}

static int status_read(const struct instance *i, struct status *s)
{
	uint64_t now_ms = clock_mono_ms();
	int err = map_read(&i->maps, HF_MAP_META, 0, &s->meta);

	if (!err)
		err = read_ifaces(i, s);
	if (!err)
		err = read_flows(i, s);
	if (!err)
		err = disarm_orphan(i, s);
	if (!err)
		err = find_tripped(i, s);
	if (!err)
		err = instance_phase(i, &s->meta, &s->phase);
	if (err)
		return err;
	if (s->meta.started_ms && now_ms > s->meta.started_ms)
		s->uptime_s = (now_ms - s->meta.started_ms) / 1000;
	s->attached = true;
	judge(s);
	return 0;
}

static void show(const struct cli *c, const struct instance *i,
		 const struct status *s)
{
	c->out->head(i);
	c->out->status(i, s);
	c->out->tail();
}

enum cli_exit cli_status(const struct cli *c)
{
	struct status s = {};
	struct instance i;
	int err = instance_open_or_say(&i, c->name);

	if (err) {
		snprintf(s.why, sizeof(s.why), "%s", instance_why(err));
		if (c->json)
			show(c, &i, &s);
		return CLI_FAILED;
	}
	err = status_read(&i, &s);
	if (err)
		say_unreadable(&i, err);
	else
		show(c, &i, &s);
	instance_close(&i);
	return !err && i.running && s.armed ? CLI_DONE : CLI_FAILED;
}
