// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Takes ended connections out of the flow table: see reaper.h. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow_state.h"
#include "log.h"
#include "reaper.h"

#define SWEEP_EVERY_MS		1000
#define DYING_MS		100
#define TIME_WAIT_MS		65000	/* TCP_TIMEWAIT_LEN and timer slack */
#define PENDING_MS		60000	/* the server was never seen */
#define IDLE_MS			600000	/* while the table is half full */
#define CLOSING_MS		120000	/* one side closed, the other vanished */

struct sweep {
	struct reaper *reaper;
	const struct dataplane *dp;
	uint32_t now_ms;
	bool crowded;		/* more than half of the table is used */
};

/* Records change while the sweep goes on: what is ahead of it has no age. */
static uint32_t age(uint32_t then_ms, uint32_t now_ms)
{
	return (int32_t)(now_ms - then_ms) > 0 ? now_ms - then_ms : 0;
}

/*
 * A record that is taken out too early costs nothing but its facts: the next
 * segment finds the kernel's socket and the connection is adopted.
 */
static bool is_ended(const struct hf_flow *f, uint32_t now_ms, bool crowded)
{
	const struct hf_flow_dir *in = &f->dir[HF_DIR_IN];
	const struct hf_flow_dir *out = &f->dir[HF_DIR_OUT];
	uint32_t idle_ms = age(in->last_ms, now_ms);

	if (age(out->last_ms, now_ms) < idle_ms)
		idle_ms = age(out->last_ms, now_ms);
	switch (flow_state(f, HF_DIR_OUT)) {
	case HF_CLOSED:
		return true;
	case HF_TIME_WAIT:
		return age(in->fin_last_ms, now_ms) >= TIME_WAIT_MS;
	case HF_FIN_WAIT_1:
	case HF_FIN_WAIT_2:
	case HF_CLOSING:
	case HF_LAST_ACK:
		return idle_ms >= CLOSING_MS;
	default:
		return (f->life & HF_LIFE_PENDING && idle_ms >= PENDING_MS) ||
		       (crowded && idle_ms >= IDLE_MS);
	}
}

static bool reap(const struct dataplane *dp, struct hf_reap_arg *arg)
{
	/* The kernel writes a syscall program's context back where it came
	 * from, and refuses another place for it. */
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = arg,
		    .ctx_size_in = sizeof(*arg));
	static bool said;

	arg->done = 0;
	if (!bpf_prog_test_run_opts(dp->reap_fd, &opts))
		return arg->done;
	if (!said)
		log_error("flows: ended records cannot be taken out: %s",
			  strerror(errno));
	said = true;
	return false;
}

static int keep_for_deletion(struct reaper *r, const struct hf_reap_arg *arg)
{
	struct hf_reap_arg *more;
	int room = r->room ? r->room * 2 : 1024;

	if (r->nr == r->room) {
		more = realloc(r->dying, room * sizeof(*more));
		if (!more)
			return -1;	/* the next sweep meets it again */
		r->dying = more;
		r->room = room;
	}
	r->dying[r->nr] = *arg;
	r->dying[r->nr++].remove = 1;
	return 0;
}

static int look_at(const struct hf_tuple *t, const struct hf_flow *f, void *p)
{
	struct hf_reap_arg arg = { .tuple = *t, .life = f->life };
	struct sweep *s = p;

	if (f->life & HF_LIFE_DYING || (is_ended(f, s->now_ms,
						 s->crowded) &&
					reap(s->dp, &arg)))
		keep_for_deletion(s->reaper, &arg);
	return 0;
}

void reaper_run(struct reaper *r, const struct dataplane *dp, uint64_t now_ms)
{
	struct sweep s = { .reaper = r, .dp = dp, .now_ms = now_ms };
	struct hf_phase ph;

	if (r->nr && now_ms - r->marked_ms >= DYING_MS) {
		for (int i = 0; i < r->nr; i++)
			reap(dp, &r->dying[i]);
		r->nr = 0;
	}
	if (r->nr || now_ms - r->swept_ms < SWEEP_EVERY_MS)
		return;
	if (!map_read(&dp->maps, HF_MAP_PHASE, 0, &ph))
		s.crowded = ph.flows > dp->control->flows_limit / 2;
	map_for_each_flow(&dp->maps, look_at, &s);
	r->swept_ms = r->marked_ms = now_ms;
}

void reaper_free(struct reaper *r)
{
	free(r->dying);
	r->dying = NULL;
	r->nr = r->room = 0;
}
