/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Mode monitor: everything passes, and what mode always would have done is
 * counted, so that an operator can see it before it is done. The connections are
 * the kernel's own: under flood an ACK that it has no socket for is one of nobody,
 * or of a cookie that the kernel itself gave, which mode always gives in its place.
 */
#ifndef HANDFAST_MONITOR_BPF_H
#define HANDFAST_MONITOR_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "state/count.bpf.h"
#include "state/phase.bpf.h"
#include "state/run.bpf.h"
#include "state/seen.bpf.h"
#include "state/sock.bpf.h"

/* `action`: the verdict about a SYN. One that passes has its reason. */
static __always_inline int monitor_syn(const struct run *r, int action)
{
	__u32 service = r->packet->service;

	if (action == XDP_PASS)
		return action;
	count(service,
	      action == XDP_TX ? HF_CNT_WOULD_ANSWER : HF_CNT_WOULD_DROP_SYN);
	return run_pass(r, HF_CNT_SYN_PASS_MONITOR);
}

/* Has somebody a connection that the segment could be of? */
static __always_inline bool monitor_is_known(const struct run *r)
{
	return r->service->flags & HF_SVC_LISTENING
		       ? sock_is_begun(r)
		       : seen_has(&r->packet->tuple);
}

static __always_inline int monitor_ack(const struct run *r)
{
	const struct packet *p = r->packet;

	if (phase_flood(p->now_ms, HF_COOKIE_LIFETIME_MS) &&
	    !monitor_is_known(r))
		count(p->service, HF_CNT_WOULD_DROP_ACK);
	return run_pass(r, HF_CNT_PASS_MONITOR);
}

#endif
