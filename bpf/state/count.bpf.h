/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counting: one exit, one reason a packet, one row a service and interface. */
#ifndef HANDFAST_COUNT_BPF_H
#define HANDFAST_COUNT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/counter.h"
#include "state/config.bpf.h"
#include "state/maps.bpf.h"

static __always_inline void count(__u32 service, enum hf_counter reason)
{
	struct hf_counters *by_service = MAP_AT(counters, service);
	struct hf_counters *by_iface = MAP_AT(iface_counters, iface_slot);

	if (reason >= HF_CNT_NR)
		return;
	if (by_service)
		by_service->n[reason]++;
	if (by_iface)
		by_iface->n[reason]++;
}

/* The same where a softirq may come between: in syscall programs. */
static __always_inline void count_atomic(__u32 service, enum hf_counter reason)
{
	struct hf_counters *by_service = MAP_AT(counters, service);
	struct hf_counters *by_iface = MAP_AT(iface_counters, iface_slot);

	if (reason >= HF_CNT_NR)
		return;
	if (by_service)
		__sync_fetch_and_add(&by_service->n[reason], 1);
	if (by_iface)
		__sync_fetch_and_add(&by_iface->n[reason], 1);
}

/* What a packet is, and what became of it. */
static __always_inline void count_both(__u32 service, enum hf_counter first,
				       enum hf_counter second)
{
	struct hf_counters *by_service = MAP_AT(counters, service);
	struct hf_counters *by_iface = MAP_AT(iface_counters, iface_slot);

	if (by_service) {
		by_service->n[first]++;
		by_service->n[second]++;
	}
	if (by_iface) {
		by_iface->n[first]++;
		by_iface->n[second]++;
	}
}

#endif
