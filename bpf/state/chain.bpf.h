/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Do our tc programs stand first in their chains? What proves a handshake would
 * otherwise meet the kernel as it is, which answers RST: a program that stands
 * before ours may end the chain, and whoever may attach one can put it there, or
 * take ours off, at any time.
 *
 * The kernel is asked where a handshake is proved. If they do not, the segment is
 * dropped, as if it was lost: the client repeats what it says. The interface's
 * SYNs pass from then on, until the daemon has mended the chain.
 *
 * It can be asked since Linux 6.9 (open/choice.bpf.h), and where tc has links;
 * elsewhere the daemon's look is all there is.
 */
#ifndef HANDFAST_CHAIN_BPF_H
#define HANDFAST_CHAIN_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "state/config.bpf.h"
#include "state/maps.bpf.h"
#include "state/netns.bpf.h"
#include "state/run.bpf.h"

/* The first eight bytes of a program's name, as they lie in memory. */
#define CHAIN_NAME(a, b, c, d, e, f, g, h) \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | \
	 (__u64)(e) << 32 | (__u64)(f) << 40 | (__u64)(g) << 48 | \
	 (__u64)(h) << 56)
#define CHAIN_IN	CHAIN_NAME('h', 'f', '_', 't', 'c', '_', 'i', 'n')
#define CHAIN_OUT	CHAIN_NAME('h', 'f', '_', 't', 'c', '_', 'o', 'u')

static __always_inline bool chain_begins(const struct bpf_mprog_entry *chain,
					 __u64 name)
{
	const struct bpf_prog *first = chain ? chain->fp_items[0].prog : NULL;

	return first && *(const __u64 *)first->aux->name == name;
}

/* For XDP, of an interface that has such chains. */
static __always_inline bool chain_is_ours(const struct run *r)
{
	const struct net_device *dev = netns_dev(r);

	return chain_begins(dev->tcx_ingress, CHAIN_IN) &&
	       chain_begins(dev->tcx_egress, CHAIN_OUT);
}

/* Must what tc would have to work on be dropped? Then SYNs pass, too. */
static __always_inline bool chain_is_lost(const struct run *r)
{
	if (handoff || !(control.tcx >> iface_slot & 1) || chain_is_ours(r))
		return false;
	if (!(control.held >> iface_slot & 1))
		__sync_fetch_and_or(&control.held, 1ULL << iface_slot);
	return true;
}

#endif
