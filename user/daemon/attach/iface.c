// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One attached interface: see iface.h. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/skeleton.h"
#include "iface.h"
#include "lib/log.h"
#include "native.h"
#include "running.h"
#include "seen.h"
#include "stack.h"
#include "stations.h"
#include "lib/tags.h"
#include "lib/trial.h"
#include "sys/pinned.h"

static int hook_program(const struct iface *i, enum hook_kind kind)
{
	switch (kind) {
	case HOOK_TC_IN: return bpf_program__fd(i->skel->progs.hf_tc_in);
	case HOOK_TC_OUT: return bpf_program__fd(i->skel->progs.hf_tc_out);
	case HOOK_XDP:
	case HOOK_NR: break;
	}
	return bpf_program__fd(i->skel->progs.hf_ingress);
}

void iface_detach(struct iface *i, const struct dataplane *dp)
{
	i->held[0] = '\0';
	for (int kind = HOOK_NR - 1; kind >= 0; kind--)
		hook_detach(&i->hook[kind], dp->pins);
	handfast__destroy(i->skel);
	i->skel = NULL;
}

void iface_remove(struct iface *i, const struct dataplane *dp)
{
	iface_detach(i, dp);
	i->used = false;
	i->drain.on = false;
	i->mtu = 0;
	trial_end(&dp->maps, i->slot);
	iface_publish(i, false, "", dp);
}

int iface_try(unsigned int slot, unsigned int seconds,
	      const struct dataplane *dp)
{
	return trial_begin(&dp->maps, slot, clock_mono_ms() + seconds * 1000U);
}

void iface_stop_answering(const struct iface *i, const struct dataplane *dp)
{
	trial_drain(&dp->maps, i->slot);
}

bool iface_is_on_trial(unsigned int slot, const struct dataplane *dp,
		       uint32_t now_ms)
{
	struct trial t;

	return !trial_read(&dp->maps, slot, now_ms, &t) && t.on && !t.over;
}

bool iface_trial_is_over(unsigned int slot, const struct dataplane *dp,
			 uint32_t now_ms)
{
	struct trial t;

	return !trial_read(&dp->maps, slot, now_ms, &t) && t.on && t.over;
}

void iface_forget(struct iface *i)
{
	for (int kind = 0; kind < HOOK_NR; kind++)
		hook_forget(&i->hook[kind]);
	handfast__destroy(i->skel);
	i->skel = NULL;
}

/* Programs on both would work on a frame twice. */
static int check_stack(const struct iface *i, const struct dataplane *dp,
		       struct failure *f)
{
	char other[IFNAMSIZ];

	if (stack_below(&i->link, dp->pins, other))
		failure_set(f,
			    "%s: stands on %s, which is attached: what comes "
			    "by it is seen there",
			    i->name, other);
	else if (stack_above(&i->link, dp->pins, other))
		failure_set(f, "%s: %s, which stands on it, is attached",
			    i->name, other);
	else
		return 0;
	return failure_cure(f, "handfast -n %s detach %s", dp->name, other);
}

static int check_link(const struct iface *i, const struct dataplane *dp,
		      struct failure *f)
{
	const struct link_info *info = &i->link;
	/* NOLINTNEXTLINE(*core.uninit*): failure_set() never returns 0 */
	uint32_t other = info->xdp_native ?: info->xdp_generic;
	char why[HF_TEXT_MAX], cure[TAGS_CURE_MAX];
	struct xdp_owner owner;
	struct hook_pin ours;

	if (info->flags & IFF_LOOPBACK || info->type != ARPHRD_ETHER)
		return failure_set(f, "%s: not an Ethernet interface", i->name);
	if (tags_are_stripped(info, why, cure)) {
		failure_set(f, "%s: %s", i->name, why);
		return failure_cure(f, "%s", cure);
	}
	if (check_stack(i, dp, f))
		return -1;
	if (!other || hook_pin_find(&ours, dp->pins, HOOK_XDP, i->ifindex))
		return 0;
	xdp_owner_find(&owner, info, other);
	failure_set(f, "%s: another XDP program is attached: %s", i->name,
		    owner.what);
	return failure_cure(f, "%s", owner.cure);
}

/* A link keeps its XDP mode; one of the other mode is not taken over. */
static void drop_other_mode(const struct iface *i, const struct dataplane *dp)
{
	if (i->native ? i->link.xdp_generic : i->link.xdp_native)
		hook_pin_detach_kind(dp->pins, i->ifindex, HOOK_XDP);
}

/* What is wrong with tc is not to be blamed on the XDP mode. */
static int tc_error(const struct iface *i, int err, const struct dataplane *dp,
		    struct failure *f)
{
	if (err == -ENOTUNIQ) {
		failure_set(f,
			    "%s: tc program: an ingress qdisc is there, which "
			    "has no egress",
			    i->name);
		failure_cure(f, "tc qdisc del dev %s ingress", i->name);
	} else if (err == -EBUSY) {
		failure_set(f,
			    "%s: tc program: another kind of filter has "
			    "priority 1",
			    i->name);
		failure_cure(f, "tc filter show dev %s ingress", i->name);
	} else if (err == -EINVAL && dp->tc == TC_TCX) {
		failure_set(f, "%s: tc program: this kernel has no tcx",
			    i->name);
		failure_cure(f, "--set tc=auto");
	} else {
		failure_set(f, "%s: tc program: %s", i->name, strerror(-err));
	}
	return err;
}

static int attach_hooks(struct iface *i, const struct hook_place *at,
			struct dataplane *dp, struct failure *f)
{
	struct dataplane_ask_state before = dataplane_ask_state(dp);
	int err = 0;

	for (int kind = 0; !err && kind < HOOK_NR; kind++) {
		if (kind == HOOK_XDP)	/* which answers from then on */
			dataplane_ask_sockets(dp, clock_mono_ms());
		err = hook_attach(&i->hook[kind], kind, at,
				  hook_program(i, kind));
		if (err && kind != HOOK_XDP)
			return tc_error(i, err, dp, f);
	}
	/* Taken over: there was no moment in which SYNs passed. */
	if (err || !i->hook[HOOK_XDP].fresh)
		dataplane_ask_restore(dp, &before);
	if (!err && (i->hook[HOOK_TC_OUT].fresh || dp->former[0]))
		seen_restart(dp, clock_mono_ms());
	return err;
}

/* Native first where it may be, then generic if that was not forbidden. */
static int attach_mode(struct iface *i, bool native, struct dataplane *dp,
		       struct failure *f)
{
	struct dataplane_iface what = {
		.slot = i->slot,
		.generic = !native,
		.partial_sum = native_has_partial_sums(&i->link, native),
	};
	struct hook_place at = {
		.dir = dp->pins,
		.ifindex = i->ifindex,
		.native = native,
		.tc = dp->tc,
	};
	int err = -EINVAL;

	i->native = native;
	i->skel = dataplane_prepare(dp, &what, f);
	if (!i->skel)
		return err;
	if (!running_is(&at, i->skel) && dataplane_load(dp, i->skel, f))
		goto out;
	drop_other_mode(i, dp);
	stations_publish(i, &i->link, dp);
	err = attach_hooks(i, &at, dp, f);
out:
	if (err)
		iface_detach(i, dp);
	return err;
}

static int attach_error(const char *name, int err, bool native,
			struct failure *f)
{
	if (f->what[0])
		return -1;
	if (err == -EBUSY || err == -EEXIST)
		return failure_set(f, "%s: another XDP program is attached",
				   name);
	failure_set(f, "%s: %s XDP: %s", name, native ? "native" : "generic",
		    strerror(-err));
	if (native)
		failure_cure(f, "--xdp generic");
	return -1;
}

int iface_read(struct iface *i, unsigned int slot, const char *name,
	       struct failure *f)
{
	memset(i, 0, sizeof(*i));
	for (int kind = 0; kind < HOOK_NR; kind++)
		i->hook[kind].link = i->hook[kind].prog = -1;
	f->what[0] = f->cure[0] = '\0';
	i->slot = slot;
	snprintf(i->name, sizeof(i->name), "%s", name);
	if (strlen(name) >= IFNAMSIZ || link_get(&i->link, name, 0))
		return failure_set(f, "%.64s: no such interface", name);
	i->ifindex = i->link.ifindex;
	i->mtu = i->link.mtu;
	i->carrier_changes = i->link.carrier_changes;
	i->seen_ms = clock_mono_ms();
	return 0;
}

/* What another interface counted in the slot, whose name the row has still, is
 * not this one's. */
void iface_begin_counters(const struct iface *i, const struct dataplane *dp)
{
	struct hf_iface row;

	if (map_read(&dp->maps, HF_MAP_IFACES, i->slot, &row) ||
	    !strcmp(row.name, i->name))
		return;
	map_rebase_counters(&dp->maps, HF_MAP_IFACE_COUNTERS, i->slot);
}

/* The slave of a bond runs the bond's program, and has tc's programs nowhere. */
static void watch_tcx(const struct iface *i, const struct dataplane *dp)
{
	bool links = !i->hook[HOOK_TC_IN].pin.netns.ino &&
		     !i->hook[HOOK_TC_OUT].pin.netns.ino;

	dataplane_hold(dp, i->slot, false);
	dataplane_watch_tcx(dp, i->slot, links && strcmp(i->link.kind, "bond"));
}

int iface_attach(struct iface *i, enum xdp_mode want, struct dataplane *dp,
		 struct failure *f)
{
	bool native;
	int err;

	if (check_link(i, dp, f))
		return -1;
	iface_begin_counters(i, dp);
	native = native_is_wanted(&i->link, want, i->why_generic);
	if (want == XDP_NATIVE && !native) {
		failure_set(f, "%s: native XDP: %s", i->name, i->why_generic);
		return failure_cure(f, "--xdp generic");
	}
	err = attach_mode(i, native, dp, f);
	if (err && native && want == XDP_AUTO && err != -EBUSY) {
		native_refused(&i->link, err, i->why_generic);
		native = false;
		err = attach_mode(i, false, dp, f);
	}
	if (err)
		return attach_error(i->name, err, native, f);
	i->used = true;
	watch_tcx(i, dp);
	return 0;
}

/* An interface that the daemon before had, and this one was not told of. */
void iface_drop_former(unsigned int slot, const struct config *c,
		       const struct dataplane *dp)
{
	struct hf_iface row, unused = {};

	if (map_read(&dp->maps, HF_MAP_IFACES, slot, &row) || !row.ifindex ||
	    ((int)slot < c->ifaces.nr &&
	     !strcmp(c->ifaces.name[slot], row.name)))
		return;
	memcpy(unused.name, row.name, sizeof(unused.name));
	map_write(&dp->maps, HF_MAP_IFACES, slot, &unused);
	for (int i = 0; i < c->ifaces.nr; i++)
		if (!strcmp(c->ifaces.name[i], row.name))
			return;
	hook_pin_detach(dp->pins, row.ifindex);
	trial_end(&dp->maps, slot);
	log_info("%s: detached, it is not named any more", row.name);
}

void iface_publish(const struct iface *i, bool armed, const char *why,
		   const struct dataplane *dp)
{
	struct hf_iface row = {};

	memcpy(row.name, i->name, sizeof(row.name));	/* who counted here */
	if (i->used) {
		row.ifindex = i->ifindex;
		row.native = i->native;
		row.attached = !!i->skel;
		row.armed = armed && i->skel && !i->drain.on && !i->held[0];
		memcpy(row.why_generic, i->why_generic,
		       sizeof(row.why_generic));
		snprintf(row.why, sizeof(row.why), "%s",
			 i->drain.on	       ? "draining"
			 : !i->skel	       ? i->why
			 : why[0]	       ? why
				     : i->held);
	}
	map_write(&dp->maps, HF_MAP_IFACES, i->slot, &row);
}
