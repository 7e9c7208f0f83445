/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses of both IP versions in one form: IPv4 ones as ::ffff:a.b.c.d. */
#ifndef HANDFAST_TUPLE_BPF_H
#define HANDFAST_TUPLE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "handfast/flow.h"

static __always_inline void addr_set_ip4(__be32 *addr, __be32 ip4)
{
	addr[0] = 0;
	addr[1] = 0;
	addr[2] = bpf_htonl(0xffff);
	addr[3] = ip4;
}

static __always_inline bool addr_is_ip4(const __be32 *addr)
{
	return !(addr[0] | addr[1]) && addr[2] == bpf_htonl(0xffff);
}

static __always_inline bool addr_is_same(const __be32 *a, const __be32 *b)
{
	return !((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]));
}

/* Of an IPv4 connection? */
static __always_inline bool tuple_is_ip4(const struct hf_tuple *t)
{
	return addr_is_ip4(t->server);
}

#endif
