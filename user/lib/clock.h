/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The clock of the records, as user space reads it. */
#ifndef HANDFAST_USER_CLOCK_H
#define HANDFAST_USER_CLOCK_H

#include <stdint.h>
#include <time.h>

/*
 * A time that is up to this far ahead counts as now: jiffies may run ahead of
 * our clock, and records change while a walk over them goes on. In ms, longer
 * than a sweep takes.
 */
#define CLOCK_SLACK_MS	60000U

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

/* The same in microseconds: for how long something takes. */
static inline uint64_t clock_mono_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* ms since `then_ms` of the records' clock, which wraps after 49.7 days. */
static inline uint32_t clock_age_ms(uint32_t then_ms, uint32_t now_ms)
{
	uint32_t age_ms = now_ms - then_ms;

	return age_ms > UINT32_MAX - CLOCK_SLACK_MS ? 0 : age_ms;
}

#endif
