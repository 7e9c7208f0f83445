/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * VLAN tags that are taken out of the frame before XDP sees it, by the hardware,
 * or as a veth hands them over: what comes in a VLAN would be answered untagged.
 */
#ifndef HANDFAST_TAGS_H
#define HANDFAST_TAGS_H

#include <stdbool.h>

#include "lib/abi.h"
#include "sys/link.h"

#define TAGS_CURE_MAX	64

/* Does that happen on the interface, and does anything above it take VLANs? `why`
 * says what, `cure` (or NULL) what helps. What cannot be read does not. */
bool tags_are_stripped(const struct link_info *info, char why[HF_TEXT_MAX],
		       char cure[TAGS_CURE_MAX]);

#endif
