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
	else if (tripped[0])
		v->why = tripped;
	else
		v->armed = true;
}

/* Was it seen to answer from behind this host, a moment ago? */
static bool has_answered(const struct walk *w, __u32 id)
{
	struct hf_answer a;

	return !map_read(w->maps, HF_MAP_ANSWERS, id, &a) && a.seen_ms &&
	       clock_age_ms(a.seen_ms, w->now_ms) < HF_ANSWER_BELIEVED_MS;
}

static void place(struct service_view *v, const struct walk *w, __u32 id)
{
	const struct hf_service_info *info = v->info;

	v->handoff = info->handoff < HF_HANDOFF_NR ? info->handoff : 0;
	v->handoff_why =
		choice_texts[info->choice < HF_CHOICE_NR ? info->choice
							 : HF_CHOICE_BEHIND];
	if (info->listening)
		v->where = "socket";
	else if (has_answered(w, id))
		v->where = "behind";
}

static void count(struct service_view *v, const struct hf_counters *sum)
{
	uint64_t created = sum->n[HF_CNT_FLOW_CREATED];
	uint64_t closed = sum->n[HF_CNT_FLOW_CLOSED];

	v->syn_seen = sum->n[HF_CNT_SYN_SEEN];
	v->syn_answered = counter_total(sum, HF_TOTAL_SYN_ANSWERED);
	v->ack_accepted = sum->n[HF_CNT_ACK_ACCEPTED];
	v->flows = created > closed ? created - closed : 0;
}

static int on_service(__u32 id, const struct hf_service_info *info, void *arg)
{
	const struct walk *w = arg;
	struct service_view v = { .info = info, .phase = w->phase };
	char tripped[HF_TEXT_MAX];
	struct hf_counters sum;
	int err = map_read_counters(w->maps, HF_MAP_COUNTERS, id, &sum)
			  ?: brake_why(w->maps, id, w->now_ms, tripped);

	if (err)
		return err;
	judge(&v, tripped);
	place(&v, w, id);
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
