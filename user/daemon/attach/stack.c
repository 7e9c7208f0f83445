// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Interfaces on top of each other: see stack.h. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hook_pin.h"
#include "stack.h"

#define DEPTH_MAX	8	/* a VLAN on a bridge on a VLAN on a bond ... */

struct links {
	struct link_info *at;
	int nr;
};

static bool is_part_of(const struct link_info *l, const struct link_info *upper)
{
	return l->master == upper->ifindex ||
	       (link_is_upper(upper) && upper->peer == l->ifindex);
}

static bool stands_on(const struct links *all, const struct link_info *upper,
		      int lower, int depth)
{
	for (int i = 0; i < all->nr && depth < DEPTH_MAX; i++)
		if (is_part_of(&all->at[i], upper) &&
		    (all->at[i].ifindex == lower ||
		     stands_on(all, &all->at[i], lower, depth + 1)))
			return true;
	return false;
}

static bool is_attached(const struct link_info *l, const char *pins)
{
	struct hook_pin pin;

	return hook_pin_find(&pin, pins, HOOK_XDP, l->ifindex);
}

/* Is any but this one? Nearly always it is the only one. */
static bool any_other(const char *pins, int ifindex)
{
	DIR *dir = opendir(pins);
	struct hook_pin pin;
	struct dirent *d;
	bool found = false;

	while (dir && !found && (d = readdir(dir)))
		found = hook_pin_read(&pin, d->d_name) &&
			pin.ifindex != ifindex;
	if (dir)
		closedir(dir);
	return found;
}

static bool find(const struct link_info *info, const char *pins, bool above,
		 char name[IFNAMSIZ])
{
	struct links all = {};
	bool found = false;

	if (!any_other(pins, info->ifindex) || link_list(&all.at, &all.nr))
		all.nr = 0;
	for (int i = 0; i < all.nr && !found; i++) {
		const struct link_info *l = &all.at[i];

		if (l->ifindex == info->ifindex || !is_attached(l, pins))
			continue;
		found = above ? stands_on(&all, l, info->ifindex, 0)
			      : stands_on(&all, info, l->ifindex, 0);
		if (found)
			memcpy(name, l->name, IFNAMSIZ);
	}
	free(all.at);
	return found;
}

bool stack_below(const struct link_info *info, const char *pins,
		 char name[IFNAMSIZ])
{
	return find(info, pins, false, name);
}

bool stack_above(const struct link_info *info, const char *pins,
		 char name[IFNAMSIZ])
{
	return find(info, pins, true, name);
}
