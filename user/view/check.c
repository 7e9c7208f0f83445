// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A list of checks: see check.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

const char *const check_level_names[] = {
	[CHECK_OK] = "ok",
	[CHECK_WARN] = "warn",
	[CHECK_FAIL] = "fail",
};
_Static_assert(sizeof(check_level_names) / sizeof(check_level_names[0]) ==
		       CHECK_NR,
	       "check_level_names");

void check_add(struct check_list *list, enum check_level level, const char *id,
	       const char *fmt, ...)
{
	struct check *grown = reallocarray(list->check, list->nr + 1,
					   sizeof(*grown));
	struct check *c;
	va_list ap;

	if (!grown) {
		list->incomplete = true;
		return;
	}
	list->check = grown;
	c = &grown[list->nr++];
	c->id = id;
	c->level = level;
	c->cure[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(c->what, sizeof(c->what), fmt, ap);
	va_end(ap);
}

void check_cure(struct check_list *list, const char *fmt, ...)
{
	struct check *c;
	va_list ap;

	if (list->incomplete)
		return;
	c = &list->check[list->nr - 1];
	va_start(ap, fmt);
	vsnprintf(c->cure, sizeof(c->cure), fmt, ap);
	va_end(ap);
}

bool check_all_ok(const struct check_list *list)
{
	for (int i = 0; i < list->nr; i++)
		if (list->check[i].level == CHECK_FAIL)
			return false;
	return !list->incomplete;
}

void check_free(struct check_list *list)
{
	free(list->check);
}
