// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Hooks that others take off or come before: see iface.h. XDP notices by itself
 * where a handshake would meet the kernel without tc (bpf/state/chain.bpf.h), and
 * holds the interface; it is let go when all hooks stand.
 */
#include <errno.h>
#include <string.h>

#include "iface.h"
#include "lib/log.h"

#define MENDS_MAX	5	/* in so long: somebody else insists */
#define MENDS_MS	60000
#define WRONG_MAX	80	/* of HF_TEXT_MAX bytes, for what is wrong */

static const char *const hook_names[HOOK_NR] = {
	[HOOK_TC_IN] = "tc ingress",
	[HOOK_TC_OUT] = "tc egress",
	[HOOK_XDP] = "XDP",
};

static bool may_mend(struct iface *i, uint64_t now_ms)
{
	if (now_ms - i->mends_ms >= MENDS_MS) {
		i->mends = 0;
		i->mends_ms = now_ms;
	}
	return i->mends < MENDS_MAX;
}

/* What is wrong, as a sentence's begin. */
static void say_wrong(char text[WRONG_MAX], enum hook_kind kind,
		      enum hook_stand stand, __u32 other)
{
	if (stand == HOOK_BEHIND && other)
		snprintf(text, WRONG_MAX,
			 "%s: program id %u comes before handfast's",
			 hook_names[kind], other);
	else if (stand == HOOK_BEHIND)
		snprintf(text, WRONG_MAX,
			 "%s: a filter comes before handfast's",
			 hook_names[kind]);
	else
		snprintf(text, WRONG_MAX,
			 "%s: handfast's program was taken off",
			 hook_names[kind]);
}

/* Is it in its place, again? */
static bool set_right(struct iface *i, enum hook_kind kind,
		      const struct dataplane *dp, uint64_t now_ms)
{
	struct hook_place at = {
		.dir = dp->pins,
		.ifindex = i->ifindex,
		.native = i->native,
		.tc = dp->tc,
	};
	char wrong[WRONG_MAX];
	enum hook_stand stand;
	__u32 other;
	int err;

	stand = hook_look(&i->hook[kind], &other);
	if (stand == HOOK_STANDS)
		return true;
	dataplane_hold(dp, i->slot, true);
	say_wrong(wrong, kind, stand, other);
	if (!may_mend(i, now_ms)) {
		snprintf(i->held, sizeof(i->held), "%s, again and again",
			 wrong);
		return false;
	}
	err = hook_mend(&i->hook[kind], &at);
	if (err == -ENODEV)	/* it is gone: iface_follow() */
		return true;
	if (err)
		snprintf(i->held, sizeof(i->held), "%s: %s", wrong,
			 strerror(-err));
	if (err)
		return false;
	i->mends++;
	log_info("%s: %s: mended", i->name, wrong);
	return true;
}

void iface_watch_hooks(struct iface *i, struct dataplane *dp, uint64_t now_ms)
{
	char before[HF_TEXT_MAX];
	bool all = true;

	if (!i->skel)
		return;
	memcpy(before, i->held, sizeof(before));
	i->held[0] = '\0';
	for (int kind = 0; kind < HOOK_NR; kind++)
		all &= set_right(i, kind, dp, now_ms);
	if (i->tags[0]) {
		dataplane_hold(dp, i->slot, true);
		memcpy(i->held, i->tags, sizeof(i->held));
		all = false;
	}
	if (strcmp(before, i->held) && i->held[0])
		log_error("%s: %s", i->name, i->held);
	if (!all || !dataplane_holds(dp, i->slot))
		return;
	dataplane_ask_sockets(dp, now_ms);
	dataplane_hold(dp, i->slot, false);
}
