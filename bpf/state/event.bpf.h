/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hints for the daemon. They are lost when their ring is full: the daemon then
 * reads the records (rule 4 of the design).
 */
#ifndef HANDFAST_EVENT_BPF_H
#define HANDFAST_EVENT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/state.h"
#include "state/maps.bpf.h"
#include "wire/packet.bpf.h"

static __always_inline void event_lost(void)
{
	__sync_fetch_and_add(&phase.events_lost, 1);
}

/*
 * Word by word: clang 14 would hold all of it in registers and spill them, and
 * the verifier says "combined stack size of 3 calls is 544. Too large".
 */
static __always_inline void event_copy_tuple(struct hf_tuple *to,
					     const struct hf_tuple *from)
{
	volatile __u32 *word = (__u32 *)to;

	for (__u32 i = 0; i < sizeof(*to) / 4; i++)
		word[i] = ((const __u32 *)from)[i];
}

/*
 * Report what the packet did to a record: `set` has a bit 1 << enum hf_event
 * for each event, which are reported in that order. `id` is the record's
 * generation, or the irs of a half-open one. Global: checked once.
 */
__noinline int event_send_leg(struct packet *p, __u32 id, __u32 set, __u32 leg)
{
	struct hf_event_rec *rec;

	for (__u32 event = 0; p && event < HF_EVENT_NR; event++) {
		if (!(set & 1U << event))
			continue;
		rec = bpf_ringbuf_reserve(&events, sizeof(*rec), 0);
		if (!rec) {
			event_lost();
			continue;
		}
		event_copy_tuple(&rec->tuple, &p->tuple);
		rec->generation = id;
		rec->at_ms = p->now_ms;
		rec->service = p->service;
		rec->event = event;
		rec->leg = leg;
		__builtin_memset(rec->pad, 0, sizeof(rec->pad));
		bpf_ringbuf_submit(rec, BPF_RB_NO_WAKEUP);
	}
	return 0;
}

/* The same of the client's leg: the only one that most records have. */
static __always_inline void event_send(struct packet *p, __u32 id, __u32 set)
{
	event_send_leg(p, id, set, HF_LEG_CLIENT);
}

#endif
