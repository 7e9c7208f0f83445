/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The cookie: a handshake's proof, carried by the SYN-ACK and given back by
 * the client's ACK (RFC 4987 3.6).
 *
 * Client sent timestamps (layout 1). The sequence number (ISS) and the low
 * eight bits of the timestamp clock hold every option of the SYN:
 *
 *          31                                                    2   1   0
 *   ISS   |                     MAC 63..34 (30 bits)              |ECN|SACK|
 *
 *          31                               8   7       4   3            0
 *   TS    |     clock in ms, bits 31..8      | MSS class | window scale   |
 *
 *   TSval on the wire = TS + offset (mod 2^32). TS is never ahead of the clock
 *   (one step of 256 is taken off if the low bits made it so), hence the age of
 *   a cookie is clock - TS, exactly; it lives HF_COOKIE_LIFETIME_MS.
 *
 * Client without timestamps (layout 0). ECN is not granted here:
 *
 *          31                                    9    8   7     5  4   3     0
 *   ISS   |          MAC 63..41 (23 bits)         |epoch|MSS cls|SACK|w scale |
 *
 *   An epoch is 2^15 ms; the bit is the lowest of clock >> 15. The current and
 *   the epoch before are accepted: a cookie lives 32 to 65 s.
 *
 * Window scale: the client's shift, 0 to 14; 15 means that scaling is off.
 * MSS class: index into cookie_mss_ts (16 values) or cookie_mss_no_ts (8).
 *
 *   MAC = SipHash-2-4(key, message), 64 bits. The message is 22 bytes (IPv4) or
 *   46 (IPv6): integers of 64 bits, fed little-endian, and one of 48. Addresses,
 *   ports and numbers are the integers that their network byte order spells:
 *
 *     IPv4   client << 32 | server                                  (64 bits)
 *     IPv6   client high, client low, server high, server low   (4 x 64 bits)
 *     both   client port << 48 | server port << 32 | client's ISN   (64 bits)
 *            time << 16 | meta                                      (48 bits)
 *
 *     time   layout 1: TS, low eight bits included; layout 0: clock >> 15
 *     meta   | 15 IPv6 | 14 layout | 13..10 profile |
 *            | 9 ECN | 8 SACK | 7..4 MSS class | 3..0 window scale |
 *
 *   offset = low 32 bits of SipHash-1-3(offset key, addresses as above). It is
 *   constant for a pair of addresses, so TSval never goes back between two
 *   connections, and someone who does not see the SYN-ACK has to guess it.
 *
 * The MAC is compared, never added to anything: an acknowledgment that is off
 * by one does not validate. Two keys may be tried, and two profiles.
 *
 * No helper is called here: the unit tests compile this file natively, and
 * tests/net/decode.c decodes captured SYN-ACKs from this drawing alone.
 */
#ifndef HANDFAST_COOKIE_BPF_H
#define HANDFAST_COOKIE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "handfast/control.h"
#include "handfast/flow.h"
#include "handfast/limits.h"
#include "wire/siphash.bpf.h"

#define COOKIE_EPOCH_SHIFT	15	/* 32.768 s */
#define COOKIE_TS_BITS		8
#define COOKIE_TS_MASK		((1U << COOKIE_TS_BITS) - 1)

#define COOKIE_MAC_BITS_TS	30
#define COOKIE_MAC_BITS_NO_TS	23

#define COOKIE_META_ECN		(1U << 9)
#define COOKIE_META_SACK	(1U << 8)
#define COOKIE_META_LAYOUT_TS	(1U << 14)
#define COOKIE_META_IPV6	(1U << 15)

#define COOKIE_MSS_TS_NR	16
#define COOKIE_MSS_NO_TS_NR	8

/*
 * Ascending, the values that real paths announce: RFC 9293 default, IPv6
 * minimum, tunnels, PPPoE, Ethernet in both IP versions, FDDI, jumbo frames. The
 * first is the same in both.
 */
const __u16 cookie_mss_ts[COOKIE_MSS_TS_NR] = {
	536, 966, 1220, 1260, 1300, 1330, 1360, 1380,
	1400, 1420, 1440, 1452, 1460, 4036, 8940, 8960,
};

const __u16 cookie_mss_no_ts[COOKIE_MSS_NO_TS_NR] = {
	536, 1220, 1300, 1360, 1400, 1440, 1460, 8940,
};

/* What names a handshake, without time and options. */
struct cookie_id {
	__u64 addr[4];		/* IPv4: addr[0] alone */
	__u64 ports_irs;
	__u32 ipv6;		/* 0 or 1 */
};

struct cookie {
	__u32 iss;		/* sequence number of the SYN-ACK */
	__u32 tsval;		/* its TSval as on the wire, layout 1 */
	__u32 mint_ms;		/* when made; layout 0: start of the epoch */
	__u8 mss_class;
	__u8 wscale;		/* client's shift, or HF_WSCALE_NONE */
	__u8 options;		/* HF_OPT_* granted */
	__u8 profile;
};

/* What the SYN-ACK had for a TSval; 0: no timestamps. */
static __always_inline __u32 cookie_tsval(const struct cookie *c)
{
	return c->options & HF_OPT_TS ? c->tsval : 0;
}

static __always_inline __u64 cookie_pair(__be32 high, __be32 low)
{
	return (__u64)bpf_ntohl(high) << 32 | bpf_ntohl(low);
}

/* `irs`: the client's ISN. */
static __always_inline void cookie_id_set(struct cookie_id *id,
					  const struct hf_tuple *t, bool ipv6,
					  __u32 irs)
{
	id->ipv6 = ipv6;
	if (!ipv6) {
		id->addr[0] = cookie_pair(t->client[3], t->server[3]);
	} else {
		id->addr[0] = cookie_pair(t->client[0], t->client[1]);
		id->addr[1] = cookie_pair(t->client[2], t->client[3]);
		id->addr[2] = cookie_pair(t->server[0], t->server[1]);
		id->addr[3] = cookie_pair(t->server[2], t->server[3]);
	}
	id->ports_irs = (__u64)bpf_ntohs(t->client_port) << 48 |
			(__u64)bpf_ntohs(t->server_port) << 32 | irs;
}

/* `step` classes further, if `mss` reaches that class. No branch to guess. */
static __always_inline int cookie_class_step(const __u16 *table, int class,
					     int step, __s32 mss)
{
	return class + (step & ~((mss - table[class + step]) >> 31));
}

/* Largest class that is not above `mss`; -1 if there is none. */
static __always_inline int cookie_mss_class(__u16 mss, bool ts)
{
	int class = 0;

	if (mss < cookie_mss_ts[0])
		return -1;
	if (!ts) {
		class = cookie_class_step(cookie_mss_no_ts, class, 4, mss);
		class = cookie_class_step(cookie_mss_no_ts, class, 2, mss);
		return cookie_class_step(cookie_mss_no_ts, class, 1, mss);
	}
	class = cookie_class_step(cookie_mss_ts, class, 8, mss);
	class = cookie_class_step(cookie_mss_ts, class, 4, mss);
	class = cookie_class_step(cookie_mss_ts, class, 2, mss);
	return cookie_class_step(cookie_mss_ts, class, 1, mss);
}

/* MSS in bytes of a cookie's class. */
static __always_inline __u16 cookie_mss(const struct cookie *c)
{
	if (c->options & HF_OPT_TS)
		return cookie_mss_ts[c->mss_class % COOKIE_MSS_TS_NR];
	return cookie_mss_no_ts[c->mss_class % COOKIE_MSS_NO_TS_NR];
}

/* Offset between the timestamp clock and the wire, for one address pair. */
static __always_inline __u32 cookie_offset(const struct cookie_id *id,
					   const struct hf_keys *keys)
{
	struct siphash s;

	siphash_init(&s, &keys->offset);
	siphash_word1(&s, id->addr[0]);
	if (!id->ipv6)
		return siphash_end13(&s, 8, 0);
	siphash_word1(&s, id->addr[1]);
	siphash_word1(&s, id->addr[2]);
	siphash_word1(&s, id->addr[3]);
	return siphash_end13(&s, 32, 0);
}

static __always_inline __u64 cookie_mac(const struct cookie_id *id,
					const struct hf_keys *keys, __u32 time,
					__u16 meta)
{
	struct siphash s;

	siphash_init(&s, &keys->cookie);
	siphash_word2(&s, id->addr[0]);
	if (id->ipv6) {
		siphash_word2(&s, id->addr[1]);
		siphash_word2(&s, id->addr[2]);
		siphash_word2(&s, id->addr[3]);
	}
	siphash_word2(&s, id->ports_irs);
	return siphash_end24(&s, id->ipv6 ? 46 : 22, (__u64)time << 16 | meta);
}

static __always_inline __u16 cookie_meta(const struct cookie_id *id,
					 const struct cookie *c)
{
	__u16 meta = (c->profile & 0xfU) << 10 | (c->mss_class & 0xfU) << 4 |
		     (c->wscale & 0xfU);

	if (c->options & HF_OPT_SACK)
		meta |= COOKIE_META_SACK;
	if (c->options & HF_OPT_ECN)
		meta |= COOKIE_META_ECN;
	if (c->options & HF_OPT_TS)
		meta |= COOKIE_META_LAYOUT_TS;
	if (id->ipv6)
		meta |= COOKIE_META_IPV6;
	return meta;
}

static __always_inline __u32 cookie_iss_ts(__u64 mac, __u16 meta)
{
	return (mac >> (64 - COOKIE_MAC_BITS_TS)) << 2 |
	       !!(meta & COOKIE_META_ECN) << 1 | !!(meta & COOKIE_META_SACK);
}

static __always_inline __u32 cookie_iss_no_ts(__u64 mac, __u16 meta,
					      __u32 epoch)
{
	return (mac >> (64 - COOKIE_MAC_BITS_NO_TS)) << 9 | (epoch & 1) << 8 |
	       (meta >> 4 & 7) << 5 | !!(meta & COOKIE_META_SACK) << 4 |
	       (meta & 0xf);
}

/* Make the cookie; the caller has set mss_class, wscale, options, profile. */
static __always_inline void cookie_mint(struct cookie *c,
					const struct cookie_id *id,
					const struct hf_keys *keys,
					__u32 now_ms)
{
	__u16 meta = cookie_meta(id, c);
	__u32 epoch = now_ms >> COOKIE_EPOCH_SHIFT, ts;

	if (c->options & HF_OPT_TS) {
		ts = (now_ms & ~COOKIE_TS_MASK) | (meta & COOKIE_TS_MASK);
		if ((meta & COOKIE_TS_MASK) > (now_ms & COOKIE_TS_MASK))
			ts -= 1U << COOKIE_TS_BITS;
		c->mint_ms = ts;
		c->tsval = ts + cookie_offset(id, keys);
		c->iss = cookie_iss_ts(cookie_mac(id, keys, ts, meta), meta);
		return;
	}
	c->mint_ms = epoch << COOKIE_EPOCH_SHIFT;
	c->tsval = 0;
	c->iss = cookie_iss_no_ts(cookie_mac(id, keys, epoch, meta), meta,
				  epoch);
}

/*
 * Read what an acknowledgment claims; nothing is proved yet. The caller has set
 * what the ACK says: iss (its number less one), tsval (the echo), and in options
 * whether it has timestamps (HF_OPT_TS).
 */
static __always_inline void cookie_read(struct cookie *c,
					const struct cookie_id *id,
					const struct hf_keys *keys,
					__u32 now_ms)
{
	__u32 epoch = now_ms >> COOKIE_EPOCH_SHIFT, iss = c->iss;

	if (c->options & HF_OPT_TS) {
		c->mint_ms = c->tsval - cookie_offset(id, keys);
		c->mss_class = c->mint_ms >> 4 & 0xf;
		c->wscale = c->mint_ms & 0xf;
		if (iss & 1)
			c->options |= HF_OPT_SACK;
		if (iss & 2)
			c->options |= HF_OPT_ECN;
	} else {
		if ((iss >> 8 & 1) != (epoch & 1))
			epoch--;
		c->mint_ms = epoch << COOKIE_EPOCH_SHIFT;
		c->mss_class = iss >> 5 & 7;
		c->wscale = iss & 0xf;
		if (iss >> 4 & 1)
			c->options |= HF_OPT_SACK;
	}
	if (c->wscale != HF_WSCALE_NONE)
		c->options |= HF_OPT_WSCALE;
}

/*
 * Is its age one that a cookie can have, or had not long ago? Nearly all forged
 * echoes are refused by it, without a MAC. A cookie that is older than these
 * ten minutes is no more told from a forged one.
 */
#define COOKIE_RECENT_MS	600000U

static __always_inline bool cookie_is_recent(const struct cookie *c,
					     __u32 now_ms)
{
	return !(c->options & HF_OPT_TS) ||
	       now_ms - c->mint_ms <= COOKIE_RECENT_MS;
}

/* Does the MAC of this key and c->profile prove what cookie_read() read? */
static __always_inline bool cookie_proves(const struct cookie *c,
					  const struct cookie_id *id,
					  const struct hf_keys *keys)
{
	__u16 meta = cookie_meta(id, c);
	__u32 epoch = c->mint_ms >> COOKIE_EPOCH_SHIFT;

	if (c->options & HF_OPT_TS)
		return c->iss ==
		       cookie_iss_ts(cookie_mac(id, keys, c->mint_ms, meta),
				     meta);
	return c->iss ==
	       cookie_iss_no_ts(cookie_mac(id, keys, epoch, meta), meta, epoch);
}

/*
 * Age of a proved cookie. Layout 0 needs no check: other epochs have other
 * MACs. A cookie from the future cannot be proved unless the clock went back.
 */
static __always_inline bool cookie_expired(const struct cookie *c, __u32 now_ms)
{
	return (c->options & HF_OPT_TS) &&
	       now_ms - c->mint_ms > HF_COOKIE_LIFETIME_MS;
}

/*
 * Was `c` used up by the connection (irs, mint_ms) that its tuple had before?
 * The same handshake, or an older one. Within one tick of the clock the client's
 * ISN decides, which RFC 6528 lets grow from one connection to the next; a tick
 * is an epoch where the cookie knows no better.
 */
static __always_inline bool cookie_is_replay(const struct cookie *c, __u32 irs,
					     __u32 before_irs,
					     __u32 before_mint_ms)
{
	__u32 tick = c->options & HF_OPT_TS ? 1U << COOKIE_TS_BITS
					    : 1U << COOKIE_EPOCH_SHIFT;
	__s32 newer = (c->mint_ms & -tick) - (before_mint_ms & -tick);

	if (irs == before_irs || newer < 0)
		return true;
	return newer == 0 && (__s32)(irs - before_irs) <= 0;
}

#endif
