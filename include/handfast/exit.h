/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether answers leave by attached interfaces, by the client's prefix. The daemon
 * writes, out of routes and rules. */
#ifndef HANDFAST_EXIT_H
#define HANDFAST_EXIT_H

#include "handfast/limits.h"

/* As the kernel's struct bpf_lpm_trie_key, which has no fixed size of data. */
struct hf_exit_key {
	__u32 prefixlen;	/* bits of what follows: 32 of `from`, then addr */
	__u32 from;		/* hf_service.exits */
	__be32 addr[4];		/* of the client; IPv4 as ::ffff:a.b.c.d */
};

struct hf_exit {
	__u32 here;		/* 1: by an attached interface */
	__u32 wide;		/* 1: the prefix is much of the internet */
};

#define HF_EXIT_WIDE	8	/* bits of an IPv4 prefix, or 16 of IPv6 */
#define HF_EXIT_BITS	160
#define HF_EXITS_MAX	16384	/* entries */
#define HF_EXIT_PREFIXES_MAX	1000	/* ... of one local address */
#define HF_EXIT_ADDRS_MAX	15	/* local addresses that have rules */

#endif
