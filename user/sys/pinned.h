/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who holds a BPF program that is in our way. */
#ifndef HANDFAST_PINNED_H
#define HANDFAST_PINNED_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "link.h"

/*
 * Where the XDP program `prog_id`, or a link with it, is pinned: its path into
 * `path` (PATH_MAX), or false and an empty one.
 */
bool pinned_by(uint32_t prog_id, char *path);

struct xdp_owner {
	char pin[PATH_MAX];	/* where the program is pinned, or empty */
	char what[256];		/* "id 7, pinned at /sys/fs/bpf/x" */
	char cure[64];		/* a command that shows it, or takes it off */
};

/* Whose is the XDP program `prog_id`, which is attached to the interface? */
void xdp_owner_find(struct xdp_owner *o, const struct link_info *link,
		    uint32_t prog_id);

#endif
