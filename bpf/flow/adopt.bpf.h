/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Connections that exist when an interface is attached: a socket iterator walks
 * the namespace's TCP sockets and writes the record of each that belongs to a
 * service, its facts read from the socket. Packets find them from then on; one
 * that was missed becomes a record with its next ACK (open/ack.bpf.h).
 *
 * This runs in a process, the other programs in softirqs that may come between:
 * it has a scratch of its own, and counts atomically.
 *
 * Half-open and TIME_WAIT sockets are no records: as long as there are some,
 * each SYN asks the kernel for them (open/syn.bpf.h).
 */
#ifndef HANDFAST_ADOPT_BPF_H
#define HANDFAST_ADOPT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "flow/flow.bpf.h"
#include "state/clock.bpf.h"
#include "state/count.bpf.h"
#include "state/exit.bpf.h"
#include "state/phase.bpf.h"
#include "state/service.bpf.h"
#include "state/sock.bpf.h"
#include "wire/tuple.bpf.h"

/* One is made at a time. */
struct adopt_entry {
	struct hf_tuple tuple;
	struct hf_flow flow;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct adopt_entry);
} adopt_scratch SEC(".maps");

static __always_inline void adopt_tuple(struct hf_tuple *t,
					const struct sock_common *skc)
{
	__builtin_memset(t, 0, sizeof(*t));
	if (skc->skc_family == SOCK_AF_INET) {
		addr_set_ip4(t->client, skc->skc_daddr);
		addr_set_ip4(t->server, skc->skc_rcv_saddr);
	} else {
		for (int i = 0; i < 4; i++) {
			t->client[i] = skc->skc_v6_daddr.in6_u.u6_addr32[i];
			t->server[i] = skc->skc_v6_rcv_saddr.in6_u.u6_addr32[i];
		}
	}
	t->client_port = skc->skc_dport;
	t->server_port = bpf_htons(skc->skc_num);
}

/* The service that listens there, or NULL. */
static __always_inline struct hf_service *
adopt_service(const struct hf_tuple *t)
{
	struct hf_service *svc;

	if (!service_has_port(t->server_port))
		return NULL;
	svc = service_of(t);
	return svc && svc->flags & HF_SVC_LISTENING ? svc : NULL;
}

static __always_inline bool adopt_peer_closed(__u8 state)
{
	return state == SOCK_CLOSE_WAIT || state == SOCK_LAST_ACK ||
	       state == SOCK_CLOSING;
}

static __always_inline bool adopt_we_closed(__u8 state)
{
	return state == SOCK_FIN_WAIT_1 || state == SOCK_FIN_WAIT_2 ||
	       state == SOCK_LAST_ACK || state == SOCK_CLOSING;
}

/* Whose handshake it was. In mode auto most were opened while calm. */
static __always_inline __u8 adopt_handoff(const struct hf_service *svc)
{
	return svc->mode == HF_MODE_AUTO ? HF_HANDOFF_KERNEL
					 : HF_HANDOFF_ADOPTED;
}

/* What is read of a connection that the kernel made. */
struct adopt_view {
	const struct tcp_sock *tp;
	__u8 state;		/* SOCK_* */
	__u8 handoff;		/* HF_HANDOFF_KERNEL or _ADOPTED */
	__u16 service;		/* service id */
	__u32 now_ms;
};

/*
 * FINs, so that the state follows from the record. Who closed first shows in the
 * acknowledgment that our FIN carried: only in LAST_ACK it covered theirs.
 */
static __always_inline void adopt_fins(struct hf_flow *f,
				       const struct adopt_view *v)
{
	__u32 rcv_nxt = v->tp->rcv_nxt, write_seq = v->tp->write_seq;
	struct hf_flow_dir *out = &f->dir[HF_DIR_OUT];
	struct hf_flow_dir *in = &f->dir[HF_DIR_IN];
	__u32 ack = rcv_nxt;

	if (adopt_peer_closed(v->state)) {
		in->flags |= HF_DIR_FIN;
		in->fin = flow_fin_pack(rcv_nxt - 1, in->ack_hi);
		in->fin_last_ms = v->now_ms;
	}
	if (!adopt_we_closed(v->state))
		return;
	if (v->state == SOCK_CLOSING)
		ack--;
	out->flags |= HF_DIR_FIN;
	out->fin = flow_fin_pack(write_seq - 1, ack);
	out->fin_last_ms = v->now_ms;
	out->seq_hi = write_seq;
}

static __always_inline void adopt_fill(struct hf_flow *f,
				       const struct adopt_view *v)
{
	struct hf_flow_dir *out = &f->dir[HF_DIR_OUT];
	struct hf_flow_dir *in = &f->dir[HF_DIR_IN];
	const struct tcp_sock *tp = v->tp;

	__builtin_memset(f, 0, sizeof(*f));
	f->life = flow_new_life(0);
	f->irs = tp->rcv_nxt;	/* later than its ISN: a replay's is older */
	f->mint_ms = f->created_ms = v->now_ms;
	f->snd_wscale = f->rcv_wscale = HF_WSCALE_NONE;
	f->handoff = v->handoff;
	f->service = v->service;
	in->flags = out->flags = HF_DIR_SEEN | HF_DIR_SYN | HF_DIR_ACK;
	in->seq_hi = out->ack_hi = tp->rcv_nxt;
	in->ack_hi = tp->snd_una;
	out->seq_hi = tp->snd_nxt;
	in->window = out->window = 65535;
	in->last_ms = out->last_ms = v->now_ms;
	adopt_fins(f, v);
}

/*
 * An open connection of a service gets a record, unless it has one. True: it
 * got one.
 */
static __always_inline bool adopt_socket(struct sock_common *skc)
{
	struct adopt_entry *e = MAP_AT(adopt_scratch, 0);
	struct adopt_view v = { .state = skc->skc_state };
	struct hf_service *svc;

	if (!e || (v.state != SOCK_ESTABLISHED && !adopt_we_closed(v.state) &&
		   !adopt_peer_closed(v.state)))
		return false;
	v.tp = bpf_skc_to_tcp_sock(skc);
	if (!v.tp || phase.flows >= control.flows_limit)
		return false;
	adopt_tuple(&e->tuple, skc);
	svc = adopt_service(&e->tuple);
	if (!svc)
		return false;
	v.service = svc->id;
	v.handoff = adopt_handoff(svc);
	v.now_ms = clock_ms();
	if (phase_is_kernels(svc->mode, v.now_ms) ||
	    !exit_is_here(svc, &e->tuple))
		return false;	/* nothing is followed, or half would be seen */
	adopt_fill(&e->flow, &v);
	if (flow_put(&e->tuple, &e->flow, NULL))
		return false;
	count_atomic(e->flow.service, HF_CNT_FLOW_CREATED);
	count_atomic(e->flow.service, HF_CNT_FLOW_ADOPTED);
	return true;
}

#endif
