// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* VLAN tags in the hardware: see tags.h. */
#include <stdio.h>
#include <string.h>

#include "sys/ethtool.h"
#include "tags.h"

struct above {
	int ifindex;
	char name[IFNAMSIZ];	/* of a VLAN device, or empty */
};

static void on_link(const struct link_info *info, void *arg)
{
	struct above *a = arg;

	if (link_is_vlan_on(info, a->ifindex))
		memcpy(a->name, info->name, sizeof(a->name));
}

/* A veth hands over what its peer's stack has put beside the frame. */
static bool strips(const struct link_info *info)
{
	uint32_t flags;

	if (!strcmp(info->kind, "veth"))
		return true;
	return !ethtool_flags(info->name, &flags) && flags & ETH_FLAG_RXVLAN;
}

bool tags_are_stripped(const struct link_info *info, char why[HF_TEXT_MAX],
		       char cure[TAGS_CURE_MAX])
{
	struct above a = { .ifindex = info->ifindex };
	struct link_info master;
	bool veth = !strcmp(info->kind, "veth");

	if (!strips(info))
		return false;
	if (info->master && !link_get(&master, NULL, info->master) &&
	    master.vlan_filtering)
		memcpy(a.name, master.name, sizeof(a.name));
	else
		link_for_each(on_link, &a);
	if (!a.name[0])
		return false;
	snprintf(why, HF_TEXT_MAX, "%s VLAN tags, and %s takes them",
		 veth ? "a veth hands over" : "the hardware strips", a.name);
	if (cure && veth)
		snprintf(cure, TAGS_CURE_MAX, "handfast attach %s", a.name);
	else if (cure)
		snprintf(cure, TAGS_CURE_MAX, "ethtool -K %s rxvlan off",
			 info->name);
	return true;
}
