/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Segments that cookies cannot serve pass, but not without a limit: they would be
 * the way around the protection. So many may in each window, taken by each CPU in
 * batches; of one client prefix no more than a part of them.
 */
#ifndef HANDFAST_ODD_BPF_H
#define HANDFAST_ODD_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/control.h"
#include "state/maps.bpf.h"
#include "state/phase.bpf.h"
#include "state/prefix.bpf.h"
#include "state/run.bpf.h"

/* Is there one left for this CPU? */
static __always_inline bool odd_is_left(const struct run *r,
					struct hf_rate *rates)
{
	const struct hf_limit *limit = &r->control->odd;
	__u32 batch = limit->batch ?: 1, taken;

	if (rates->odd || rates->odd_over)
		return rates->odd;
	taken = phase_add(&r->phase->odd, rates->window, batch);
	if (taken - batch >= limit->nr)
		rates->odd_over = 1;
	else if (taken <= limit->nr)
		rates->odd = batch;
	else
		rates->odd = batch - (taken - limit->nr);
	return rates->odd;
}

/* ... and may the packet's prefix have one more? */
static __always_inline bool odd_is_fair(const struct run *r, __u32 window)
{
	struct prefix_cell *cell = prefix_of(r->control, &r->packet->tuple);

	if (!cell)
		return false;
	if (cell->odd_window != window) {
		cell->odd_window = window;
		cell->odd = 0;
	}
	return cell->odd++ < r->control->odd_prefix;
}

static __always_inline bool odd_may_pass(const struct run *r)
{
	struct hf_rate *rates = phase_rate(r->packet->now_ms);

	if (!rates || !odd_is_left(r, rates) || !odd_is_fair(r, rates->window))
		return false;
	rates->odd--;
	return true;
}

#endif
