/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A program in its place on an interface, pinned so that it outlives the
 * daemon. XDP and tcx have links; before Linux 6.6 tc has filters.
 */
#ifndef HANDFAST_HOOK_H
#define HANDFAST_HOOK_H

#include "lib/config.h"
#include "lib/hook_pin.h"

struct hook {
	bool attached;
	bool fresh;		/* nothing of ours was there before */
	struct hook_pin pin;
	int link;		/* file descriptor, -1: none */
	int prog;		/* ... of the program in it */
};

/* Where, and how a new one is made. */
struct hook_place {
	const char *dir;	/* of the pins */
	int ifindex;
	bool native;		/* XDP in the driver */
	enum tc_mode tc;
};

/* The id of the program that stands in the hook of an earlier daemon's link; 0:
 * there is none. */
__u32 hook_running(enum hook_kind kind, const struct hook_place *at);

/*
 * Put the program in, into the hook that is pinned there already, in one step, or
 * into a new one. -1: the one of hook_running() stays. 0 or -errno.
 */
int hook_attach(struct hook *h, enum hook_kind kind,
		const struct hook_place *at, int prog_fd);

enum hook_stand {
	HOOK_STANDS,
	HOOK_GONE,		/* somebody took it off */
	HOOK_BEHIND,		/* another tc program comes before it */
};

/*
 * Does it stand where it must, tc's before all others of its chain? `other`: the
 * id of the program that is before it, or 0. What cannot be read stands.
 */
enum hook_stand hook_look(const struct hook *h, __u32 *other);

/*
 * Put it where it must stand, with a moment in which it is nowhere. 0, or -errno
 * and it stays there.
 */
int hook_mend(struct hook *h, const struct hook_place *at);

/* Take it off and remove its pin. */
void hook_detach(struct hook *h, const char *dir);

/* Let go of its file descriptor; the pin keeps it. */
void hook_forget(struct hook *h);

#endif
