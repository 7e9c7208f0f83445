/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What all CPUs together may do in each window, and of that each client prefix no
 * more than a part. CPUs take from it in batches, so that no line is fought for.
 */
#ifndef HANDFAST_SHARE_BPF_H
#define HANDFAST_SHARE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/control.h"
#include "state/maps.bpf.h"
#include "state/phase.bpf.h"

struct share {
	const struct hf_share *most;
	__u64 *taken;		/* by all CPUs: phase_add() */
	struct hf_purse *own;	/* by this one */
	struct prefix_tally *prefix;
	__u32 window;
};

/* Has this CPU `nr` left? */
static __always_inline bool share_has(const struct share *s, __u32 nr)
{
	const struct hf_limit *all = &s->most->all;
	__u32 batch = all->batch > nr ? all->batch : nr, taken;

	if (s->own->left >= nr || s->own->over)
		return s->own->left >= nr;
	taken = phase_add(s->taken, s->window, batch);
	if (taken - batch >= all->nr)
		s->own->over = 1;
	else if (taken <= all->nr)
		s->own->left += batch;
	else
		s->own->left += batch - (taken - all->nr);
	return s->own->left >= nr;
}

/* ... and has its prefix? It tried to, which counts. */
static __always_inline bool share_is_fair(const struct share *s, __u32 nr)
{
	if (s->prefix->window != s->window) {
		s->prefix->window = s->window;
		s->prefix->nr = 0;
	}
	s->prefix->nr += nr;
	return s->prefix->nr <= s->most->prefix;
}

/* Take `nr`, or nothing. */
static __always_inline bool share_take(const struct share *s, __u32 nr)
{
	if (!share_has(s, nr) || !share_is_fair(s, nr))
		return false;
	s->own->left -= nr;
	return true;
}

/* What was taken was not needed. Another CPU may have begun the prefix's next window
 * meanwhile. */
static __always_inline void share_give_back(const struct share *s, __u32 nr)
{
	s->own->left += nr;
	if (s->prefix->window == s->window && s->prefix->nr >= nr)
		s->prefix->nr -= nr;
}

#endif
