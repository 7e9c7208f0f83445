// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast doctor: interfaces above, below and beside the one that is meant. */
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "lib/tags.h"
#include "sys/ethtool.h"

#define NAMES_MAX	160

/* An interface of the namespace, or NULL. */
static const struct link_info *find_link(const struct doctor *d, int ifindex)
{
	for (int i = 0; i < d->links; i++)
		if (d->link[i].ifindex == ifindex)
			return &d->link[i];
	return NULL;
}

typedef bool (*link_is_fn)(const struct link_info *l, int ifindex);

/* Names of the interfaces for which `is` says so; returns how many. */
static int name_links(const struct doctor *d, int ifindex, link_is_fn is,
		      char names[NAMES_MAX])
{
	size_t len = 0;
	int nr = 0;

	names[0] = '\0';
	for (int i = 0; i < d->links; i++) {
		if (!is(&d->link[i], ifindex))
			continue;
		if (len < NAMES_MAX - IFNAMSIZ - 8)
			len += snprintf(names + len, NAMES_MAX - len, "%s%s",
					nr ? ", " : "", d->link[i].name);
		nr++;
	}
	return nr;
}

static bool is_port(const struct link_info *l, int ifindex)
{
	return l->master == ifindex;
}

static void check_above(struct doctor *d, const struct exam *e)
{
	const char *name = e->link->name;
	char names[NAMES_MAX], why[HF_TEXT_MAX], cure[TAGS_CURE_MAX];
	uint32_t flags;

	if (tags_are_stripped(e->link, why, cure)) {
		check_add(&d->list, CHECK_FAIL, "vlan",
			  "%s: %s: they would be answered untagged", name, why);
		check_cure(&d->list, "%s", cure);
		return;
	}
	if (!name_links(d, e->link->ifindex, link_is_vlan_on, names))
		return;
	if (ethtool_flags(name, &flags)) {
		check_add(&d->list, CHECK_WARN, "vlan",
			  "%s: carries %s, and whether it strips VLAN tags "
			  "cannot be read",
			  name, names);
	} else {
		check_add(&d->list, CHECK_OK, "vlan",
			  "%s: carries %s, and leaves VLAN tags in the frame",
			  name, names);
	}
}

static void check_vlan(struct doctor *d, const struct exam *e)
{
	const struct link_info *l = e->link, *lower;

	if (strcmp(l->kind, "vlan"))
		return;
	lower = l->peer_nsid < 0 ? find_link(d, l->peer) : NULL;
	check_add(&d->list, CHECK_WARN, "lower",
		  "%s: is a VLAN device: XDP is generic here, the device below "
		  "it, %s, may have it native",
		  l->name, lower ? lower->name : "in another namespace");
	if (lower)
		check_cure(&d->list, "handfast doctor %s", lower->name);
}

static void check_bridge(struct doctor *d, const struct exam *e)
{
	char names[NAMES_MAX];
	int nr;

	if (strcmp(e->link->kind, "bridge"))
		return;
	nr = name_links(d, e->link->ifindex, is_port, names);
	check_add(&d->list, CHECK_WARN, "lower",
		  "%s: is a bridge: XDP is generic here, its ports may have it "
		  "native: %s",
		  e->link->name, nr ? names : "none");
}

static void check_bond(struct doctor *d, const struct exam *e)
{
	char names[NAMES_MAX];
	int nr;

	if (strcmp(e->link->kind, "bond"))
		return;
	nr = name_links(d, e->link->ifindex, is_port, names);
	check_add(&d->list, CHECK_WARN, "lower",
		  "%s: is a bond: XDP is native only where the bond's mode and "
		  "all its slaves take it: %s",
		  e->link->name, nr ? names : "none");
}

static void check_slave(struct doctor *d, const struct exam *e)
{
	const struct link_info *bond = find_link(d, e->link->master);

	if (!bond || strcmp(bond->kind, "bond"))
		return;
	check_add(&d->list, CHECK_WARN, "lower",
		  "%s: is a slave of %s: attach to %s, or to each of its "
		  "slaves",
		  e->link->name, bond->name, bond->name);
	check_cure(&d->list, "handfast doctor %s", bond->name);
}

static bool is_one_of(const char *kind, const char *const *kinds)
{
	for (; *kinds; kinds++)
		if (!strcmp(kind, *kinds))
			return true;
	return false;
}

/* What comes by a tunnel is inside of other packets on the interface that is
 * attached: programs there do not see it. */
static void check_tunnels(struct doctor *d, const struct exam *e)
{
	static const char *const ethernet[] = { "vxlan", "geneve", "gretap",
						"ip6gretap", NULL };
	static const char *const raw[] = { "wireguard", "tun",	"gre",
					   "ipip",	"sit",	"ip6tnl",
					   "ip6gre",	"vti",	"xfrm",
					   NULL };

	for (int i = 0; i < d->links; i++) {
		const struct link_info *l = &d->link[i];

		if (l->ifindex == e->link->ifindex || !(l->flags & IFF_UP))
			continue;
		if (is_one_of(l->kind, ethernet)) {
			check_add(&d->list, CHECK_WARN, "tunnel",
				  "%s: is a tunnel (%s): what comes by it is "
				  "not seen on %s",
				  l->name, l->kind, e->link->name);
			check_cure(&d->list, "handfast attach %s", l->name);
		} else if (is_one_of(l->kind, raw)) {
			check_add(&d->list, CHECK_WARN, "tunnel",
				  "%s: is a tunnel (%s) without Ethernet: "
				  "what comes by it is left to the kernel",
				  l->name, l->kind);
		}
	}
}

void (*const doctor_stacking[])(struct doctor *d, const struct exam *e) = {
	check_above, check_vlan,    check_bridge, check_bond,
	check_slave, check_tunnels, NULL,
};
