/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sizes that the data plane and user space agree on. */
#ifndef HANDFAST_LIMITS_H
#define HANDFAST_LIMITS_H

/* Bumped whenever a map's key, value or meaning changes; part of the pin path. */
#define HF_LAYOUT_VERSION	21

#define HF_SERVICES_MAX		1024	/* service ids; row 0 is "no service" */
#define HF_SERVICE_ADDRS_MAX	65536	/* (local address, port) pairs */
#define HF_IFACES_MAX		64	/* interfaces of one instance */
#define HF_PROFILES_MAX		16	/* four bits of the cookie's MAC input */
#define HF_KEYS_MAX		4	/* ring of key generations */
#define HF_CLOSED_BITS		16	/* sets of closed connections, 8 MiB, ... */
#define HF_CLOSED_WAYS		7	/* ... so many in each */

#define HF_SEEN_BITS	23	/* of a hash: marks of a generation, 1 MiB */

#define HF_ZONES_MAX	4096	/* VLANs, by the tags of a frame */
#define HF_ZONE_BELIEVED_MS	600000U	/* a SYN-ACK left there so lately */

#define HF_PREFIX_BITS	16	/* cells of client prefixes */

#define HF_STATIONS_MAX	16	/* MAC addresses of one interface */

#define HF_PORTS_BYTES		8192	/* one bit for each TCP port */

#define HF_COOKIE_LIFETIME_MS	64000U	/* RFC 4987 3.6: about one minute */

#define HF_SYNACK_RETRIES_MAX	6	/* 1 + 2 + ... + 64 s, 127 s ... */
#define HF_HALF_OPEN_MS		130000U	/* ... no half-open record is older */
#define HF_HALF_PROVES_MS	(2 * HF_COOKIE_LIFETIME_MS) /* nor proves longer */
#define HF_INCIDENTS_MAX	64	/* floods that are remembered */
#define HF_TRACE_BYTES		(1U << 20)	/* ring of `handfast trace` */
#define HF_TRACE_LEASE_MS	2000	/* a reader that died stops costing */

/* The brake, rule 9 of the design. */
#define HF_BRAKE_CLIENTS	8	/* networks whose bad ones are remembered */
#define HF_BRAKE_WAIT_MS	200U	/* a socket is made in one softirq */
#define HF_BRAKE_RETRY_MS	10000U	/* first pause; doubles ... */
#define HF_BRAKE_RETRY_MAX_MS	600000U	/* ... up to this */

#define HF_NAME_MAX		16	/* instance name with its NUL */
#define HF_TEXT_MAX		128	/* reasons in plain words, with the NUL */
#define HF_SPEC_MAX		64	/* a service as text, with the NUL */

#endif
