/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who holds a BPF program that is in our way. */
#ifndef HANDFAST_PINNED_H
#define HANDFAST_PINNED_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Where the XDP program `prog_id`, or a link with it, is pinned: its path into
 * `path` (PATH_MAX), or false and an empty one.
 */
bool pinned_by(uint32_t prog_id, char *path);

#endif
