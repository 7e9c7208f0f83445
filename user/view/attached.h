/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What came of a wish to attach an interface. */
#ifndef HANDFAST_VIEW_ATTACHED_H
#define HANDFAST_VIEW_ATTACHED_H

#include <stdbool.h>

struct attached_view {
	const char *iface;
	const char *option;	/* how commands name the instance, or "" */
	bool already;		/* it was, before */
	int try_s;		/* until it detaches by itself, 0: never */
};

#endif
