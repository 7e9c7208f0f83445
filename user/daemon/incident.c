// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Floods, written down: see incident.h. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "incident.h"
#include "incident_log.h"
#include "lib/clock.h"
#include "lib/names.h"
#include "lib/phase.h"

#define TARGET_MS	200	/* so long its services are watched */
#define ANOTHER_MS	1000	/* begins later than the one that is known */
#define COUNT_MS	1000	/* the counters of 1000 services take a ms */

static void save(const struct incident *in, const struct maps *m)
{
	map_write(m, HF_MAP_INCIDENTS, in->record.number % HF_INCIDENTS_MAX,
		  &in->record);
}

void incident_open(struct incident *in, const struct maps *m)
{
	struct hf_incident record;

	memset(in, 0, sizeof(*in));
	for (__u32 at = 0; at < HF_INCIDENTS_MAX; at++)
		if (!map_read(m, HF_MAP_INCIDENTS, at, &record) &&
		    record.number > in->record.number)
			in->record = record;
}

void incident_close(struct incident *in)
{
	free(in->sent);
	in->sent = NULL;
}

/* --- which service ------------------------------------------------------- */

struct finding {
	const struct incident *in;
	const struct maps *maps;
	uint64_t most;
	char service[HF_SPEC_MAX];
};

/* What a flood of the kind consists of. */
static uint64_t sent_of(const struct incident *in, const struct hf_counters *c)
{
	return in->record.kind == HF_INCIDENT_SYN
		       ? c->n[HF_CNT_SYN_SEEN]
		       : counter_total(c, HF_TOTAL_ACK_REJECTED);
}

static int note_sent(__u32 id, const struct hf_service_info *info, void *arg)
{
	struct finding *f = arg;
	struct hf_counters c;

	(void)info;
	if (!map_read_counters(f->maps, HF_MAP_COUNTERS, id, &c))
		f->in->sent[id] = sent_of(f->in, &c);
	return 0;
}

static int compare_sent(__u32 id, const struct hf_service_info *info, void *arg)
{
	struct finding *f = arg;
	struct hf_counters c;
	uint64_t sent;

	if (map_read_counters(f->maps, HF_MAP_COUNTERS, id, &c))
		return 0;
	sent = sent_of(f->in, &c);	/* less: it is another one's now */
	if (sent <= f->in->sent[id] + f->most)
		return 0;
	f->most = sent - f->in->sent[id];
	memcpy(f->service, info->spec, sizeof(f->service));
	return 0;
}

static void watch_services(struct incident *in, const struct maps *m)
{
	struct finding f = { .in = in, .maps = m };

	incident_close(in);
	in->sent = calloc(HF_SERVICES_MAX, sizeof(*in->sent));
	if (in->sent)
		map_for_each_service(m, note_sent, &f);
}

static void find_service(struct incident *in, const struct maps *m)
{
	struct finding f = { .in = in, .maps = m };

	map_for_each_service(m, compare_sent, &f);
	memcpy(in->record.service, f.service, sizeof(f.service));
	incident_close(in);
	incident_say_begin(&in->record);
}

/* --- begin, middle, end --------------------------------------------------- */

static void begin(struct incident *in, const struct maps *m,
		  const struct hf_flood *flood, enum hf_incident_kind kind,
		  uint64_t now_ms)
{
	struct hf_incident *r = &in->record;
	uint32_t ago_ms = clock_age_ms(flood->since_ms, now_ms);
	uint64_t number = r->number + 1;

	memset(r, 0, sizeof(*r));
	r->number = number;
	r->kind = kind;
	r->on = 1;
	r->began_ms = now_ms - ago_ms;
	r->began_s = time(NULL) - ago_ms / 1000;
	map_read_all_counters(m, &r->before);
	watch_services(in, m);
}

static void count(struct incident *in, const struct maps *m, uint64_t now_ms)
{
	struct hf_incident *r = &in->record;
	struct hf_counters sum;

	in->counted_ms = now_ms;
	if (map_read_all_counters(m, &sum))
		return;
	for (int c = 0; c < HF_CNT_NR; c++)
		r->counted.n[c] = sum.n[c] - r->before.n[c];
}

static void measure(struct incident *in, const struct maps *m, uint64_t now_ms)
{
	struct hf_incident *r = &in->record;
	struct map_rates now;

	if (!map_sum_rates(m, now_ms, &now) && now.syns > r->peak)
		r->peak = now.syns;
	r->length_ms = now_ms - r->began_ms;
	if (now_ms - in->counted_ms >= COUNT_MS)
		count(in, m, now_ms);
}

/* When the later one of the two was over: so long ago. */
static uint32_t over_ms(const struct hf_phase *p, uint64_t now_ms)
{
	uint32_t syns = clock_age_ms(p->flood.until_ms, now_ms);
	uint32_t acks = clock_age_ms(p->ack_flood.until_ms, now_ms);

	return syns < acks ? syns : acks;
}

static void close_record(struct incident *in)
{
	in->record.on = 0;
	incident_close(in);
	incident_say_end(&in->record);
}

/* It ended flood_hold_s before it was called over, which may be long ago where no
 * daemon looked. */
static void end(struct incident *in, const struct maps *m,
		const struct hf_phase *p, uint64_t now_ms)
{
	struct hf_incident *r = &in->record;
	uint64_t over = over_ms(p, now_ms);
	struct hf_control control;

	measure(in, m, now_ms);
	count(in, m, now_ms);
	if (!map_read(m, HF_MAP_CONTROL, 0, &control))
		over += control.flood_hold_ms;
	r->length_ms = r->length_ms > over ? r->length_ms - over : 0;
	close_record(in);
}

/* Is what goes on another flood than the one written down, which nobody saw end? */
static bool is_another(const struct hf_incident *r, const struct hf_phase *p,
		       uint64_t now_ms)
{
	const struct hf_flood *f = r->kind == HF_INCIDENT_SYN ? &p->flood
							      : &p->ack_flood;

	return flood_is_on(f, now_ms) &&
	       now_ms - clock_age_ms(f->since_ms, now_ms) >
		       r->began_ms + ANOTHER_MS;
}

void incident_follow(struct incident *in, const struct maps *m, uint64_t now_ms)
{
	struct hf_incident *r = &in->record;
	bool syns, acks;
	struct hf_phase p;

	if (map_read(m, HF_MAP_PHASE, 0, &p))
		return;
	syns = flood_is_on(&p.flood, now_ms);
	acks = flood_is_on(&p.ack_flood, now_ms);
	if (!r->on && !syns && !acks)
		return;
	if (r->on && is_another(r, &p, now_ms)) {
		close_record(in);
		save(in, m);
	}
	if (!r->on)
		begin(in, m, syns ? &p.flood : &p.ack_flood,
		      syns ? HF_INCIDENT_SYN : HF_INCIDENT_ACK, now_ms);
	else if (syns || acks)
		measure(in, m, now_ms);
	else
		end(in, m, &p, now_ms);
	if (r->on && in->sent && now_ms - r->began_ms >= TARGET_MS &&
	    r->length_ms)
		find_service(in, m);
	save(in, m);
}
