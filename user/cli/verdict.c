// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The words of one verdict: see verdict.h. */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "verdict.h"

void format_end(char *text, size_t size, const __be32 *addr, __be16 port)
{
	char host[INET6_ADDRSTRLEN];
	struct in6_addr in6;

	memcpy(&in6, addr, sizeof(in6));
	if (IN6_IS_ADDR_V4MAPPED(&in6)) {
		inet_ntop(AF_INET, &addr[3], host, sizeof(host));
		snprintf(text, size, "%s:%u", host, ntohs(port));
	} else {
		inet_ntop(AF_INET6, &in6, host, sizeof(host));
		snprintf(text, size, "[%s]:%u", host, ntohs(port));
	}
}

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

static const char *verdict_name(const struct hf_trace *v)
{
	if (v->hook != HF_HOOK_XDP)
		return verdict_is_drop(v) ? "drop" : "pass";
	switch (v->verdict) {
	case XDP_PASS:
		return "pass";
	case XDP_DROP:
		return "drop";
	case XDP_TX:
		return "answer";
	}
	return "?";
}

static void put_flags(char *text, const struct hf_trace *v)
{
	static const char letters[] = "FSRP.UEW";	/* as tcpdump */

	for (int i = 0; i < 8; i++)
		if (v->flags & 1 << i)
			*text++ = letters[i];
	*text = '\0';
}

void verdict_read(struct verdict *v, const struct hf_trace *t)
{
	v->trace = t;
	format_end(v->client, sizeof(v->client), t->tuple.client,
		   t->tuple.client_port);
	format_end(v->server, sizeof(v->server), t->tuple.server,
		   t->tuple.server_port);
	if (!if_indextoname(t->ifindex, v->iface))
		snprintf(v->iface, sizeof(v->iface), "%u", t->ifindex);
	put_flags(v->flags, t);
	v->hook = hook_name(t);
	v->verdict = verdict_name(t);
}
