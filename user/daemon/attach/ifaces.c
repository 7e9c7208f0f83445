// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The interfaces of the instance: see ifaces.h. */
#include <string.h>

#include "ifaces.h"

struct iface *ifaces_find(struct iface *all, const char *name)
{
	for (int i = 0; i < HF_IFACES_MAX; i++)
		if (all[i].used && !strcmp(all[i].name, name))
			return &all[i];
	return NULL;
}

struct iface *ifaces_free_slot(struct iface *all, const char *name,
			       struct failure *f)
{
	for (int i = 0; i < HF_IFACES_MAX; i++) {
		if (all[i].used)
			continue;
		all[i].slot = i;
		return &all[i];
	}
	failure_set(f, "%.64s: more than %d interfaces", name, HF_IFACES_MAX);
	return NULL;
}

bool ifaces_attached(const struct iface *all, int ifindex)
{
	for (int i = 0; i < HF_IFACES_MAX; i++)
		if (all[i].used && all[i].skel && all[i].ifindex == ifindex)
			return true;
	return false;
}

bool ifaces_have_filters(const struct iface *all)
{
	for (int i = 0; i < HF_IFACES_MAX; i++)
		for (int kind = 0; all[i].skel && kind < HOOK_NR; kind++)
			if (all[i].hook[kind].pin.netns.ino)
				return true;
	return false;
}

int ifaces_used(const struct iface *all)
{
	int used = 0;

	for (int i = 0; i < HF_IFACES_MAX; i++)
		used += all[i].used;
	return used;
}

bool ifaces_draining(struct iface *all, const char *name)
{
	const struct iface *i = ifaces_find(all, name);

	return i && i->drain.on;
}
