// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Calm or flood: see phase.h. */
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/phase.h"
#include "phase.h"

const char *const phase_names[PHASE_NR] = {
	[PHASE_CALM] = "calm",
	[PHASE_FLOOD] = "flood",
};

const char phase_orphaned_why[] = "the daemon is silent too long";

uint64_t phase_uptime_s(const struct hf_meta *meta, uint64_t now_ms)
{
	if (!meta->started_ms || now_ms < meta->started_ms)
		return 0;
	return (now_ms - meta->started_ms) / 1000;
}

static unsigned long long per_second(const struct hf_limit *limit)
{
	return limit->nr * 1000ULL / HF_WINDOW_MS;
}

/* What it is that there is too much of, in a window. */
static void say_flood(struct phase_view *ph, const struct hf_flood *f,
		      const char *what, unsigned long long rate)
{
	ph->kind = PHASE_FLOOD;
	ph->since_s = clock_age_ms(f->since_ms, ph->now_ms) / 1000;
	snprintf(ph->why, sizeof(ph->why), "more than %llu %s (now %llu SYN/s)",
		 rate, what, (unsigned long long)ph->syn_rate);
}

static void say_calm(struct phase_view *ph, const struct hf_phase *p,
		     const struct hf_control *c)
{
	ph->kind = PHASE_CALM;
	if (p->flood.until_ms)
		ph->since_s = clock_age_ms(p->flood.until_ms, ph->now_ms) /
			      1000;
	if (c->modes == HF_MODE_BIT(HF_MODE_AUTO))
		snprintf(ph->why, sizeof(ph->why),
			 "the kernel answers; cookies start above %llu SYN/s "
			 "(now %llu/s)",
			 per_second(&c->flood_syns),
			 (unsigned long long)ph->syn_rate);
}

static void judge(struct phase_view *ph, const struct hf_phase *p,
		  const struct hf_control *c)
{
	ph->orphaned = control_is_orphaned(c, ph->now_ms);
	if (phase_is_full(p, c))
		snprintf(ph->full, sizeof(ph->full),
			 "no room: %lld connections, %d of them without a sign "
			 "of their server (max_flows)",
			 (long long)p->flows, p->pending);
	if (flood_is_on(&p->flood, ph->now_ms))
		say_flood(ph, &p->flood, "SYN/s", per_second(&c->flood_syns));
	else if (flood_is_on(&p->ack_flood, ph->now_ms))
		say_flood(ph, &p->ack_flood,
			  "ACK/s, RST/s or the like of no connection",
			  per_second(&c->flood_acks));
	else
		say_calm(ph, p, c);
}

#define GUESSES		(1UL << HF_GUESS_BITS)
#define TS_BITS		44	/* bpf/open/forgery.bpf.h */
#define WEAK_BITS	23

static void judge_forgery(struct forgery_view *v, const struct hf_phase *p,
			  const struct hf_control *c, uint64_t guesses,
			  uint64_t now_ms)
{
	uint64_t most = c->guesses.all.nr * 3600000ULL / HF_WINDOW_MS;

	if (c->guesses.all.nr != HF_GUESSES_ANY)
		v->budget = (most + GUESSES / 2) / GUESSES;
	v->expected = guesses * 3600000.0 / HF_RATE_MS / GUESSES;
	v->bits = flood_is_on(&p->forgery, now_ms) ? HF_GUESS_BITS : WEAK_BITS;
	v->bits_ts = TS_BITS;
}

int phase_view_read(const struct instance *i, uint64_t now_ms,
		    struct phase_view *ph)
{
	struct hf_control control;
	struct map_rates rates;
	struct hf_meta meta;
	struct hf_phase p;
	int err = map_read(&i->maps, HF_MAP_PHASE, 0, &p)
			  ?: map_read(&i->maps, HF_MAP_CONTROL, 0, &control)
			  ?: map_read(&i->maps, HF_MAP_META, 0, &meta);

	memset(ph, 0, sizeof(*ph));
	if (err)
		return err;
	err = map_sum_rates(&i->maps, now_ms, &rates);
	if (err)
		return err;
	ph->syn_rate = rates.syns;
	ph->since_s = phase_uptime_s(&meta, now_ms);
	ph->now_ms = now_ms;
	judge(ph, &p, &control);
	judge_forgery(&ph->forgery, &p, &control, rates.guesses, now_ms);
	return 0;
}
