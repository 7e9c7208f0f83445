/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The BPF side of one instance: maps made or taken over by their pins, the
 * clock, keys and profiles in them, and a set of programs for each interface.
 */
#ifndef HANDFAST_DATAPLANE_H
#define HANDFAST_DATAPLANE_H

#include <limits.h>

#include "lib/config.h"
#include "lib/failure.h"
#include "lib/maps.h"

struct handfast;		/* the skeleton */

struct dataplane {
	const char *name;	/* of the instance */
	char pins[PATH_MAX];	/* .../handfast/NAME/vN */
	char former[PATH_MAX];	/* pins of another layout, whose spliced
				 * connections go on; or "" */
	bool taken_over;	/* the maps were there before */
	bool has_reqsk;		/* the kernel takes connections by that handoff */
	enum tc_mode tc;
	struct handfast *core;	/* maps and syscall programs */
	struct hf_control *control;	/* mapped */
	__u8 *ports;		/* mapped, HF_PORTS_BYTES */
	struct maps maps;
	__u32 sockets_due_ms;	/* when the kernel's are looked at again */
	uint64_t seen_since_ms;	/* the generation of marks; 0: not known */
	int clock_fd;
	int reap_fd;
	int note_fd;
	int carry_fd;
	int hooks_fd;		/* -1 before Linux 6.9 */
};

/*
 * Make the maps of the instance, or take over those that are pinned; nothing
 * is attached and nothing armed by this. 0, or -1 with the failure.
 */
int dataplane_open(struct dataplane *dp, const struct config *c,
		   struct failure *f);

/* Is there a handoff that was asked for and cannot be? 0, or -1 with the failure. */
int dataplane_check_handoff(const struct dataplane *dp, const struct config *c,
			    struct failure *f);

/*
 * Has netfilter hooks between tc and the sockets, for what comes by this
 * interface: HF_HOOKS_*. What cannot be told is not there.
 */
int dataplane_hooks(const struct dataplane *dp, unsigned int ifindex);

/* Rates and limits, at start and when the configuration is read again. */
void dataplane_set_limits(struct dataplane *dp, const struct config *c);

/* What the programs of one interface must know of it. */
struct dataplane_iface {
	unsigned int slot;	/* row of ifaces and iface_counters */
	bool generic;		/* XDP in the stack */
	bool partial_sum;	/* checksums may cover the pseudo header only */
};

/* Programs for one interface, not loaded; NULL with the failure. */
struct handfast *dataplane_prepare(const struct dataplane *dp,
				   const struct dataplane_iface *iface,
				   struct failure *f);

/* Load them. 0, or -1 with the failure. */
int dataplane_load(const struct dataplane *dp, struct handfast *skel,
		   struct failure *f);

/*
 * Make records of the connections that exist already, of services that are in
 * the maps. Returns how many, or -errno.
 */
int dataplane_adopt(const struct dataplane *dp);

/*
 * From now on SYNs ask for the kernel's own sockets, for as long as it may have
 * some of before (half-open ones 63 s, TIME_WAIT and its kin 60 s) and has; and
 * no ACK is dropped that may be an answer to a cookie of its own.
 */
void dataplane_ask_sockets(struct dataplane *dp, __u32 now_ms);

/* What dataplane_ask_sockets() has set; to be put back where nothing came of
 * what it was for. */
struct dataplane_ask_state {
	__u32 ask_until_ms, old_sockets, due_ms;
};

struct dataplane_ask_state dataplane_ask_state(const struct dataplane *dp);
void dataplane_ask_restore(struct dataplane *dp,
			   const struct dataplane_ask_state *before);

/*
 * Is it time to look whether it has any? To be called now and then: true once in
 * some seconds, until all that is over.
 */
bool dataplane_old_sockets_due(struct dataplane *dp, __u32 now_ms);

/* The interface in this slot: its SYNs pass, or not any more. Does it? XDP sets
 * that, too. */
void dataplane_hold(const struct dataplane *dp, unsigned int slot, bool on);
bool dataplane_holds(const struct dataplane *dp, unsigned int slot);

/* ... its tc programs have links: XDP looks whether they are first. */
void dataplane_watch_tcx(const struct dataplane *dp, unsigned int slot,
			 bool on);

/* It has none: SYNs need not ask. */
void dataplane_no_sockets(struct dataplane *dp);

/* Count something that the daemon did. */
void dataplane_note(const struct dataplane *dp, __u32 service,
		    enum hf_counter counter);

void dataplane_close(struct dataplane *dp);

#endif
