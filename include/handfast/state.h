/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * States and events of a leg (RFC 9293 3.3.2), as the data plane reports them
 * and the daemon counts them.
 */
#ifndef HANDFAST_STATE_H
#define HANDFAST_STATE_H

#include "handfast/flow.h"

enum hf_state {
	HF_CLOSED,
	HF_LISTEN,
	HF_SYN_SENT,
	HF_SYN_RECEIVED,
	HF_ESTABLISHED,
	HF_FIN_WAIT_1,
	HF_FIN_WAIT_2,
	HF_CLOSE_WAIT,
	HF_CLOSING,
	HF_LAST_ACK,
	HF_TIME_WAIT,
	HF_STATE_NR,
};

/*
 * The legs of a connection: each is one end of TCP (RFC 9293 3.3.2), and what
 * one sends the other receives where there are two.
 */
enum hf_leg {
	HF_LEG_CLIENT,		/* towards the client, its passive end: the only
				 * leg where the kernel's socket is that end */
	HF_LEG_SERVER,		/* towards the server, its active end */
	HF_LEG_NR,
};

/*
 * What happens to a leg: "rcv" and "snd" as the leg sees it. A SYN or FIN
 * counts as received when the leg acknowledged it: before that it may have been
 * lost behind us. The second half comes from timers and from the kernel. One
 * segment may be several events: they are reported in the order of this table,
 * the acknowledgment before the FIN (RFC 9293 3.10.7.4).
 */
#define HF_EVENTS(X) \
	X(SND_SYN, snd_syn, "active open") \
	X(RCV_SYN, rcv_syn, "SYN, answered by SYN-ACK") \
	X(RCV_SYN_ACK, rcv_syn_ack, "SYN-ACK of an active open") \
	X(RCV_ACK, rcv_ack, "ACK of our SYN") \
	X(RCV_FIN, rcv_fin, "FIN, and we acknowledged it") \
	X(RCV_FIN_ACK, rcv_fin_ack, "FIN and the ACK of ours in one segment") \
	X(SND_FIN, snd_fin, "first FIN of ours") \
	X(RCV_ACK_OF_FIN, rcv_ack_of_fin, "ACK of our FIN") \
	X(RCV_FIN_AGAIN, rcv_fin_again, "FIN repeated") \
	X(RCV_RST, rcv_rst, "acceptable RST, RFC 5961 3") \
	X(SND_RST, snd_rst, "RST of ours") \
	X(ADOPTED, adopted, "connection older than handfast") \
	X(REPEAT, repeat, "timer: the SYN-ACK, or a SYN of ours, is due again") \
	X(GIVE_UP, give_up, "timer: the last of these was not answered") \
	X(MSL2, 2msl, "timer: TIME_WAIT is over") \
	X(IDLE, idle, "timer: keepalive probe is due") \
	X(DEAD, dead, "timer: no probe was answered") \
	X(GONE, gone, "the kernel has no socket any more") \

#define HF_EVENT_ENUM(id, name, help) HF_EV_##id,
enum hf_event {
	HF_EVENTS(HF_EVENT_ENUM)
	HF_EVENT_NR,
};

/* One event of the data plane, in the ring buffer `events`: a hint. */
struct hf_event_rec {
	struct hf_tuple tuple;
	__u32 generation;	/* of the record, high half of its life; of a
				 * half-open record: irs */
	__u32 at_ms;
	__u16 service;		/* service id */
	__u8 event;		/* enum hf_event */
	__u8 leg;		/* enum hf_leg */
	__u8 pad[4];
};

/* Legs of one kind, by state. */
struct hf_leg_states {
	__u64 now[HF_STATE_NR];
	__u64 entered[HF_STATE_NR];
	__u64 taken[HF_STATE_NR][HF_EVENT_NR];	/* how often each arrow */
};

/*
 * What the daemon counted, in the map `states`. `now` of a dead daemon is
 * stale: it follows from the records. The daemon alone writes.
 */
struct hf_states {
	struct hf_leg_states leg[HF_LEG_NR];
	__u64 resynced;		/* states set by a sweep, events were lost */
	__u64 created;		/* flows whose begin is in `entered` */
};

#endif
