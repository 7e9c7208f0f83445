// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The words of one verdict: see verdict.h. */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
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

const char *verdict_hook(const struct hf_trace *v)
{
	static const char *const names[HF_HOOK_NR] = {
		[HF_HOOK_XDP] = "xdp",
		[HF_HOOK_TC_IN] = "tc-in",
		[HF_HOOK_TC_OUT] = "tc-out",
	};

	return v->hook < HF_HOOK_NR ? names[v->hook] : "?";
}

const char *verdict_name(const struct hf_trace *v)
{
	if (v->hook != HF_HOOK_XDP)
		return v->verdict == TC_ACT_SHOT + 1 ? "drop" : "pass";
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

void verdict_flags(char *text, const struct hf_trace *v)
{
	static const char letters[] = "FSRP.UEW";	/* as tcpdump */

	for (int i = 0; i < 8; i++)
		if (v->flags & 1 << i)
			*text++ = letters[i];
	*text = '\0';
}

void verdict_iface(char *text, const struct hf_trace *v)
{
	if (!if_indextoname(v->ifindex, text))
		snprintf(text, IF_NAMESIZE, "%u", v->ifindex);
}
