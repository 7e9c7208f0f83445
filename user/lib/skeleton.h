/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The programs as bpftool wraps them, with the types of their variables. */
#ifndef HANDFAST_SKELETON_H
#define HANDFAST_SKELETON_H

#include <linux/types.h>

#include "handfast/control.h"
#include "handfast/service.h"

#include "lib/hash.h"

#include "handfast.skel.h"

/* Of our version, the layout (programs of another one have its maps), the object:
 * `build' of the programs' constants. */
static inline __u64 skeleton_build(void)
{
	static const __u32 layout = HF_LAYOUT_VERSION;
	size_t size;
	const void *elf = handfast__elf_bytes(&size);
	__u64 hash = hash_add(HASH_BEGIN, HF_VERSION, sizeof(HF_VERSION));

	return hash_add(hash_add(hash, &layout, sizeof(layout)), elf, size);
}

#endif
