// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* An interface that goes, comes back, or waits: see iface.h. */
#include <errno.h>
#include <string.h>

#include "iface.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "native.h"
#include "stack.h"
#include "stations.h"
#include "lib/tags.h"

#define RETRY_MS	1000	/* doubles ... */
#define RETRY_DOUBLES	6	/* ... so often: 64 s, cut to ... */
#define RETRY_MAX_MS	60000
#define STATIONS_MS	1000	/* between two looks at MAC addresses */

static void retry_later(struct iface *i, uint64_t now_ms)
{
	uint64_t wait_ms = RETRY_MS << i->tries;

	if (wait_ms > RETRY_MAX_MS)
		wait_ms = RETRY_MAX_MS;
	i->retry_ms = now_ms + wait_ms;
	i->tries += i->tries < RETRY_DOUBLES;
	log_debug("%s: tried, again in %llu s", i->name,
		  (unsigned long long)wait_ms / 1000);
}

void iface_wait(struct iface *i, const struct dataplane *dp,
		const struct failure *f)
{
	log_info("%.200s, waited for", f->what);
	snprintf(i->why, sizeof(i->why), "%.120s", f->what);
	i->used = true;
	iface_begin_counters(i, dp);
	if (i->ifindex)		/* there, but not to be attached */
		retry_later(i, clock_mono_ms());
}

#define CARRIER_WATCH_MS	15000	/* drivers restart within seconds */

/*
 * Some drivers restart when XDP is attached, and the link goes down meanwhile:
 * said with its length as soon as it is up again.
 */
static void watch_carrier(struct iface *i, const struct link_info *info,
			  uint64_t now_ms)
{
	if (now_ms - i->seen_ms > CARRIER_WATCH_MS ||
	    info->carrier_changes == i->carrier_changes)
		return;
	if (!info->carrier) {
		i->down_ms = i->down_ms ?: now_ms;
		return;
	}
	if (i->down_ms)
		log_info("%s: attaching took the link down for %.1f s", i->name,
			 (now_ms - i->down_ms) / 1000.0);
	else
		log_info("%s: attaching took the link down for a moment",
			 i->name);
	i->down_ms = 0;
	i->carrier_changes = info->carrier_changes;
}

static void reattach(struct iface *i, enum xdp_mode want, struct dataplane *dp)
{
	struct iface fresh;
	struct failure f;

	if (iface_read(&fresh, i->slot, i->name, &f) ||
	    iface_attach(&fresh, want, dp, &f)) {
		if (strncmp(i->why, f.what, 120))
			log_error("%.200s", f.what);
		snprintf(i->why, sizeof(i->why), "%.120s", f.what);
		i->ifindex = fresh.ifindex;	/* that was tried */
		retry_later(i, clock_mono_ms());
		return;
	}
	fresh.by_command = i->by_command;
	*i = fresh;
	log_info("%s: attached, %s", i->name,
		 i->native ? "native" : i->why_generic);
}

static void on_gone(struct iface *i, const struct dataplane *dp)
{
	i->tries = 0;
	if (!i->skel)
		return;
	log_info("%s: interface is gone", i->name);
	iface_detach(i, dp);
	snprintf(i->why, sizeof(i->why), "interface is gone");
}

/* What is attached has its programs whatever it is called. */
static int find(struct iface *i, struct link_info *info)
{
	int err;

	if (!i->skel)
		return link_get(info, i->name, 0);
	err = link_get(info, NULL, i->ifindex);
	if (err || !strcmp(info->name, i->name))
		return err;
	log_info("%s: is called %s now", i->name, info->name);
	memcpy(i->name, info->name, sizeof(i->name));
	return 0;
}

void iface_follow(struct iface *i, enum xdp_mode want, struct dataplane *dp)
{
	uint64_t now_ms = clock_mono_ms();
	struct link_info info;
	char why[HF_TEXT_MAX], below[IFNAMSIZ];
	int err = find(i, &info);

	if (err && err != -ENODEV)
		return;		/* nothing is known; look again */
	if (err || info.ifindex != i->ifindex) {
		on_gone(i, dp);
		err = find(i, &info);	/* another one of that name? */
	}
	if (err || (!i->skel && i->tries && now_ms < i->retry_ms))
		return;
	i->mtu = info.mtu;
	if (now_ms - i->stations_ms >= STATIONS_MS) {
		stations_publish(i, &info, dp);
		if (!tags_are_stripped(&info, i->tags, NULL))
			i->tags[0] = '\0';
		if (i->skel && stack_below(&info, dp->pins, below)) {
			log_error("%s: stands on %s now, which is attached",
				  i->name, below);
			iface_detach(i, dp);
		}
		i->stations_ms = now_ms;
	}
	if (i->skel) {
		watch_carrier(i, &info, now_ms);
		if (strcmp(info.kind, "veth") ||
		    native_is_wanted(&info, want, why) == i->native)
			return;
		log_info("%s: XDP mode changes", i->name);
		iface_detach(i, dp);
	}
	reattach(i, want, dp);
}
