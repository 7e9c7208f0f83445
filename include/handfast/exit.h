/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which way answers leave, by the client's prefix: the value is a bit for each
 * interface (its slot) by which they do, as a __u64. The daemon writes, out of
 * routes and rules.
 */
#ifndef HANDFAST_EXIT_H
#define HANDFAST_EXIT_H

#include "handfast/limits.h"

/* As the kernel's struct bpf_lpm_trie_key, which has no fixed size of data. */
struct hf_exit_key {
	__u32 prefixlen;	/* bits of what follows: 32 of `from`, then addr */
	__u32 from;		/* hf_service.exits; network byte order, as all */
	__be32 addr[4];		/* of the client; IPv4 as ::ffff:a.b.c.d */
};

#define HF_EXIT_BITS	160
#define HF_EXITS_MAX	16384	/* entries */
#define HF_EXIT_PREFIXES_MAX	1024	/* ... of one local address */
#define HF_EXIT_ADDRS_MAX	15	/* local addresses that have rules */

#endif
