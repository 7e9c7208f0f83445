/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Words that steer the data plane (written by the daemon), words that it
 * decides itself, and what `handfast status` needs with the daemon dead.
 */
#ifndef HANDFAST_CONTROL_H
#define HANDFAST_CONTROL_H

#include "handfast/flow.h"
#include "handfast/limits.h"

/* Of something in a window of HF_WINDOW_MS. */
struct hf_limit {
	__u32 nr;		/* on all CPUs together */
	__u32 batch;		/* so many one CPU counts before the others hear
				 * of it; 0: one */
};

/* ... and of that no client prefix gets more than a part. */
struct hf_share {
	struct hf_limit all;
	__u32 prefix;
};

/* Written by the daemon, read for every packet. Single words change in place. */
struct hf_control {
	__u64 clock_mult;	/* ms = (jiffies64 * mult >> 20) + off */
	__u64 clock_off;
	__u64 inject_cookie;	/* of the daemon's socket for the client's own
				 * segments, or 0 */
	__u64 presence_seed;	/* secret of the presence filter's hash */
	__u64 tcx;		/* bit of an interface's slot: its tc programs have
				 * links, and XDP looks whether they are first */
	__u64 held;		/* ... its SYNs pass: it is not armed by itself.
				 * XDP sets it, too, by atomic or */
	__u32 armed;		/* 0: SYNs pass, validation goes on */
	__u32 key_generation;	/* the slot is generation % HF_KEYS_MAX */
	__u32 key_prev_until_ms;	/* till then the generation before is tried */
	__u32 key_prev_valid;	/* 1 while key_prev_until_ms is to be asked */
	__u32 ask_until_ms;	/* until then the kernel may have sockets of
				 * handshakes that it began itself ... */
	__u32 old_sockets;	/* ... as long as this is 1: each SYN asks for
				 * one */
	struct hf_limit flood_syns;	/* SYNs that mean a flood */
	struct hf_limit
		flood_acks;   /* segments that prove nothing and mean one */
	struct hf_share guesses;	/* of 2^-27, at cookies without
					 * timestamps */
	__u32 flood_hold_ms;	/* calm only after so long below it */
	struct hf_share odd;	/* segments that may pass under flood though no
				 * cookie serves them */
	__u32 flows_limit;	/* above so many flows SYNs pass ... */
	__s32 flows_pending;	/* ... and above so many only few records may
				 * wait for their server: */
	__s32 pending_few;	/* so many */
	__s32 pending_prefix;	/* of one client prefix never more than so many */
	__u32 heartbeat_ms;	/* the daemon's last sign of life */
	__u32 orphan_ms;	/* older than this: SYNs pass; 0 = never */
	__u32 half_open_syns;	/* SYNs in a window that are remembered */
	__u32 track_active;	/* 1: this host's own opens have records too */
	__u32 modes;		/* HF_MODE_BIT() of those that services have */
	__u32 cookies;		/* 1 while cookies_until_ms is to be asked */
	__u32 cookies_until_ms;	/* until then cookies may be under way of a
				 * service that gives none any more */
	__u32 exits;		/* 1: some answers leave by no attached
				 * interface, the map `exits` knows */
	__u32 learn_ms;		/* one SYN for a socket passes each such time,
				 * so that its answer is seen; 0: none */
	__u32 find_ports;	/* 1: what answers at any port is to be found */
	__u32 services_written;	/* how often `services` changed */
	__u32 seen_generation;	/* of `seen`, where marks are set: its low bit */
	__u32 seen_complete;	/* 1: all that a service behind sent for a
				 * generation is marked */
	__u32 trace;		/* 1 while trace_until_ms is to be asked; both
				 * are written by `handfast trace` */
	__u32 trace_until_ms;
	__u32 trace_frames;	/* 1: with the frames */
	__u32 trace_sample;	/* one of so many, by chance; 0, 1: each */
};

/* Of which IP version; also what the program hf_hooks returns. */
#define HF_HOOKS_IP4	0x1
#define HF_HOOKS_IP6	0x2

struct hf_flood {
	__u32 on;		/* 1 while until_ms is to be asked */
	__u32 until_ms;
	__u32 since_ms;		/* of the current one or the last */
};

/* Written by the data plane. */
struct hf_phase {
	struct hf_flood flood;	/* of SYNs */
	struct hf_flood ack_flood;	/* of segments that prove nothing */
	struct hf_flood forgery;	/* of guesses at cookies */
	__u32 half_open_ms;	/* when a SYN was remembered last ... */
	__u32 half_open;	/* ... and 1 until that is long ago */
	__u32 services_full;	/* how often tc wrote full_until_ms */
	__s64 flows;		/* records in `flows`, by atomic add */
	__s32 pending;		/* ... whose server was not seen yet, likewise */
	__u32 unanswered_ms;	/* when a server did not answer last ... */
	__u32 unanswered;	/* ... and 1 until that is long ago */
	__u32 mss_ms;		/* a prefix was told a low MSS last ... */
	__u32 mss;		/* ... and 1 until that is long ago */
	__u32 splices;		/* HF_HOOKS_* of the IP versions whose next
				 * connections to sockets are spliced */
	__u64 events_lost;	/* the ring was full, by atomic add */
	__u8 apart[64];		/* the lines above are read for each packet */
	__u64 syns;		/* what all CPUs counted in a window: its ... */
	__u64 acks;		/* ... number << 32 | count */
	__u64 bare;
	__u64 odd;
	__u64 guesses;
};

#define HF_GUESS_BITS	27	/* hf_control.guesses hit once in 2^27 */
#define HF_GUESSES_ANY	0x7fffffffU	/* in a window: no limit */

/* Per CPU: rates in windows of HF_WINDOW_MS. */
#define HF_WINDOW_MS	128
#define HF_RATE_MS	1024
struct hf_tally {
	__u32 own;		/* not added to those of all CPUs yet */
	__u32 all;		/* of the window, when they were last */
};

/* What a CPU has taken of a share. */
struct hf_purse {
	__u32 left;		/* not spent yet ... */
	__u32 over;		/* ... and 1: there is no more to take */
};

/* For people to see. */
struct hf_per_second {
	__u32 second;		/* clock / HF_RATE_MS */
	__u32 nr;		/* since then ... */
	__u32 before;		/* ... and in the one before */
};

struct hf_rate {
	__u32 window;		/* clock / HF_WINDOW_MS */
	struct hf_tally syns, acks;
	struct hf_tally bare;	/* SYNs without timestamps, while they are to be
				 * remembered */
	struct hf_purse odd, guesses;
	struct hf_per_second syns_s, guesses_s;
	__u32 pad;		/* those of CPUs lie at multiples of 8 bytes */
};

struct hf_siphash_key {
	__u64 k0, k1;
};

/* One generation of keys: see bpf/open/cookie.bpf.h. */
struct hf_keys {
	struct hf_siphash_key cookie;	/* SipHash-2-4 */
	struct hf_siphash_key offset;	/* of its branch for TSval */
	__u32 turn;		/* where that offset lies: the next generation has
				 * the next one */
	__u32 clock_off_ms;	/* from the data plane's clock to the one that
				 * cookies tell, in steps of 256 */
	__u32 ahead_ms;		/* clocks that share the key may be so far ahead */
	__u32 pad;
};

struct hf_iface {
	__u32 ifindex;		/* 0: unused slot */
	__u8 native;		/* 1 native, 0 generic */
	__u8 armed;
	__u8 attached;
	__u8 pad;
	char name[16];
	char why_generic[HF_TEXT_MAX];
	char why[HF_TEXT_MAX];	/* why it is not armed, or empty */
};

/* Row by row of ifaces: whose frames are for this machine. The daemon writes. */
struct hf_stations {
	__u32 nr;		/* 0: any may be */
	__u32 pad;
	__u64 mac[HF_STATIONS_MAX];	/* in wire order from the low byte on;
					 * the interface's own is the first */
};

/*
 * Row by row of ifaces: attached on trial (the daemon or `handfast confirm`
 * writes; from until_ms on the programs let SYNs pass), or about to be detached,
 * and they pass now.
 */
struct hf_trial {
	__u32 on;
	__u32 until_ms;
	__u32 draining;
};

/* net.ipv4.* of the attached namespace that the handshake depends on. */
#define HF_SYSCTLS(X) \
	X(SYNCOOKIES, tcp_syncookies) \
	X(TIMESTAMPS, tcp_timestamps) \
	X(SACK, tcp_sack) \
	X(WINDOW_SCALING, tcp_window_scaling) \
	X(ECN, tcp_ecn)

#define HF_SYSCTL_ENUM(id, name) HF_SYSCTL_##id,
/* clang-format off */
enum hf_sysctl {
	HF_SYSCTLS(HF_SYSCTL_ENUM)
	HF_SYSCTL_NR,
};
/* clang-format on */

/* What a later CLI or daemon must know of the one that attached. */
struct hf_meta {
	char name[HF_NAME_MAX];
	char version[32];
	char netns[HF_TEXT_MAX];	/* as given with -N, or empty */
	__u64 netns_ino, netns_cookie;	/* user/sys/netns.h */
	__u64 started_ms;	/* CLOCK_MONOTONIC */
	__u64 keys_since_ms;
	__u32 pid;
	__u32 layout;
	__u32 mode;		/* enum hf_mode */
	__u32 handoff;		/* enum hf_handoff */
	__u32 max_flows;
	__u32 max_half_open;
	__u32 armed;
	__u32 key_rotate_ms;
	char key_file[HF_TEXT_MAX];	/* or empty */
	__s32 sysctl[HF_SYSCTL_NR];	/* -1: unknown */
	char why[HF_TEXT_MAX];	/* why it is not armed, or empty */
};

/* Argument of the syscall program hf_clock. */
struct hf_clock_arg {
	__u64 jiffies;
	__u64 mono_ns;
};

/* Argument of the syscall program hf_reap: see bpf/flow/reap.bpf.h. */
enum hf_reap_op {
	HF_REAP_MARK,		/* a flow: DYING from now on */
	HF_REAP_REMOVE,		/* a flow that is DYING: take it out */
	HF_REAP_FORGET,		/* a half-open record: take it out */
	HF_REAP_CONFIRM,	/* a flow: its server is there, not PENDING */
	HF_REAP_UNANSWERED,	/* a flow: its server is silent, the client's
				 * prefix passes for a while */
};

struct hf_reap_arg {
	struct hf_tuple tuple;
	__u64 life;		/* as it was read; result: as it is now. Of a
				 * half-open record: irs << 32 | iss */
	__u32 op;		/* enum hf_reap_op */
	__u32 done;		/* result: 1 if it was done */
};

/* Argument of the syscall program hf_note: the daemon counts something. */
struct hf_note_arg {
	__u32 service;
	__u32 counter;		/* enum hf_counter */
};

/* Argument of the syscall program hf_carry: see bpf/flow/carry.bpf.h. */
struct hf_carry_arg {
	struct hf_tuple tuple;
	__u32 done;		/* result: 1 if a record was made */
	__u32 pad;
};

/* SO_MARK of the daemon's own segments: not facts of a flow ("hand"). */
#define HF_MARK		0x68616e64

#endif
