/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A hash of what no adversary chooses: FNV-1a, 64 bits. */
#ifndef HANDFAST_HASH_H
#define HANDFAST_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_BEGIN	0xcbf29ce484222325ULL

static inline uint64_t hash_add(uint64_t hash, const void *bytes, size_t len)
{
	const unsigned char *byte = bytes;

	while (len--)
		hash = (hash ^ *byte++) * 0x100000001b3ULL;
	return hash;
}

#endif
