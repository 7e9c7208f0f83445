/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Interfaces that stand on others: a bridge or bond on its ports, a VLAN or
 * macvlan device on the one below it. A frame passes both, and programs on both
 * would answer and translate it twice: one of them is attached.
 */
#ifndef HANDFAST_STACK_H
#define HANDFAST_STACK_H

#include <stdbool.h>

#include "sys/link.h"

/* In this namespace, among those with pins in `pins`: the attached one that the
 * interface stands on; or that stands on it. False: there is none. */
bool stack_below(const struct link_info *info, const char *pins,
		 char name[IFNAMSIZ]);
bool stack_above(const struct link_info *info, const char *pins,
		 char name[IFNAMSIZ]);

#endif
