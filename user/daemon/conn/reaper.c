// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Takes ended connections out of the flow table: see reaper.h. */
#include <stdlib.h>
#include <string.h>

#include "reaper.h"

static bool reap(const struct reaper *r, struct hf_reap_arg *arg)
{
	r->ops->reap(r->world, arg);
	return arg->done;
}

void reaper_add(struct reaper *r, const struct hf_tuple *t, __u64 life,
		uint64_t now_ms)
{
	int room = r->room ? r->room * 2 : 1024;
	struct reaper_entry *more;

	if (r->nr == r->room) {
		more = realloc(r->dying, room * sizeof(*more));
		if (!more)
			return;		/* the next sweep meets it again */
		r->dying = more;
		r->room = room;
	}
	r->dying[r->nr++] = (struct reaper_entry){
		.arg = { .tuple = *t, .life = life, .op = HF_REAP_REMOVE },
		.since_ms = now_ms,
	};
}

bool reaper_mark(struct reaper *r, const struct hf_tuple *t, __u64 life,
		 uint64_t now_ms)
{
	struct hf_reap_arg arg = {
		.tuple = *t,
		.life = life,
		.op = HF_REAP_MARK,
	};

	if (!reap(r, &arg))
		return false;
	reaper_add(r, t, arg.life, now_ms);
	return true;
}

/* As half_id() of bpf/open/half.bpf.h. */
static __u64 half_id(const struct hf_half_open *h)
{
	return (__u64)h->irs << 32 | h->iss;
}

bool reaper_forget(struct reaper *r, const struct hf_tuple *t,
		   const struct hf_half_open *h)
{
	struct hf_reap_arg arg = {
		.tuple = *t,
		.life = half_id(h),
		.op = HF_REAP_FORGET,
	};

	return reap(r, &arg);
}

static void tell(struct reaper *r, const struct hf_tuple *t, __u64 life,
		 enum hf_reap_op op)
{
	struct hf_reap_arg arg = { .tuple = *t, .life = life, .op = op };

	reap(r, &arg);
}

void reaper_unanswered(struct reaper *r, const struct hf_tuple *t, __u64 life)
{
	tell(r, t, life, HF_REAP_UNANSWERED);
}

void reaper_confirm(struct reaper *r, const struct hf_tuple *t, __u64 life)
{
	tell(r, t, life, HF_REAP_CONFIRM);
}

/* In the order of marking: each is deleted when it is old enough. */
void reaper_run(struct reaper *r, uint64_t now_ms)
{
	int done = 0;

	while (done < r->nr &&
	       now_ms - r->dying[done].since_ms >= REAPER_DYING_MS)
		reap(r, &r->dying[done++].arg);
	if (!done)
		return;
	r->nr -= done;
	memmove(r->dying, r->dying + done, r->nr * sizeof(*r->dying));
}

void reaper_free(struct reaper *r)
{
	free(r->dying);
	r->dying = NULL;
	r->nr = r->room = 0;
}
