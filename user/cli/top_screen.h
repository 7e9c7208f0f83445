/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The terminal's screen of `handfast top`, by ncurses. */
#ifndef HANDFAST_TOP_SCREEN_H
#define HANDFAST_TOP_SCREEN_H

#include <stdbool.h>

#include "format/top_page.h"

/* False: the terminal is not known, and nothing has begun. */
bool screen_begin(void);
void screen_end(void);

struct screen {
	struct top_page page;
	bool paused;		/* by a key */
	bool ended;		/* likewise */
};

/* `i` NULL: only `why`, since there is nothing else to show. */
void screen_paint(struct screen *s, const struct instance *i,
		  const struct top_view *v, const char *why);

/* Take the keys that were pressed. */
void screen_keys(struct screen *s);

#endif
