/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the daemon shows by HTTP: metrics, and a page for people. */
#ifndef HANDFAST_METRICS_H
#define HANDFAST_METRICS_H

struct daemon;
struct failure;
struct metrics;

/*
 * Listen as `metrics` says: *m is NULL after that if it is off. Before privileges
 * are given up. 0, or -1 with the failure.
 */
int metrics_open(struct metrics **m, struct daemon *d, struct failure *f);
void metrics_close(struct metrics *m);

#endif
