/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Segments that cookies cannot serve pass, but not without a limit: they would be
 * the way around the protection.
 */
#ifndef HANDFAST_ODD_BPF_H
#define HANDFAST_ODD_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "state/phase.bpf.h"
#include "state/prefix.bpf.h"
#include "state/run.bpf.h"
#include "state/share.bpf.h"

static __always_inline bool odd_may_pass(const struct run *r)
{
	struct prefix_cell *cell = prefix_of(&r->packet->tuple);
	struct hf_rate *rates = phase_rate(r->packet->now_ms);

	if (!rates || !cell)
		return false;
	return share_take(&(struct share){ .most = &control.odd,
					   .taken = &phase.odd,
					   .own = &rates->odd,
					   .prefix = &cell->odd,
					   .window = rates->window },
			  1);
}

#endif
