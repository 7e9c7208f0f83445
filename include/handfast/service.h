/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Protected services: what the data plane looks up for each packet. */
#ifndef HANDFAST_SERVICE_H
#define HANDFAST_SERVICE_H

#include "handfast/limits.h"

enum hf_mode {
	HF_MODE_OFF,		/* SYNs pass */
	HF_MODE_ALWAYS,		/* SYNs are answered */
	HF_MODE_AUTO,		/* SYNs are answered under flood; while calm the
				 * kernel does it, and nothing is followed */
	HF_MODE_MONITOR,	/* pass, count what would have been done */
	HF_MODE_NR,
};

/* A set of modes. */
#define HF_MODE_BIT(mode)	(1U << (mode))
#define HF_MODES_PASS		(HF_MODE_BIT(HF_MODE_OFF) | \
				 HF_MODE_BIT(HF_MODE_MONITOR))

#define HF_SVC_LISTENING	0x01	/* a socket listens */
#define HF_SVC_MPTCP		0x02	/* ... and it is an MPTCP socket */
#define HF_SVC_MD5		0x04	/* ... with TCP-MD5 or TCP-AO keys */
#define HF_SVC_SHARED		0x10	/* several sockets (SO_REUSEPORT) */
#define HF_SVC_REQSK		0x08	/* this handoff was asked for ... */
#define HF_SVC_SPLICE		0x20	/* ... or this one; else it is chosen */

/* One bit a port that some service has. */
struct hf_ports {
	__u8 byte[HF_PORTS_BYTES];
};

struct hf_service_key {
	__be32 addr[4];		/* local address; IPv4 as ::ffff:a.b.c.d */
	__be16 port;
	__u16 pad;
};

struct hf_service {
	__u16 id;		/* row in service_info and counters */
	__u8 flags;		/* HF_SVC_* */
	__u8 mode;		/* enum hf_mode */
	__u8 profile;		/* index into profiles */
	__u8 profile_prev;	/* accepted until profile_prev_until_ms */
	__u16 mss;		/* what we announce, bytes */
	__u32 window;		/* receive space of the listener, bytes */
	__u32 profile_prev_until_ms;
	__u32 full_until_ms;	/* written by tc: accept queue found full */
	__u32 full;		/* 1 while full_until_ms is to be looked at */
	__u32 exits;		/* whose ways of answers: exit.h */
};

/* What a SYN-ACK announces. */
struct hf_profile {
	__u8 rcv_wscale;	/* the shift of our own windows */
	__u8 grants;		/* HF_OPT_* that may be granted */
	__u8 pad[2];
};

enum hf_row {
	HF_ROW_FREE,
	HF_ROW_USED,
	HF_ROW_LEFT,		/* nobody wants it now: kept for its counts */
};

/* Why a service has its handoff; the text is what people read. */
#define HF_CHOICES(X) \
	X(ASKED, "it was asked for") \
	X(FREE, "nothing between tc and its socket wants to see a SYN") \
	X(KERNEL, "the kernel is older than Linux 6.9") \
	X(BEHIND, "no socket of this host listens") \
	X(SYNCOOKIES, "net.ipv4.tcp_syncookies is 0") \
	X(PROGRAM, "its program asked to see SYNs (TCP_DEFER_ACCEPT, TCP_SAVE_SYN)") \
	X(HOOKS, "netfilter has hooks between tc and the sockets")

#define HF_CHOICE_ENUM(id, text) HF_CHOICE_##id,
/* clang-format off */
enum hf_choice {
	HF_CHOICES(HF_CHOICE_ENUM)
	HF_CHOICE_NR,
};
/* clang-format on */

/* A service as people know it; the row's number is the service id. Row 0 is none:
 * its `addrs` counts the services that are not protected, `why` says why. */
struct hf_service_info {
	char spec[HF_SPEC_MAX];	/* "*:80", "10.0.0.5:443", "[fd00::1]:22";
				 * of a network "10.0.0.0/24:443" */
	__u8 used;		/* enum hf_row */
	__u8 mode;
	__u8 listening;
	__u8 armed;
	__u8 handoff;		/* enum hf_handoff: the next connection's */
	__u8 choice;		/* enum hf_choice: why */
	__u8 pad[2];
	__u32 addrs;		/* (address, port) pairs that it stands for */
	__u32 half_open_ms;	/* life of a half-open record, the longest */
	char why[HF_TEXT_MAX];	/* why it is not armed, or empty */
};

#endif
