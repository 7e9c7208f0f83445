/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The clock of the records, as user space reads it. */
#ifndef HANDFAST_USER_CLOCK_H
#define HANDFAST_USER_CLOCK_H

#include <stdint.h>
#include <time.h>

/*
 * CLOCK_MONOTONIC in ms. The daemon sets the data plane's clock (jiffies) to
 * it, so that record times are this, mod 2^32.
 */
static inline uint64_t clock_mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

#endif
