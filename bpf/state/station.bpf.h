/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Is a frame for this interface, or for another station that a hub, a flooding
 * switch or a mirror shows us? Two machines may share a service's address (VRRP,
 * direct routing), and an answer in the other one's name resets its client.
 *
 * The kernel knows the interface's own address, and those of macvlans and the
 * like above it, wherever they live (dev->uc). On the port of a bridge any frame
 * may be for somebody behind it.
 */
#ifndef HANDFAST_STATION_BPF_H
#define HANDFAST_STATION_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "state/config.bpf.h"
#include "state/maps.bpf.h"
#include "state/run.bpf.h"
#include "wire/frame.bpf.h"

#define STATION_OTHERHOST	3	/* PACKET_OTHERHOST, linux/if_packet.h */

static __always_inline __u64 station_mac(const __u8 *mac)
{
	return *(const __u16 *)mac | (__u64) * (const __u16 *)(mac + 2) << 16 |
	       (__u64) * (const __u16 *)(mac + 4) << 32;
}

/* Is it in the row, or of a group? */
static __always_inline bool station_is_in(const struct hf_stations *s,
					  const __u8 *dest)
{
	__u64 mac = station_mac(dest);

	if (mac == s->mac[0] || dest[0] & 1)
		return true;
	for (__u32 i = 1; i < HF_STATIONS_MAX; i++)
		if (i < s->nr && mac == s->mac[i])
			return true;
	return false;
}

/* For XDP. */
static __always_inline bool station_is_ours(const struct run *r)
{
	const struct hf_stations *s = MAP_AT(stations, iface_slot);
	struct frame fr = frame_of(r);
	struct ethhdr *eth = fr.data;

	return !s || !s->nr || (void *)(eth + 1) > fr.data_end ||
	       station_is_in(s, eth->h_dest);
}

/* For tc, where the kernel has compared it with the interface's own. */
static __always_inline bool station_is_ours_tc(const struct run *r)
{
	const struct hf_stations *s = MAP_AT(stations, iface_slot);
	__u8 dest[6];

	return r->skb->pkt_type != STATION_OTHERHOST || !s || !s->nr ||
	       bpf_skb_load_bytes_relative(r->skb, 0, dest, sizeof(dest),
					   BPF_HDR_START_MAC) ||
	       station_is_in(s, dest);
}

#endif
