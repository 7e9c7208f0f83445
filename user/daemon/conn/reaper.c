// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Takes ended connections out of the flow table: see reaper.h. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "reaper.h"

static bool ask(struct reaper *r, const struct dataplane *dp,
		struct hf_reap_arg *arg)
{
	/* The kernel writes a syscall program's context back where it came
	 * from, and refuses another place for it. */
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = arg,
		    .ctx_size_in = sizeof(*arg));

	arg->done = 0;
	if (!bpf_prog_test_run_opts(dp->reap_fd, &opts))
		return arg->done;
	if (!r->said)
		log_error("flows: ended records cannot be taken out: %s",
			  strerror(errno));
	r->said = true;
	return false;
}

void reaper_take(struct reaper *r, const struct hf_tuple *t, __u64 life,
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

bool reaper_end(struct reaper *r, const struct dataplane *dp,
		const struct hf_tuple *t, __u64 life, uint64_t now_ms)
{
	struct hf_reap_arg arg = {
		.tuple = *t,
		.life = life,
		.op = HF_REAP_MARK,
	};

	if (!ask(r, dp, &arg))
		return false;
	reaper_take(r, t, arg.life, now_ms);
	return true;
}

bool reaper_forget(struct reaper *r, const struct dataplane *dp,
		   const struct hf_tuple *t, const struct hf_half_open *h)
{
	struct hf_reap_arg arg = {
		.tuple = *t,
		.life = (__u64)h->irs << 32 | h->iss,
		.op = HF_REAP_FORGET,
	};

	return ask(r, dp, &arg);
}

/* In the order of marking: each is deleted when it is old enough. */
void reaper_run(struct reaper *r, const struct dataplane *dp, uint64_t now_ms)
{
	int done = 0;

	while (done < r->nr &&
	       now_ms - r->dying[done].since_ms >= REAPER_DYING_MS)
		ask(r, dp, &r->dying[done++].arg);
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
