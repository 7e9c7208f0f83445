// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The words of one verdict: see verdict.h. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdio.h>

#include "verdict.h"

static const char *hook_name(const struct hf_trace *v)
{
	static const char *const names[HF_HOOK_NR] = {
		[HF_HOOK_XDP] = "xdp",
		[HF_HOOK_TC_IN] = "tc-in",
		[HF_HOOK_TC_OUT] = "tc-out",
	};

	return v->hook < HF_HOOK_NR ? names[v->hook] : "?";
}

bool verdict_is_drop(const struct hf_trace *t)
{
	return t->verdict ==
	       (t->hook == HF_HOOK_XDP ? XDP_DROP : TC_ACT_SHOT + 1);
}

const char *const verdict_names[VERDICT_NR] = {
	[VERDICT_PASS] = "pass",
	[VERDICT_DROP] = "drop",
	[VERDICT_ANSWER] = "answer",
};

enum verdict_kind verdict_kind(const struct hf_trace *t)
{
	if (t->hook != HF_HOOK_XDP)
		return verdict_is_drop(t) ? VERDICT_DROP : VERDICT_PASS;
	switch (t->verdict) {
	case XDP_PASS: return VERDICT_PASS;
	case XDP_DROP: return VERDICT_DROP;
	case XDP_TX: return VERDICT_ANSWER;
	}
	return VERDICT_NR;
}

static void put_flags(char *text, const struct hf_trace *v)
{
	static const char letters[] = "FSRP.UEW";	/* as tcpdump */

	for (int i = 0; i < 8; i++)
		if (v->flags & 1 << i)
			*text++ = letters[i];
	*text = '\0';
}

static int on_iface(__u32 slot, const struct hf_iface *row, void *arg)
{
	struct verdict *v = arg;

	(void)slot;
	if (row->ifindex != v->trace->ifindex)
		return 0;
	snprintf(v->iface, sizeof(v->iface), "%s", row->name);
	return 1;
}

void verdict_make(struct verdict *v, const struct hf_trace *t,
		  const struct maps *m)
{
	enum verdict_kind kind;

	v->trace = t;
	tuple_client(v->client, &t->tuple);
	tuple_server(v->server, &t->tuple);
	if (map_for_each_iface(m, on_iface, v) != 1)
		snprintf(v->iface, sizeof(v->iface), "%u", t->ifindex);
	put_flags(v->flags, t);
	v->hook = hook_name(t);
	kind = verdict_kind(t);
	v->verdict = kind < VERDICT_NR ? verdict_names[kind] : "?";
}
