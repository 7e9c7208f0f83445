/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a look at the machine found: one check, and a list of them. */
#ifndef HANDFAST_CHECK_H
#define HANDFAST_CHECK_H

#include <stdbool.h>

enum check_level {
	CHECK_OK,
	CHECK_WARN,		/* works, but not as it could */
	CHECK_FAIL,
	CHECK_NR,
};

extern const char *const check_level_names[CHECK_NR];

struct check {
	const char *id;		/* stable, for programs */
	enum check_level level;
	char what[384];
	char cure[256];		/* a command that helps, or empty */
};

struct check_list {
	struct check *check;
	int nr;
	bool incomplete;	/* no memory for more */
};

/* Another one, of the given text. */
void check_add(struct check_list *list, enum check_level level, const char *id,
	       const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* What helps against the one that was added last. */
void check_cure(struct check_list *list, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* None failed, and none was lost. */
bool check_all_ok(const struct check_list *list);

/* What check_add() took; `list` itself is the caller's. */
void check_free(struct check_list *list);

#endif
