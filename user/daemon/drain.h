/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Detaching, which does not break what is on its way: new SYNs pass at once,
 * cookies that are out are accepted for drain_s, spliced connections go on for
 * drain_splice_s. What is left then needs a translation that nobody does any
 * more: both sides get a RST.
 */
#ifndef HANDFAST_DRAIN_H
#define HANDFAST_DRAIN_H

#include "daemon.h"

/* All interfaces, and then the loop ends; `drain_end`: enough of it. */
void drain_all(struct daemon *d, uint64_t now_ms);
void drain_end(struct daemon *d, uint64_t now_ms);

/* One interface; at once if nothing has to be waited for. */
void drain_iface(struct daemon *d, struct iface *i, uint64_t now_ms);
void drain_iface_end(struct daemon *d, struct iface *i, uint64_t now_ms);

/* How long it takes at most from now on, ms; NULL: all interfaces. */
uint64_t drain_left_ms(const struct daemon *d, const struct iface *i,
		       uint64_t now_ms);

/* With each tick: note who answered, end what is over. */
void drain_follow(struct daemon *d, uint64_t now_ms);

#endif
