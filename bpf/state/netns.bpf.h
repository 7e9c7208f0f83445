/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel's own namespace of the packet's device says. Asking needs no
 * netlink and no daemon, and is never late. Needs Linux 6.2.
 *
 * Whatever wants to see each connection from its SYN on (NAT, conntrack,
 * firewalls, IPVS, bridges with br_netfilter) hangs on netfilter's hooks, whoever
 * made the rule.
 */
#ifndef HANDFAST_NETNS_BPF_H
#define HANDFAST_NETNS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "state/run.bpf.h"

/* enum nf_inet_hooks */
#define HOOK_PRE_ROUTING	0
#define HOOK_LOCAL_IN		1

extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym __weak;

static __always_inline const struct net_device *netns_dev(const struct run *r)
{
	const struct xdp_buff *xdp;
	const struct sk_buff *skb;

	if (r->tc) {
		skb = bpf_cast_to_kern_ctx(r->skb);
		return skb->dev;
	}
	xdp = bpf_cast_to_kern_ctx(r->xdp);
	return xdp->rxq->dev;
}

static __always_inline bool netns_is_hooked(const struct nf_hook_entries *e)
{
	return e && e->num_hook_entries;
}

/* Does anything between tc and the sockets want to see the packet? A kernel may
 * be built without netfilter, or without its ingress. */
static __always_inline bool netns_has_hooks(const struct run *r)
{
	const struct net_device *dev = netns_dev(r);
	const struct net *net = dev->nd_net.net;
	const struct netns_nf *nf;

	if (bpf_core_field_exists(dev->nf_hooks_ingress) &&
	    netns_is_hooked(dev->nf_hooks_ingress))
		return true;
	if (!bpf_core_field_exists(net->nf))
		return false;
	nf = &net->nf;
	if (r->packet->ip6)
		return netns_is_hooked(nf->hooks_ipv6[HOOK_PRE_ROUTING]) ||
		       netns_is_hooked(nf->hooks_ipv6[HOOK_LOCAL_IN]);
	return netns_is_hooked(nf->hooks_ipv4[HOOK_PRE_ROUTING]) ||
	       netns_is_hooked(nf->hooks_ipv4[HOOK_LOCAL_IN]);
}

/* net.ipv4.tcp_syncookies, of IPv6 too. 0: what is handed to the kernel by reqsk
 * is reset. */
static __always_inline bool netns_takes_cookies(const struct run *r)
{
	return netns_dev(r)->nd_net.net->ipv4.sysctl_tcp_syncookies;
}

#endif
