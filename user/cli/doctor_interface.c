// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast doctor: one interface, its driver, and what is attached to it. */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "sys/clsact.h"
#include "cli.h"
#include "doctor.h"
#include "sys/ethtool.h"
#include "sys/pinned.h"
#include "sys/tcx.h"
#include "view/instance.h"

/* Of a page: headroom, skb_shared_info, Ethernet and VLAN header. */
#define PAGE_TAKEN	(256 + 320 + 14 + 4)

static void check_link(struct doctor *d, const struct exam *e)
{
	const struct link_info *l = e->link;
	bool up = l->flags & IFF_UP;

	check_add(&d->list, up ? CHECK_OK : CHECK_WARN, "interface",
		  "%s: Ethernet, driver %s, MTU %u%s", l->name,
		  e->driver[0] ? e->driver : "unknown", l->mtu,
		  up ? "" : ", is down");
	if (!up)
		check_cure(&d->list, "ip link set %s up", l->name);
}

/* Devices of the stack, without a driver that could run XDP. */
static bool is_software(const struct link_info *l)
{
	static const char *const kinds[] = {
		"bridge", "vlan", "macvlan", "ipvlan", "vxlan", "geneve",
		"dummy", "team", "hsr", "gretap", "ip6gretap",
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(l->kind, kinds[i]))
			return true;
	return false;
}

void doctor_examine(struct exam *e, const struct link_info *link)
{
	*e = (struct exam){ .link = link };
	ethtool_driver(link->name, e->driver);
	e->driver[sizeof(e->driver) - 1] = '\0';
	e->tells = !ethtool_xdp_features(link->ifindex, &e->features);
	e->native = e->tells ? e->features & NETDEV_XDP_BASIC
			     : !is_software(link);
}

/*
 * What XDP_TX sends on a veth is lost where the peer has no XDP program: then
 * attach takes generic XDP. 1, 0, or -errno.
 */
static int peer_has_xdp(const struct link_info *l)
{
	struct link_info peer;
	int err = l->peer ? link_get_peer(&peer, l) : -ENODEV;

	return err ?: !!peer.xdp_native;
}

static void check_veth(struct doctor *d, const struct exam *e)
{
	int peer = peer_has_xdp(e->link);

	if (peer == -EPERM || peer == -EACCES)
		check_add(&d->list, CHECK_WARN, "xdp_mode",
			  "%s: whether the veth peer has an XDP program cannot "
			  "be read",
			  e->link->name);
	else if (peer > 0)
		check_add(&d->list, CHECK_OK, "xdp_mode",
			  "%s: native XDP, the veth peer has an XDP program",
			  e->link->name);
	else
		check_add(&d->list, CHECK_WARN, "xdp_mode",
			  "%s: generic XDP: the veth peer has no XDP program "
			  "of its own, its driver would lose what native XDP "
			  "sends back",
			  e->link->name);
}

static void check_mode(struct doctor *d, const struct exam *e)
{
	const char *name = e->link->name;

	if (!e->native)
		check_add(&d->list, CHECK_WARN, "xdp_mode",
			  "%s: generic XDP, slower: the driver %s has no "
			  "native XDP",
			  name, e->driver);
	else if (!strcmp(e->link->kind, "veth"))
		check_veth(d, e);
	else if (e->tells)
		check_add(&d->list, CHECK_OK, "xdp_mode",
			  "%s: the driver %s has native XDP", name, e->driver);
	else
		check_add(&d->list, CHECK_OK, "xdp_mode",
			  "%s: native XDP if the driver %s has it: this kernel "
			  "tells only when it is attached",
			  name, e->driver);
}

/* The programs take frames of several buffers, not every driver does. */
static void check_mtu(struct doctor *d, const struct exam *e)
{
	unsigned int most = sysconf(_SC_PAGESIZE) - PAGE_TAKEN;
	const struct link_info *l = e->link;

	if (!e->native || e->features & NETDEV_XDP_RX_SG || l->mtu <= most)
		return;
	check_add(&d->list, CHECK_WARN, "mtu",
		  "%s: MTU %u: %s, and may refuse native XDP above an MTU of "
		  "%u or less; then it is generic",
		  l->name, l->mtu,
		  e->tells ? "the driver takes no frames of several buffers"
			   : "the driver may take no frames of several buffers",
		  most);
}

/* Drivers that want TX queues for XDP beside those of the channels. */
static const struct queue_rule {
	const char *driver;
	bool half;		/* refuses unless half are free */
} queue_rules[] = {
	{ "ena", true },   { "gve", true },  { "ixgbe", false },
	{ "i40e", false }, { "ice", false }, { "bnxt_en", false },
};

static const struct queue_rule *rule_of(const char *driver)
{
	for (size_t i = 0; i < sizeof(queue_rules) / sizeof(queue_rules[0]);
	     i++)
		if (!strcmp(queue_rules[i].driver, driver))
			return &queue_rules[i];
	return NULL;
}

static void check_virtio_queues(struct doctor *d, const struct exam *e,
				const struct ethtool_channels *ch)
{
	unsigned int cpus = get_nprocs_conf();

	if (ch->combined_count + cpus <= ch->max_combined)
		return;
	check_add(&d->list, CHECK_WARN, "channels",
		  "%s: %u of %u queue pairs are in use, XDP wants %u more: "
		  "without them its answers share queues under a lock, slower",
		  e->link->name, ch->combined_count, ch->max_combined, cpus);
}

static void check_channels(struct doctor *d, const struct exam *e)
{
	const struct queue_rule *rule = rule_of(e->driver);
	unsigned int most, now;
	struct ethtool_channels ch;

	if (!e->native || ethtool_channels(e->link->name, &ch))
		return;
	if (!strcmp(e->driver, "virtio_net"))
		check_virtio_queues(d, e, &ch);
	most = ch.max_combined ?: ch.max_tx;
	now = ch.combined_count ?: ch.tx_count;
	if (!rule || now <= (rule->half ? most / 2 : most - 1))
		return;
	check_add(&d->list, CHECK_WARN, "channels",
		  "%s: %u of %u channels are in use: %s %s native XDP without "
		  "free queues; then it is generic",
		  e->link->name, now, most, e->driver,
		  rule->half ? "refuses" : "may refuse");
	if (most > 1 && ch.combined_count)
		check_cure(&d->list, "ethtool -L %s combined %u", e->link->name,
			   most / 2);
}

/* "default" of ".../handfast/default/v3/xdp_2"; false: not handfast's. */
static bool instance_of(const char *pin, char name[HF_NAME_MAX])
{
	const char *at = strstr(pin, "/handfast/");

	return at && sscanf(at, "/handfast/%15[^/]/", name) == 1;
}
_Static_assert(HF_NAME_MAX >= 16, "instance_of");

static void judge_xdp(struct doctor *d, const struct link_info *link,
		      uint32_t id)
{
	char name[HF_NAME_MAX] = "";
	struct xdp_owner owner;

	xdp_owner_find(&owner, link, id);
	if (instance_of(owner.pin, name) && !strcmp(name, d->name)) {
		check_add(&d->list, CHECK_OK, "xdp_program",
			  "%s: handfast is attached", link->name);
		return;
	}
	check_add(&d->list, CHECK_FAIL, "xdp_program",
		  "%s: another XDP program is attached: %s", link->name,
		  owner.what);
	if (name[0])
		check_cure(&d->list, "handfast%s detach %s",
			   instance_option(name), link->name);
	else
		check_cure(&d->list, "%s", owner.cure);
}

static void check_xdp(struct doctor *d, const struct exam *e)
{
	uint32_t id = e->link->xdp_native ?: e->link->xdp_generic;

	if (!id)
		check_add(&d->list, CHECK_OK, "xdp_program",
			  "%s: no other XDP program", e->link->name);
	else if (!d->root)
		check_add(&d->list, CHECK_WARN, "xdp_program",
			  "%s: whose the XDP program with id %u is cannot be "
			  "read without root",
			  e->link->name, id);
	else
		judge_xdp(d, e->link, id);
}

/* tcx programs that are not handfast's, or -errno. */
static int tcx_foreign(int ifindex)
{
	__u32 ids[TCX_PROGS_MAX];
	int all = tcx_list(ifindex, TCX_INGRESS, ids), nr = 0;
	char pin[PATH_MAX], name[HF_NAME_MAX];

	if (all < 0)
		return all;
	for (int i = 0; i < all; i++)
		nr += !pinned_by(ids[i], pin) || !instance_of(pin, name);
	return nr;
}

static void check_tc(struct doctor *d, const struct exam *e)
{
	int filters = clsact_foreign(e->link->ifindex);
	int tcx = tcx_foreign(e->link->ifindex);
	const char *name = e->link->name;

	if (filters < 0 || tcx < 0) {
		check_add(&d->list, CHECK_WARN, "tc_program",
			  "%s: tc programs cannot be read%s", name,
			  d->root ? "" : " without root");
	} else if (!filters && !tcx) {
		check_add(&d->list, CHECK_OK, "tc_program",
			  "%s: no other tc program", name);
	} else {
		check_add(&d->list, CHECK_WARN, "tc_program",
			  "%s: tc programs of others see what comes in, before "
			  "or after handfast's: %d",
			  name, filters + tcx);
		check_cure(&d->list,
			   filters ? "tc filter show dev %s ingress"
				   : "bpftool net show dev %s",
			   name);
	}
}

static void check_lro(struct doctor *d, const struct exam *e)
{
	uint32_t flags;

	if (ethtool_flags(e->link->name, &flags) || !(flags & ETH_FLAG_LRO))
		return;
	check_add(&d->list, CHECK_WARN, "lro",
		  "%s: LRO is on: generic XDP sees segments that were put "
		  "together, and many drivers refuse native XDP with it",
		  e->link->name);
	check_cure(&d->list, "ethtool -K %s lro off", e->link->name);
}

void (*const doctor_interface[])(struct doctor *d, const struct exam *e) = {
	check_link,	check_xdp, check_mode, check_mtu,
	check_channels, check_tc,  check_lro,  NULL,
};
