/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which handoff takes a connection. The kernel can be handed one that has had its
 * handshake (admit.bpf.h) where a socket of this host listens and nothing wants
 * to see the SYN; everywhere else it is shown an ordinary handshake
 * (handover.bpf.h). Asked for the SYN, whose answer gives a spliced client no
 * window, and again for the third ACK, which decides.
 */
#ifndef HANDFAST_CHOICE_BPF_H
#define HANDFAST_CHOICE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "state/config.bpf.h"
#include "state/netns.bpf.h"
#include "state/run.bpf.h"

static __always_inline __u32 choice_of(const struct run *r)
{
	__u8 flags = r->service->flags;

	if (handoff)
		return handoff;
	if (flags & HF_SVC_SPLICE || !(flags & HF_SVC_LISTENING))
		return HF_HANDOFF_SPLICE;
	if (flags & HF_SVC_REQSK)
		return HF_HANDOFF_REQSK;
	return netns_takes_cookies(r) && !netns_has_hooks(r)
		       ? HF_HANDOFF_REQSK
		       : HF_HANDOFF_SPLICE;
}

#endif
