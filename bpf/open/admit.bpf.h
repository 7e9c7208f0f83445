/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Admission at tc ingress: a validated connection gets its socket.
 *
 * Only bpf_sk_assign_tcp_reqsk() makes one, and only here (the kfunc takes an
 * skb at tc ingress). XDP has checked the cookie and made the record; here the
 * record's first segment (seq = irs + 1, ack = iss + 1) is tied to a request
 * socket with the record's options, and the kernel makes the connection of it
 * (net/ipv4/syncookies.c, cookie_bpf_check()).
 *
 * A record is PENDING until the server's side was seen. While it is:
 *
 *   - the first segment is assigned if the kernel knows the tuple only by its
 *     listener. Third ACK and data may come in one batch, before the first of
 *     them made a socket; a second assignment would make a second socket and
 *     lose the segment, so those that follow within ADMIT_BATCH_MS pass.
 *   - accept queue full: the segment is dropped, the client repeats it. The
 *     service's SYNs are not answered for SERVICE_FULL_MS.
 *   - segments that overtook the first one make the listener answer RST, which
 *     would end a good connection: egress holds back a bare RST (no ACK bit;
 *     a socket that aborts sends RST with ACK).
 *   - nobody listens, or the kernel refuses: no longer PENDING, its RST goes,
 *     and so it does while the brake is on (brake.bpf.h).
 *
 * Kernel facts: mss at least 536 / 1220; option bits only where the sysctl is
 * on; tcp_syncookies = 0 makes the kernel reset the client. The daemon watches
 * those. With two VLAN tags skb->protocol is the inner tag and the kfunc wants
 * IP there: the outer tag is taken off and put back.
 */
#ifndef HANDFAST_ADMIT_BPF_H
#define HANDFAST_ADMIT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "flow/flow.bpf.h"
#include "open/brake.bpf.h"
#include "open/pending.bpf.h"
#include "state/run.bpf.h"
#include "state/service.bpf.h"
#include "state/sock.bpf.h"
#include "state/verdict.bpf.h"
#include "wire/parse.bpf.h"

#define EINVAL	22	/* asm-generic/errno-base.h */
#define ADMIT_BATCH_MS	20	/* segments of one NAPI batch lie closer */

extern int bpf_sk_assign_tcp_reqsk(struct __sk_buff *skb, struct sock *sk,
				   struct bpf_tcp_req_attrs *attrs,
				   int attrs__sz) __ksym __weak;

static __always_inline void admit_fill_attrs(struct bpf_tcp_req_attrs *a,
					     const struct hf_flow *f,
					     const struct options *o)
{
	a->mss = f->mss;
	a->ecn_ok = !!(f->options & HF_OPT_ECN);
	a->sack_ok = !!(f->options & HF_OPT_SACK);
	if (f->options & HF_OPT_WSCALE) {
		a->wscale_ok = 1;
		a->snd_wscale = f->snd_wscale;
		a->rcv_wscale = f->rcv_wscale;
	}
	if (f->options & HF_OPT_TS) {
		a->tstamp_ok = 1;
		a->rcv_tsval = o->tsval;	/* 0: left out */
		a->rcv_tsecr = f->dir[HF_DIR_OUT].tsval;
	}
}

static __always_inline int admit_full(const struct run *r)
{
	struct packet *p = r->packet;
	struct hf_service *svc = service_find(p);

	/* One full queue of several says nothing about the others. */
	if (svc && !(svc->flags & HF_SVC_SHARED))
		service_set_full(svc, p->now_ms);
	pending_meets(r->flow, HF_FLOW_MET_FULL);
	return verdict_drop(r, HF_CNT_ADMIT_FULL);
}

/* No socket will come of it: what the kernel answers must leave. */
static __always_inline int admit_give_up(const struct run *r,
					 enum hf_counter why)
{
	struct packet *p = r->packet;

	verdict_note(r, why);
	if (why == HF_CNT_ADMIT_REFUSED)
		brake_tell(p, BRAKE_SAYS_OURS);
	flow_not_pending(&p->tuple, r->flow);
	return TC_PASS;
}

static __always_inline int admit_call_kernel(struct __sk_buff *skb,
					     struct tcp_sock *tp,
					     struct bpf_tcp_req_attrs *attrs)
{
	__be16 proto = skb->vlan_proto;
	__u16 tci = skb->vlan_tci;
	bool inner_tag = skb->protocol == bpf_htons(ETH_P_8021Q) ||
			 skb->protocol == bpf_htons(ETH_P_8021AD);
	int err;

	if (inner_tag && bpf_skb_vlan_pop(skb))
		return -EINVAL;
	err = bpf_sk_assign_tcp_reqsk(skb, (struct sock *)tp, attrs,
				      sizeof(*attrs));
	if (inner_tag)
		bpf_skb_vlan_push(skb, proto, tci);
	return err;
}

/* Tie the segment to a new request socket of the listener. */
static __always_inline int admit_assign(const struct run *r,
					struct bpf_sock *listener)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(listener);
	struct bpf_tcp_req_attrs attrs = {};
	struct packet *p = r->packet;
	struct hf_flow *f = r->flow;
	struct options_raw raw;
	struct options o;

	if (!tp || !pkt_load_options(r, &raw))
		return TC_PASS;
	if (sock_queue_full(tp))
		return admit_full(r);
	opt_parse(&o, &raw);
	admit_fill_attrs(&attrs, f, &o);
	if (admit_call_kernel(r->skb, tp, &attrs))
		return admit_give_up(r, HF_CNT_ADMIT_REFUSED);
	pending_meets(f, p->now_ms);
	return verdict_pass(r, HF_CNT_ADMIT_ASSIGNED);
}

/* Assigned a moment ago: the socket is being made by an earlier segment. */
static __always_inline bool admit_in_batch(const struct hf_flow *f,
					   __u32 now_ms)
{
	__u32 assigned_ms = pending_met(f);

	return assigned_ms > HF_FLOW_MET_FULL &&
	       now_ms - assigned_ms < ADMIT_BATCH_MS;
}

/* Is it the record's third ACK, for the kernel to make a socket of? */
static __always_inline bool admit_is_first(const struct hf_flow *f,
					   const struct packet *p)
{
	return f->handoff == HF_HANDOFF_REQSK &&
	       (p->flags & (TCP_SYN | TCP_RST | TCP_ACK)) == TCP_ACK &&
	       p->seq == f->irs + 1 && p->ack == f->iss + 1 &&
	       !admit_in_batch(f, p->now_ms);
}

/* The client's segment of a record that is pending. */
static __always_inline int admit_ingress(const struct run *r)
{
	struct bpf_sock *skc;
	int action = TC_PASS;

	if (!admit_is_first(r->flow, r->packet))
		return TC_PASS;
	skc = sock_find(r);
	if (!skc)
		return admit_give_up(r, HF_CNT_ADMIT_NO_LISTENER);
	if (skc->state == SOCK_LISTEN)
		action = admit_assign(r, skc);
	bpf_sk_release(skc);
	return action;
}

/* The server's side of a record. */
static __always_inline int admit_egress(const struct run *r)
{
	struct packet *p = r->packet;
	struct hf_flow *f = r->flow;
	bool pending = f->life & HF_LIFE_PENDING;
	bool bare_rst = (p->flags & (TCP_RST | TCP_ACK)) == TCP_RST;

	if (pending && bare_rst && !brake_is_on(f->service))
		return verdict_drop(r, HF_CNT_ADMIT_RST_HELD);
	verdict_note(r, flow_track(r, HF_DIR_OUT) ? HF_CNT_FLOW_OUT
						  : HF_CNT_FLOW_OUT_UNFIT);
	if (pending) {
		brake_tell(p, bare_rst ? brake_blame(r) : BRAKE_SAYS_GOOD);
		flow_not_pending(&p->tuple, f);
	}
	return TC_PASS;
}

#endif
