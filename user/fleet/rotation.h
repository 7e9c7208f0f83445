/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How machines that share keys get a new one, without a handshake that is lost:
 *
 *	    rotate            settle          settle, a cookie's lifetime
 *	[a] ------> [a, b] ----------> [b, a] ----------> [b]
 *
 * Each step has reached all of them before the next: first all accept the new key,
 * then they mint with it, then the old one goes. Which step comes next stands in the
 * keys alone, so that any machine can take it.
 */
#ifndef HANDFAST_ROTATION_H
#define HANDFAST_ROTATION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/key_file.h"

struct rotation {
	uint64_t rotate_ms;	/* 0: no new keys */
	uint64_t settle_ms;	/* by then a step is everywhere */
};

/* A first key. 0 or -1: the kernel has no random numbers. */
int rotation_begin(struct key_file *k);

/* How long the keys are to stay as they are, ms; UINT64_MAX: for good. */
uint64_t rotation_due_ms(const struct rotation *r, const struct key_file *k);

/* The next step. 0 or -1, likewise. */
int rotation_step(struct key_file *k);

#endif
