/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Zones: the VLAN tags that a frame carries. What comes in a VLAN that has no
 * device here is for somebody else, and must not be answered. Whether it has one
 * is seen by the SYN-ACKs that leave: SYNs pass until one left in their zone,
 * whoever made it, a VLAN device, a bridge or a machine behind it; so they do
 * after HF_ZONE_BELIEVED_MS without any. What answers a cookie is judged for a
 * cookie's lifetime longer: the kernel would reset it.
 *
 * What carries no tag costs a comparison.
 */
#ifndef HANDFAST_ZONE_BPF_H
#define HANDFAST_ZONE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "handfast/limits.h"
#include "state/clock.bpf.h"
#include "state/maps.bpf.h"
#include "wire/packet.bpf.h"

/* Does somebody here answer in the packet's zone? */
static __always_inline bool zone_is_known(const struct packet *p)
{
	__u32 *seen_ms, believed_ms = HF_ZONE_BELIEVED_MS;

	if (!p->tuple.zone)
		return true;
	if (!(p->flags & TCP_SYN))
		believed_ms += HF_COOKIE_LIFETIME_MS;
	seen_ms = bpf_map_lookup_elem(&zones, &p->tuple.zone);
	return seen_ms && clock_age(p->now_ms, *seen_ms) < believed_ms;
}

/* A SYN-ACK leaves. Where there is no room the zone stays unknown. */
static __always_inline void zone_note(const struct packet *p)
{
	__u32 *seen_ms;

	if (!p->tuple.zone ||
	    (p->flags & (TCP_SYN | TCP_ACK)) != (TCP_SYN | TCP_ACK))
		return;
	seen_ms = bpf_map_lookup_elem(&zones, &p->tuple.zone);
	if (seen_ms)
		*seen_ms = p->now_ms;
	else
		bpf_map_update_elem(&zones, &p->tuple.zone, &p->now_ms,
				    BPF_ANY);
}

#endif
