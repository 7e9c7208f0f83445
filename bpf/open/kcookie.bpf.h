/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's own cookie, for kernels that have no bpf_sk_assign_tcp_reqsk()
 * (before Linux 6.9): the handoff is that the kernel finds its cookie in the
 * third ACK and makes the connection of it (net/ipv4/syncookies.c).
 *
 * bpf_tcp_gen_syncookie() makes it, and marks the listener so that it takes
 * cookies for the next two minutes; bpf_tcp_check_syncookie() says whether the
 * listener would take one. Both need the listener itself: one look-up a SYN.
 *
 * What such a cookie carries: one of four MSS values in the sequence number, and
 * in the low six bits of TSval what else was agreed:
 *
 *          31                            6    5    4   3            0
 *   TSval |   CLOCK_MONOTONIC in ms       | ECN |SACK| window scale |
 *
 * so a client without timestamps loses window scale and SACK, the options are
 * not proved by the cookie, and (where the SYN is not remembered) a segment whose
 * sequence number is off by one to three may be taken for the third ACK. None of
 * that is ours to mend: the kernel decides again by the same rules. It needs
 * tcp_syncookies = 2 (else it makes none while its own queue has room) and
 * tcp_timestamps = 2 (else it adds an offset of its own to TSval that nobody
 * else knows). The shift that we announce must be the one that the kernel will
 * choose: see user/sys/sysctl.c.
 */
#ifndef HANDFAST_KCOOKIE_BPF_H
#define HANDFAST_KCOOKIE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "open/cookie.bpf.h"
#include "state/config.bpf.h"
#include "state/maps.bpf.h"
#include "state/sock.bpf.h"
#include "wire/options.bpf.h"
#include "wire/packet.bpf.h"

#define KCOOKIE_TS_BITS		6	/* TSBITS of net/ipv4/syncookies.c */
#define KCOOKIE_TS_MASK		((1U << KCOOKIE_TS_BITS) - 1)
#define KCOOKIE_TS_SACK		0x10
#define KCOOKIE_TS_ECN		0x20
#define KCOOKIE_NS_PER_MS	1000000ULL
#define KCOOKIE_MSS_MIN		536	/* smallest of msstab[], rounded up to */
#define KCOOKIE_TCP_MAX		60

/* The segment's headers as the two helpers want them. */
struct kcookie_headers {
	struct ipv6hdr ip;	/* or an IPv4 header at its beginning */
	struct tcphdr tcp;
	__u8 options[KCOOKIE_TCP_MAX - sizeof(struct tcphdr)];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kcookie_headers);
} kcookie_scratch SEC(".maps");

static __always_inline bool kcookie_is_used(void)
{
	return handoff == HF_HANDOFF_KERNEL_COOKIE;
}

/* The client's MSS as the cookie keeps it; 0: the kernel's own, not known. */
static __always_inline __u16 handshake_mss(const struct cookie *cookie)
{
	return kcookie_is_used() ? cookie->kernel_mss : cookie_mss(cookie);
}

static __always_inline void kcookie_fill_ip(struct kcookie_headers *h,
					    const struct packet *p)
{
	struct iphdr *ip = (struct iphdr *)&h->ip;

	if (p->ip6) {
		h->ip.version = 6;
		__builtin_memcpy(&h->ip.saddr, p->tuple.client, 16);
		__builtin_memcpy(&h->ip.daddr, p->tuple.server, 16);
	} else {
		ip->version = 4;
		ip->saddr = p->tuple.client[3];
		ip->daddr = p->tuple.server[3];
	}
}

/* The headers, with `tcp_len` bytes of TCP; NULL: the frame has not so many. */
static __always_inline struct kcookie_headers *
kcookie_headers(struct xdp_md *ctx, const struct packet *p, __u32 tcp_len)
{
	struct kcookie_headers *h = MAP_AT(kcookie_scratch, 0);

	/* As in len_is_within(): clang 14 would fold the tests away. */
	barrier_var(tcp_len);
	if (!h || tcp_len < sizeof(h->tcp) || tcp_len > KCOOKIE_TCP_MAX)
		return NULL;
	kcookie_fill_ip(h, p);
	if (bpf_xdp_load_bytes(ctx, p->l4_off, &h->tcp, tcp_len))
		return NULL;
	return h;
}

/* TSval as cookie_init_timestamp() makes it, tcp_timestamps = 2. */
static __always_inline __u32 kcookie_tsval(const struct cookie *c)
{
	__u32 now = bpf_ktime_get_ns() / KCOOKIE_NS_PER_MS, ts;

	ts = (now & ~KCOOKIE_TS_MASK) | (c->wscale & 0xf);
	if (c->options & HF_OPT_SACK)
		ts |= KCOOKIE_TS_SACK;
	if (c->options & HF_OPT_ECN)
		ts |= KCOOKIE_TS_ECN;
	if ((__s32)(ts - now) > 0)
		ts -= 1U << KCOOKIE_TS_BITS;
	return ts;
}

/* Without timestamps there is no place for options, nor for a small MSS. */
static __always_inline bool kcookie_can(const struct packet *p,
					const struct options *o,
					struct cookie *c)
{
	if (!(c->options & HF_OPT_TS)) {
		c->options = 0;
		c->wscale = HF_WSCALE_NONE;
	}
	return !o->mss || o->mss >= (p->ip6 ? IP6_MSS_MIN : KCOOKIE_MSS_MIN);
}

/* What came of asking the kernel for a cookie. */
enum kcookie_mint {
	KCOOKIE_MINTED,
	KCOOKIE_NONE,		/* it makes none, or there is no listener */
	KCOOKIE_QUEUE_FULL,	/* the application is not accepting */
};

/* Make the cookie of a SYN; options and wscale are chosen. Global: once. */
__noinline int kcookie_mint(struct xdp_md *ctx, struct packet *p,
			    struct cookie *c)
{
	struct run r = { .xdp = ctx, .packet = p };
	struct kcookie_headers *h;
	struct bpf_sock *skc;
	struct tcp_sock *tp;
	__u32 tcp_len;
	__s64 minted;

	if (!p || !c)
		return KCOOKIE_NONE;
	tcp_len = p->doff * 4;
	h = kcookie_headers(ctx, p, tcp_len);
	if (!h)
		return KCOOKIE_NONE;
	skc = sock_find(&r);
	if (!skc)
		return KCOOKIE_NONE;
	tp = bpf_skc_to_tcp_sock(skc);
	if (skc->state == SOCK_LISTEN && tp && sock_queue_full(tp)) {
		bpf_sk_release(skc);
		return KCOOKIE_QUEUE_FULL;
	}
	barrier_var(tcp_len);
	minted = -1;
	if (tcp_len >= sizeof(h->tcp) && tcp_len <= KCOOKIE_TCP_MAX)
		minted = bpf_tcp_gen_syncookie(skc, &h->ip, sizeof(h->ip),
					       &h->tcp, tcp_len);
	bpf_sk_release(skc);
	if (minted < 0)
		return KCOOKIE_NONE;
	c->iss = minted;
	c->kernel_mss = minted >> 32;
	c->mint_ms = p->now_ms;
	c->tsval = c->options & HF_OPT_TS ? kcookie_tsval(c) : 0;
	return KCOOKIE_MINTED;
}

/* What the echoed timestamp says of the options, as the kernel will read it. */
static __always_inline void kcookie_read(const struct packet *p,
					 const struct options *o,
					 struct cookie *c)
{
	c->iss = p->ack - 1;
	c->tsval = o->tsecr;
	c->mint_ms = p->now_ms;
	c->kernel_mss = 0;
	c->wscale = HF_WSCALE_NONE;
	c->options = o->seen & HF_OPT_TS;
	if (!c->options)
		return;
	c->mint_ms = o->tsecr;
	c->wscale = o->tsecr & 0xf;
	if (c->wscale != HF_WSCALE_NONE)
		c->options |= HF_OPT_WSCALE;
	if (o->tsecr & KCOOKIE_TS_SACK)
		c->options |= HF_OPT_SACK;
	if (o->tsecr & KCOOKIE_TS_ECN)
		c->options |= HF_OPT_ECN;
}

/* Would the listener take the cookie of this ACK? Global: checked once. */
__noinline int kcookie_proves(struct xdp_md *ctx, struct packet *p)
{
	struct run r = { .xdp = ctx, .packet = p };
	struct kcookie_headers *h;
	struct bpf_sock *skc;
	struct tcp_sock *tp;
	long err = -1;

	if (!p)
		return 0;
	h = kcookie_headers(ctx, p, sizeof(h->tcp));
	if (!h)
		return 0;
	skc = sock_find(&r);
	if (!skc)
		return 0;
	if (skc->state == SOCK_LISTEN)
		err = bpf_tcp_check_syncookie(skc, &h->ip, sizeof(h->ip),
					      &h->tcp, sizeof(h->tcp));
	tp = err ? NULL : bpf_skc_to_tcp_sock(skc);
	if (tp && sock_queue_full(tp))
		p->odd = true;	/* the kernel will drop it */
	bpf_sk_release(skc);
	return !err;
}

#endif
