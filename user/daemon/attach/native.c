// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* XDP in the driver or in the stack: see native.h. */
#include <stdio.h>
#include <string.h>

#include "lib/abi.h"
#include "native.h"

static bool is_kind(const struct link_info *info, const char *kind)
{
	return !strcmp(info->kind, kind);
}

/*
 * XDP_TX of a veth enters the peer by its XDP receive path, and is lost
 * without a trace where the peer has no XDP program (drivers/net/veth.c).
 */
static bool veth_tx_arrives(const struct link_info *info, char *why)
{
	struct link_info peer;

	if (info->peer && !link_get_peer(&peer, info) && peer.xdp_native)
		return true;
	snprintf(why, HF_TEXT_MAX,
		 "veth peer has no XDP program of its own, its driver would "
		 "lose what XDP sends back");
	return false;
}

/* Names of those that an interface consists of: "eth0, eth1". */
struct members {
	int master;
	char names[64];
};

static void on_member(const struct link_info *info, void *arg)
{
	struct members *m = arg;
	size_t len = strlen(m->names);

	if (info->master == m->master)
		snprintf(m->names + len, sizeof(m->names) - len, "%s%s",
			 len ? ", " : "", info->name);
}

static void find_members(struct members *m, const struct link_info *info)
{
	memset(m, 0, sizeof(*m));
	m->master = info->ifindex;
	link_for_each(on_member, m);
}

static bool stands_on_others(const struct link_info *info, char *why)
{
	struct link_info lower;
	struct members m;

	if (is_kind(info, "vlan") && info->peer &&
	    !link_get(&lower, NULL, info->peer)) {
		snprintf(why, HF_TEXT_MAX,
			 "a VLAN device has no driver; for native XDP attach "
			 "to %s, tags are read there",
			 lower.name);
		return true;
	}
	if (!is_kind(info, "bridge"))
		return false;
	find_members(&m, info);
	snprintf(why, HF_TEXT_MAX,
		 "a bridge has no driver; for native XDP attach to its "
		 "ports%s%s",
		 m.names[0] ? ": " : "", m.names);
	return true;
}

bool native_is_wanted(const struct link_info *info, enum xdp_mode want,
		      char *why)
{
	why[0] = '\0';
	if (want == XDP_GENERIC) {
		snprintf(why, HF_TEXT_MAX, "asked for (xdp = generic)");
		return false;
	}
	if (stands_on_others(info, why))
		return false;
	return !is_kind(info, "veth") || veth_tx_arrives(info, why);
}

void native_refused(const struct link_info *info, int err, char *why)
{
	struct members m;

	if (!is_kind(info, "bond")) {
		snprintf(why, HF_TEXT_MAX,
			 "the driver takes no native XDP program: %s",
			 strerror(-err));
		return;
	}
	find_members(&m, info);
	snprintf(why, HF_TEXT_MAX,
		 "the bond's mode or its slaves take no native XDP program: %s",
		 m.names);
}

bool native_has_partial_sums(const struct link_info *info, bool native)
{
	return !native || is_kind(info, "veth") || is_kind(info, "tun") ||
	       !strncmp(info->kind, "macv", 4);
}
