// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The protected services: see services.h. */
#include "lib/brake.h"
#include "lib/clock.h"
#include "lib/names.h"
#include "services.h"

struct walk {
	const struct maps *maps;
	const struct phase_view *phase;
	uint64_t now_ms;
	on_service_view_fn fn;
	void *arg;
};

/* `tripped`: what the brake says, or "". */
static void judge(struct service_view *v, const char *tripped)
{
	v->armed = false;
	v->why = v->info->why;
	if (!v->info->armed)
		return;
	if (v->phase->orphaned)
		v->why = phase_orphaned_why;
	else if (v->phase->full[0])
		v->why = v->phase->full;
	else if (tripped[0])
		v->why = tripped;
	else
		v->armed = true;
}

/* Was it seen to answer from behind this host, a moment ago? */
static bool has_answered(const struct hf_answer *a, __u32 now_ms)
{
	return a->seen_ms &&
	       clock_age_ms(a->seen_ms, now_ms) < HF_ANSWER_BELIEVED_MS;
}

static void answers(struct answer_view *v, const struct hf_answer *a,
		    __u32 now_ms)
{
	const struct hf_said *said = a->ip4.learned_ms ? &a->ip4 : &a->ip6;

	if (!said->learned_ms)
		return;
	v->known = true;
	v->mss = said->manner.mss;
	v->wscale = said->manner.wscale;
	v->options = a->options;
	v->ttl = said->manner.ttl;
	v->tos = said->manner.tos;
	v->age_s = clock_age_ms(said->learned_ms, now_ms) / 1000;
}

static void place(struct service_view *v, const struct hf_answer *a,
		  __u32 now_ms)
{
	const struct hf_service_info *info = v->info;

	v->handoff = info->handoff < HF_HANDOFF_NR ? info->handoff : 0;
	v->handoff_why =
		choice_texts[info->choice < HF_CHOICE_NR ? info->choice
							 : HF_CHOICE_BEHIND];
	if (info->listening)
		v->where = "socket";
	else if (has_answered(a, now_ms))
		v->where = "behind";
}

static void count(struct service_view *v, const struct hf_counters *sum)
{
	uint64_t created = sum->n[HF_CNT_FLOW_CREATED];
	uint64_t closed = sum->n[HF_CNT_FLOW_CLOSED];

	v->sum = sum;
	v->syn_seen = sum->n[HF_CNT_SYN_SEEN];
	v->syn_answered = counter_total(sum, HF_TOTAL_SYN_ANSWERED);
	v->ack_accepted = sum->n[HF_CNT_ACK_ACCEPTED];
	v->flows = created > closed ? created - closed : 0;
}

static int on_service(__u32 id, const struct hf_service_info *info, void *arg)
{
	const struct walk *w = arg;
	struct service_view v = { .id = id, .info = info, .phase = w->phase };
	char tripped[HF_TEXT_MAX];
	struct hf_counters sum;
	struct hf_answer a;
	int err = map_read_counters(w->maps, HF_MAP_COUNTERS, id, &sum)
			  ?: map_read(w->maps, HF_MAP_ANSWERS, id, &a)
			  ?: brake_why(w->maps, id, w->now_ms, tripped);

	if (err)
		return err;
	judge(&v, tripped);
	place(&v, &a, w->now_ms);
	answers(&v.answer, &a, w->now_ms);
	count(&v, &sum);
	if (info->used == HF_ROW_LEFT && !v.flows)
		return 0;
	return w->fn(&v, w->arg);
}

int services_view_for_each(const struct instance *i,
			   const struct phase_view *phase,
			   on_service_view_fn fn, void *arg)
{
	struct walk w = {
		.maps = &i->maps,
		.phase = phase,
		.now_ms = clock_mono_ms(),
		.fn = fn,
		.arg = arg,
	};

	return map_for_each_service(w.maps, on_service, &w);
}
