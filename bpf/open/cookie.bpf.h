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
 * The same, strong: fewer classes, when there are too many guesses (forgery.bpf.h).
 *
 *          31                                         5    4    3   2 1    0
 *   ISS   |             MAC 63..37 (27 bits)           |epoch|MSS 2|scale 2|
 *
 *   MSS 2: 0 to 3 are the classes 0, 1, 3 and 5 of layout 0. Scale 2: 0 neither
 *   SACK nor window scale, 1 SACK alone, 2 both and a scale of 2, 3 both and 7. An
 *   offer is rounded down, so windows are believed smaller than they are.
 *
 * Window scale: the client's shift, 0 to 14; 15 means that scaling is off.
 * MSS class: index into cookie_mss_ts (16 values) or cookie_mss_no_ts (8).
 *
 *   MAC = SipHash-2-4(key, message), 64 bits. The message is 23 bytes (IPv4) or
 *   47 (IPv6): integers of 64 bits, fed little-endian, and one of 56. Addresses,
 *   ports and numbers are the integers that their network byte order spells:
 *
 *     IPv4   client << 32 | server                                  (64 bits)
 *     IPv6   client high, client low, server high, server low   (4 x 64 bits)
 *     both   client port << 48 | server port << 32 | client's ISN   (64 bits)
 *            time << 24 | meta                                      (56 bits)
 *
 *     time   layout 1: TS, low eight bits included; layout 0: clock >> 15
 *     meta   | 23..20 window scale and 19..16 options that the service grants |
 *            | 15 IPv6 | 14 layout | 13 strong |
 *            | 9 ECN | 8 SACK | 7..4 MSS class | 3..0 window scale |
 *
 *   offset = turn << 30 | the low 30 bits of a branch of the MAC's SipHash: when the
 *   addresses are absorbed, the offset key is exored into v0 and v1, and 0xdd into
 *   v2; three rounds, and v0 ^ v1 ^ v2 ^ v3. It is constant for a pair of addresses
 *   and a generation of keys, so TSval does not go back between two connections, and
 *   someone who does not see the SYN-ACK has to guess it. Each generation has the
 *   next turn and keys of its own: TSval steps forward by less than 2^31, and who
 *   once knew the offset of a pair does not know it any more.
 *
 *   The clock is that of the data plane, and what makes it that of all machines
 *   that share keys (hf_keys.clock_off_ms). A cookie of another may be as much
 *   ahead as ahead_ms says. Outside this file mint_ms is in the own clock.
 *
 * The MAC is compared, never added to anything: an acknowledgment that is off
 * by one does not validate. Two keys may be tried, and what the service grants
 * now and granted before.
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
#include "handfast/service.h"
#include "wire/siphash.bpf.h"

#define COOKIE_EPOCH_SHIFT	15	/* 32.768 s */
#define COOKIE_TS_BITS		8
#define COOKIE_TS_MASK		((1U << COOKIE_TS_BITS) - 1)

#define COOKIE_OFFSET_BITS	30
#define COOKIE_OFFSET_MASK	((1U << COOKIE_OFFSET_BITS) - 1)

#define COOKIE_MAC_BITS_TS	30
#define COOKIE_MAC_BITS_NO_TS	23
#define COOKIE_MAC_BITS_STRONG	HF_GUESS_BITS
#define COOKIE_BARE_LIFETIME_MS	(2U << COOKIE_EPOCH_SHIFT) /* at most */

#define COOKIE_META_ECN		(1U << 9)
#define COOKIE_META_SACK	(1U << 8)
#define COOKIE_META_STRONG	(1U << 13)
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
	__u8 profile;		/* of the service ... */
	__u8 terms;		/* ... and what it says: cookie_terms() */
	__u8 strong;		/* 1: of that layout */
};

/* What the SYN-ACK had for a TSval; 0: no timestamps. */
static __always_inline __u32 cookie_tsval(const struct cookie *c)
{
	return c->options & HF_OPT_TS ? c->tsval : 0;
}

/* What a SYN-ACK of this profile may say, in eight bits. */
static __always_inline __u8 cookie_terms(const struct hf_profile *p)
{
	return p->rcv_wscale << 4 | (p->grants & 0xf);
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

/* Ethernet's, and its place in each of the two tables. */
#define COOKIE_MSS_USUAL	1460
#define COOKIE_CLASS_USUAL(ts)	((ts) ? 12 : 6)

/* Largest class that is not above `mss`; -1 if there is none. */
static __always_inline int cookie_mss_class(__u16 mss, bool ts)
{
	int class = 0;

	if (mss == COOKIE_MSS_USUAL)
		return COOKIE_CLASS_USUAL(ts);
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

/* The state when the addresses are absorbed: MAC and offset begin with it. */
static __always_inline struct siphash cookie_begin(const struct cookie_id *id,
						   const struct hf_keys *keys)
{
	struct siphash s;

	siphash_init(&s, &keys->cookie);
	siphash_word2(&s, id->addr[0]);
	if (id->ipv6) {
		siphash_word2(&s, id->addr[1]);
		siphash_word2(&s, id->addr[2]);
		siphash_word2(&s, id->addr[3]);
	}
	return s;
}

/* Offset between the timestamp clock and the wire, for one address pair. */
static __always_inline __u32 cookie_offset(struct siphash s,
					   const struct hf_keys *keys)
{
	__u64 hash = siphash_branch3(&s, &keys->offset);

	return keys->turn << COOKIE_OFFSET_BITS | (hash & COOKIE_OFFSET_MASK);
}

static __always_inline __u64 cookie_mac(struct siphash s,
					const struct cookie_id *id, __u32 time,
					__u32 meta)
{
	siphash_word2(&s, id->ports_irs);
	return siphash_end24(&s, id->ipv6 ? 47 : 23, (__u64)time << 24 | meta);
}

static __always_inline __u32 cookie_meta(const struct cookie_id *id,
					 const struct cookie *c)
{
	__u32 meta = (__u32)c->terms << 16 | (c->mss_class & 0xfU) << 4 |
		     (c->wscale & 0xfU);

	if (c->options & HF_OPT_SACK)
		meta |= COOKIE_META_SACK;
	if (c->options & HF_OPT_ECN)
		meta |= COOKIE_META_ECN;
	if (c->options & HF_OPT_TS)
		meta |= COOKIE_META_LAYOUT_TS;
	if (c->strong)
		meta |= COOKIE_META_STRONG;
	if (id->ipv6)
		meta |= COOKIE_META_IPV6;
	return meta;
}

static __always_inline __u32 cookie_iss_ts(__u64 mac, __u32 meta)
{
	return (mac >> (64 - COOKIE_MAC_BITS_TS)) << 2 |
	       !!(meta & COOKIE_META_ECN) << 1 | !!(meta & COOKIE_META_SACK);
}

static __always_inline __u32 cookie_iss_no_ts(__u64 mac, __u32 meta,
					      __u32 epoch)
{
	return (mac >> (64 - COOKIE_MAC_BITS_NO_TS)) << 9 | (epoch & 1) << 8 |
	       (meta >> 4 & 7) << 5 | !!(meta & COOKIE_META_SACK) << 4 |
	       (meta & 0xf);
}

static __always_inline __u32 cookie_iss_strong(__u64 mac, __u32 meta,
					       __u32 epoch)
{
	__u32 class = ((meta >> 4 & 7) + 1) >> 1, scale = 0;

	if (meta & COOKIE_META_SACK)
		scale = (meta & 0xf) == 2 ? 2 : (meta & 0xf) == 7 ? 3 : 1;
	return (mac >> (64 - COOKIE_MAC_BITS_STRONG)) << 5 | (epoch & 1) << 4 |
	       class << 2 | scale;
}

/* Of a cookie without timestamps. */
static __always_inline __u32 cookie_iss_bare(const struct cookie *c, __u64 mac,
					     __u32 meta, __u32 epoch)
{
	return c->strong ? cookie_iss_strong(mac, meta, epoch)
			 : cookie_iss_no_ts(mac, meta, epoch);
}

/* Grant what the strong layout can say: no more than was offered. */
static __always_inline void cookie_strengthen(struct cookie *c)
{
	c->strong = 1;
	if (c->mss_class > 5)
		c->mss_class = 5;
	else if (c->mss_class)
		c->mss_class = (c->mss_class - 1) | 1;
	if (c->wscale < 2 || !(c->options & HF_OPT_SACK))
		c->wscale = HF_WSCALE_NONE;
	else if (c->wscale != HF_WSCALE_NONE)
		c->wscale = c->wscale < 7 ? 2 : 7;
	if (c->wscale == HF_WSCALE_NONE)
		c->options &= ~HF_OPT_WSCALE;
}

/* Make the cookie; the caller has set mss_class, wscale, options, terms. */
static __always_inline void cookie_mint(struct cookie *c,
					const struct cookie_id *id,
					const struct hf_keys *keys,
					__u32 now_ms)
{
	__u32 clock = now_ms + keys->clock_off_ms;
	__u32 epoch = clock >> COOKIE_EPOCH_SHIFT, ts;
	struct siphash s = cookie_begin(id, keys);
	__u32 meta = cookie_meta(id, c);

	if (c->options & HF_OPT_TS) {
		ts = (clock & ~COOKIE_TS_MASK) | (meta & COOKIE_TS_MASK);
		if ((meta & COOKIE_TS_MASK) > (clock & COOKIE_TS_MASK))
			ts -= 1U << COOKIE_TS_BITS;
		c->mint_ms = ts - keys->clock_off_ms;
		c->tsval = ts + cookie_offset(s, keys);
		siphash_after(&s, &c->tsval);
		c->iss = cookie_iss_ts(cookie_mac(s, id, ts, meta), meta);
		return;
	}
	c->mint_ms = (epoch << COOKIE_EPOCH_SHIFT) - keys->clock_off_ms;
	c->tsval = 0;
	c->iss = cookie_iss_bare(c, cookie_mac(s, id, epoch, meta), meta,
				 epoch);
}

static __always_inline void cookie_read_strong(struct cookie *c, __u32 iss)
{
	__u32 class = iss >> 2 & 3, scale = iss & 3;

	c->mss_class = class ? 2 * class - 1 : 0;
	c->wscale = scale < 2 ? HF_WSCALE_NONE : scale == 2 ? 2 : 7;
	if (scale)
		c->options |= HF_OPT_SACK;
}

static __always_inline void cookie_read_weak(struct cookie *c, __u32 iss)
{
	c->mss_class = iss >> 5 & 7;
	c->wscale = iss & 0xf;
	if (iss >> 4 & 1)
		c->options |= HF_OPT_SACK;
}

/*
 * Read what an acknowledgment claims; nothing is proved yet. The caller has set
 * what the ACK says: iss (its number less one), tsval (the echo), and in options
 * whether it has timestamps (HF_OPT_TS); strong: the layout to read it in. `s` is of
 * cookie_begin().
 */
static __always_inline void cookie_read(struct cookie *c,
					const struct siphash *s,
					const struct hf_keys *keys,
					__u32 now_ms)
{
	__u32 clock = now_ms + keys->clock_off_ms + keys->ahead_ms;
	__u32 epoch = clock >> COOKIE_EPOCH_SHIFT, iss = c->iss;

	c->options &= HF_OPT_TS;
	if (c->options & HF_OPT_TS) {
		c->mint_ms = c->tsval - cookie_offset(*s, keys) -
			     keys->clock_off_ms;
		c->mss_class = c->mint_ms >> 4 & 0xf;
		c->wscale = c->mint_ms & 0xf;
		if (iss & 1)
			c->options |= HF_OPT_SACK;
		if (iss & 2)
			c->options |= HF_OPT_ECN;
	} else {
		if ((iss >> (c->strong ? 4 : 8) & 1) != (epoch & 1))
			epoch--;
		c->mint_ms = (epoch << COOKIE_EPOCH_SHIFT) - keys->clock_off_ms;
		if (c->strong)
			cookie_read_strong(c, iss);
		else
			cookie_read_weak(c, iss);
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
					     const struct hf_keys *keys,
					     __u32 now_ms)
{
	return !(c->options & HF_OPT_TS) ||
	       now_ms + keys->ahead_ms - c->mint_ms <= COOKIE_RECENT_MS;
}

/* Does the MAC of this key and c->terms prove what cookie_read() read? */
static __always_inline bool cookie_proves(const struct cookie *c,
					  const struct siphash *s,
					  const struct cookie_id *id,
					  const struct hf_keys *keys)
{
	__u32 clock = c->mint_ms + keys->clock_off_ms;
	__u32 epoch = clock >> COOKIE_EPOCH_SHIFT;
	__u32 meta = cookie_meta(id, c);

	if (c->options & HF_OPT_TS)
		return c->iss ==
		       cookie_iss_ts(cookie_mac(*s, id, clock, meta), meta);
	return c->iss ==
	       cookie_iss_bare(c, cookie_mac(*s, id, epoch, meta), meta, epoch);
}

/*
 * Age of a proved cookie. Layout 0 needs no check: other epochs have other
 * MACs. Nor is one of a machine whose clock is ahead. It is recent.
 */
static __always_inline bool cookie_expired(const struct cookie *c, __u32 now_ms)
{
	return (c->options & HF_OPT_TS) &&
	       (__s32)(now_ms - c->mint_ms) > (__s32)HF_COOKIE_LIFETIME_MS;
}

/*
 * Was `c` used up by the connection (irs, mint_ms) that its tuple had before?
 * The same handshake, or an older one. Within one tick of the clock the client's
 * ISN decides, which RFC 6528 lets grow from one connection to the next.
 */
static __always_inline bool cookie_is_replay(const struct cookie *c, __u32 irs,
					     __u32 before_irs,
					     __u32 before_mint_ms)
{
	__s32 newer = (c->mint_ms & ~COOKIE_TS_MASK) -
		      (before_mint_ms & ~COOKIE_TS_MASK);
	__s32 tick = 1 << COOKIE_TS_BITS;

	/* Its epoch knows no better, and begins a little earlier or later than
	 * another time when the clock is drawn to the shared one. */
	if (!(c->options & HF_OPT_TS)) {
		newer -= newer > 0 ? tick : 0;
		tick = 1 << COOKIE_EPOCH_SHIFT;
	}
	if (irs == before_irs || newer <= -tick)
		return true;
	return newer <= 0 && (__s32)(irs - before_irs) <= 0;
}

#endif
