/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Segments without a record that prove nothing: an ACK without a cookie, RST, FIN,
 * SYN-ACK, none or all flags. While calm they pass, and the kernel answers as RFC
 * 9293 3.10.7.1 says. Under flood, of SYNs or of their own kind, those that surely
 * are nobody's are dropped.
 *
 * The caller asks the kernel's socket table first. What it does not show:
 *
 *   - the kernel's own cookies, given while SYNs passed: their ACK is checked by
 *     the kernel's own function (Linux 6.0);
 *   - a connection of a host behind this one, where nobody listens here, or where
 *     netfilter's hooks may send it on: state/seen.bpf.h knows who spoke;
 *   - whatever others answer, where SYNs pass for good.
 */
#ifndef HANDFAST_STRAY_BPF_H
#define HANDFAST_STRAY_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "open/fast.bpf.h"
#include "open/syn.bpf.h"
#include "state/config.bpf.h"
#include "state/exit.bpf.h"
#include "state/netns.bpf.h"
#include "state/odd.bpf.h"
#include "state/phase.bpf.h"
#include "state/run.bpf.h"
#include "state/seen.bpf.h"
#include "state/sock.bpf.h"
#include "wire/packet.bpf.h"

/* Does the ACK acknowledge a cookie of the kernel's? Of the headers it is given
 * cookie_v4_check() and its kin read these fields. Global: checked once. */
__noinline int stray_is_kernel_cookie(struct packet *p)
{
	struct ipv6hdr ip6 = {};
	struct tcphdr tcp = {};
	struct iphdr ip4 = {};

	if (!p || !(p->flags & TCP_ACK))
		return 0;
	tcp.source = p->tuple.client_port;
	tcp.dest = p->tuple.server_port;
	tcp.seq = bpf_htonl(p->seq);
	tcp.ack_seq = bpf_htonl(p->ack);
	if (p->ip6) {
		__builtin_memcpy(&ip6.saddr, p->tuple.client, 16);
		__builtin_memcpy(&ip6.daddr, p->tuple.server, 16);
		return !bpf_tcp_raw_check_syncookie_ipv6(&ip6, &tcp);
	}
	ip4.saddr = p->tuple.client[3];
	ip4.daddr = p->tuple.server[3];
	return !bpf_tcp_raw_check_syncookie_ipv4(&ip4, &tcp);
}

/* May the kernel have given cookies lately, since SYNs passed? */
static __always_inline bool stray_may_be_a_cookie(const struct run *r)
{
	const struct hf_brake *b = MAP_AT(brake, r->packet->service);

	return r->service->flags & HF_SVC_LISTENING && b &&
	       (phase_is_calm(r->service->mode, r->packet->now_ms) ||
		syn_asks_kernel(r, b));
}

/* May what is for the service be for a host behind this one? A kernel that has but
 * one handoff cannot be asked for its hooks. */
static __always_inline bool stray_may_be_behind(const struct run *r)
{
	return !(r->service->flags & HF_SVC_LISTENING) || handoff ||
	       netns_has_hooks(r);
}

/* ... which spoke to its client? */
static __always_inline bool stray_is_of_behind(const struct run *r)
{
	return stray_may_be_behind(r) && seen_has(&r->packet->tuple);
}

/* Where SYNs pass since it is calm, or there is no room, they are the kernel's. */
static __always_inline bool stray_is_ours_to_judge(const struct run *r)
{
	const struct packet *p = r->packet;
	enum hf_counter why = syn_pass_reason(r);

	if (r->service->mode == HF_MODE_MONITOR)
		return false;
	if (why == HF_CNT_SYN_PASS_CALM)
		return phase_ack_flood(p->now_ms) &&
		       exit_is_here(r->service, &p->tuple);
	return !why || why == HF_CNT_SYN_PASS_NO_ROOM;
}

/* ... and is it nobody's? No socket of the kernel takes it. */
static __always_inline bool stray_is_nobodys(const struct run *r)
{
	return stray_is_ours_to_judge(r) && !stray_is_of_behind(r) &&
	       !(stray_may_be_a_cookie(r) && stray_is_kernel_cookie(r->packet));
}

/* An ACK that proved nothing was dropped: others of its kind are, at this time, unless
 * each has to be looked at for something: open/fast.bpf.h. */
static __always_inline void stray_note_fast(const struct run *r)
{
	struct fast_refusal *fast = fast_refusal_of(r);

	fast->behind = stray_may_be_behind(r);
	fast_note(r, &fast->at,
		  !stray_may_be_a_cookie(r) &&
			  !(control.exits | control.trace));
}

/* The verdict about one that is no ACK: it has a reason of its own to pass, and
 * one to be dropped. */
static __always_inline int stray_ingress(const struct run *r,
					 enum hf_counter pass,
					 enum hf_counter drop)
{
	__u32 now_ms = r->packet->now_ms;

	phase_acks(now_ms, 1);
	if (!phase_any_flood(now_ms))
		return run_pass(r, pass);
	if (sock_is_begun(r))
		return run_pass(r, HF_CNT_PASS_KERNEL);
	return stray_is_nobodys(r) ? run_drop(r, drop) : run_pass(r, pass);
}

/*
 * What is not read to its TCP header is the kernel's to read, and would be a way
 * around all this: under flood it passes as odd segments do. The first fragment of
 * some, of which the ports are known:
 */
static __always_inline int stray_fragment(const struct run *r)
{
	if (sock_is_begun(r) || !stray_is_nobodys(r) || odd_may_pass(r))
		return XDP_PASS;
	return run_drop(r, HF_CNT_DROP_FRAGMENT);
}

/* ... and what hides behind more extension headers than anybody sends. */
static __always_inline int stray_headers(const struct run *r)
{

	if (!(control.modes & ~HF_MODES_PASS) ||
	    syn_instance_reason(r->packet->now_ms) || odd_may_pass(r))
		return XDP_PASS;
	return run_drop(r, HF_CNT_DROP_EXT_HEADER);
}

#endif
