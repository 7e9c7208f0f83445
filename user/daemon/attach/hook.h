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

/* Take it off and remove its pin. */
void hook_detach(struct hook *h, const char *dir);

/* Let go of its file descriptor; the pin keeps it. */
void hook_forget(struct hook *h);

#endif
