/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* handfast top, line by line: on the terminal's screen, or one below the other. */
#ifndef HANDFAST_TOP_PAGE_H
#define HANDFAST_TOP_PAGE_H

#include "view/top.h"

enum top_style {
	TOP_PLAIN,
	TOP_STRONG,		/* what comes first */
	TOP_HEAD,		/* names of columns */
	TOP_BAD,		/* not armed, or dropped */
};

enum top_sort {
	TOP_BY_SYNS,
	TOP_BY_ACCEPTED,
	TOP_BY_FLOWS,
	TOP_BY_NAME,
	TOP_SORT_NR,
};

extern const char *const top_sort_names[TOP_SORT_NR];

struct top_page {
	void (*line)(struct top_page *p, enum top_style style,
		     const char *text);
	int row;		/* of the next line */
	int lines;		/* that there is room for */
	int columns;
	bool blocks;		/* the terminal shows U+2581 and those after it */
	enum top_sort sort;
	const char *filter;	/* part of the names of services and reasons */
};

void top_page_put(struct top_page *p, const struct instance *i,
		  const struct top_view *v);

/* Is it part of the name? */
bool top_is_wanted(const struct top_page *p, const char *name);

/* "LISTEN 2, ESTABLISHED 31": those that are not empty. */
#define TOP_STATES_MAX	512
const char *top_states(char text[TOP_STATES_MAX],
		       const struct hf_leg_states *legs);

/* "412", "41.2k", "4.12M". */
#define TOP_NUMBER_MAX	24
const char *top_number(char text[TOP_NUMBER_MAX], double n);

#endif
