/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Pins of hooks. Their names say all that taking them off needs, whatever
 * version made them:
 *
 *   xdp_IFINDEX, tcin_IFINDEX, tcout_IFINDEX	a link
 *   tcin_IFINDEX@INO:COOKIE, tcout_...		a program in a clsact filter of
 *						that namespace (netns.h); "+"
 *						behind it: the qdisc was made
 *						for it
 */
#ifndef HANDFAST_HOOK_PIN_H
#define HANDFAST_HOOK_PIN_H

#include <stdbool.h>
#include <stddef.h>

#include "sys/netns.h"

enum hook_kind {
	HOOK_TC_IN,
	HOOK_TC_OUT,
	HOOK_XDP,
	HOOK_NR,
};

#define HOOK_PIN_MAX	64	/* a name with its NUL */

struct hook_pin {
	enum hook_kind kind;
	int ifindex;
	struct netns_id netns;	/* zero: a link */
	bool made;		/* the qdisc was made for it */
};

/* The name of a pin, and back; false: not the name of one. */
void hook_pin_name(char name[HOOK_PIN_MAX], const struct hook_pin *pin);
bool hook_pin_read(struct hook_pin *pin, const char *name);

/*
 * In directory `dir`: the pin of a hook of an interface, link or filter. False
 * if there is none.
 */
bool hook_pin_find(struct hook_pin *pin, const char *dir, enum hook_kind kind,
		   int ifindex);

/*
 * Take the hooks off whose pins stand in `dir`, XDP first, and remove the pins:
 * of one interface, or with 0 of all. What cannot be taken off keeps its pin.
 * Returns how many are off.
 */
int hook_pin_detach(const char *dir, int ifindex);
int hook_pin_detach_kind(const char *dir, int ifindex, enum hook_kind kind);

#endif
