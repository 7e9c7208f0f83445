/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One attached interface: its programs and links.
 *
 * Order (rule 6 of the design): tc before XDP on the way up, XDP before tc on
 * the way down.
 */
#ifndef HANDFAST_IFACE_H
#define HANDFAST_IFACE_H

#include "lib/config.h"
#include "dataplane.h"
#include "lib/failure.h"
#include "hook.h"
#include "sys/link.h"

struct iface {
	bool used;
	bool by_command;		/* by `handfast attach`, not named */
	unsigned int slot;		/* row of ifaces and iface_counters */
	char name[IFNAMSIZ];
	int ifindex;
	unsigned int mtu;
	struct link_info link;		/* as it was when it was read */
	bool native;
	uint64_t seen_ms;		/* before it was attached */
	uint32_t carrier_changes;	/* told of so far */
	uint64_t stations_ms;		/* its MAC addresses were read last */
	uint64_t down_ms;		/* since when without carrier, or 0 */
	uint64_t retry_ms;		/* while it waits: not before */
	unsigned int tries;		/* that failed in a row */
	uint64_t answered;		/* SYNs, at the last look ... */
	uint64_t answered_ms;		/* ... and when that had changed */
	struct {
		bool on;		/* it is about to be detached: */
		uint64_t cookies_ms;	/* when none is out any more */
		uint64_t splices_ms;	/* when spliced ones are reset */
	} drain;
	struct handfast *skel;		/* NULL: not attached at present */
	struct hook hook[HOOK_NR];
	char why_generic[HF_TEXT_MAX];
	char why[HF_TEXT_MAX];		/* why it is not attached */
	char held[HF_TEXT_MAX];		/* attached: why it is not armed */
	char tags[HF_TEXT_MAX];		/* ... since VLANs would be mixed up */
	unsigned int mends;		/* of its hooks ... */
	uint64_t mends_ms;		/* ... since then */
};

/* Fill `i` with what `name` is now, without touching it. 0, or -1 with the
 * failure. */
int iface_read(struct iface *i, unsigned int slot, const char *name,
	       struct failure *f);

/* Attach what iface_read() has filled. 0, or -1 with the failure and nothing
 * left. */
int iface_attach(struct iface *i, enum xdp_mode want, struct dataplane *dp,
		 struct failure *f);

/* Take the hooks off, XDP first, and remove their pins. */
void iface_detach(struct iface *i, const struct dataplane *dp);

/* Detach for good: nothing waits for it to come back, its row is cleared. */
void iface_remove(struct iface *i, const struct dataplane *dp);

/* What is in this slot is on trial, for so many seconds from now. 0 or -errno. */
int iface_try(unsigned int slot, unsigned int seconds,
	      const struct dataplane *dp);

/* Its SYNs pass from now on, all else goes on. */
void iface_stop_answering(const struct iface *i, const struct dataplane *dp);

/* On trial; on trial, and not confirmed in time? */
bool iface_is_on_trial(unsigned int slot, const struct dataplane *dp,
		       uint32_t now_ms);
bool iface_trial_is_over(unsigned int slot, const struct dataplane *dp,
			 uint32_t now_ms);

/* After iface_read() or iface_attach() failed with `f`: try again later. */
void iface_wait(struct iface *i, const struct dataplane *dp,
		const struct failure *f);

/* It has the slot from now on: its counts begin, or go on if it had it last. */
void iface_begin_counters(const struct iface *i, const struct dataplane *dp);

/* Let go of the file descriptors; pins keep the hooks. */
void iface_forget(struct iface *i);

/*
 * Follow the interface: gone, come back, or its veth peer now takes another
 * mode. What fails is tried again after 1 s, 2 s, ... 60 s. Logs what it does.
 */
void iface_follow(struct iface *i, enum xdp_mode want, struct dataplane *dp);

/*
 * Do the hooks stand where they must? What others took off, or came before, is
 * put back at once; where that cannot be, or is needed again and again, the
 * interface's SYNs pass, and it says why.
 */
void iface_watch_hooks(struct iface *i, struct dataplane *dp, uint64_t now_ms);

/* Take the hooks off an interface that an earlier daemon had in `slot`, unless
 * it is to be attached again; the row is cleared. */
void iface_drop_former(unsigned int slot, const struct config *c,
		       const struct dataplane *dp);

/* Write its row of the ifaces map. */
void iface_publish(const struct iface *i, bool armed, const char *why,
		   const struct dataplane *dp);

#endif
