/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* seg_neigh.h: answer ARP and neighbour solicitations for seg's address. */
#ifndef SEG_NEIGH_H
#define SEG_NEIGH_H

#include "seg_packet.h"

/* Answers from now on in a thread of its own; path must stay. 0 or -errno */
int neigh_start(const struct path *path, int ifindex);

#endif
