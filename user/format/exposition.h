/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Metrics as text, family by family: Prometheus' text format and OpenMetrics. They
 * differ in a counter's name, that of its family or that of its sample, in the type
 * of what is only labels, and in the end.
 */
#ifndef HANDFAST_EXPOSITION_H
#define HANDFAST_EXPOSITION_H

#include <stdint.h>
#include <stdio.h>

enum metrics_format {
	METRICS_PROMETHEUS,	/* text format 0.0.4 */
	METRICS_OPENMETRICS,	/* 1.0.0 */
	METRICS_FORMAT_NR,
};

/* What HTTP calls it. */
extern const char *const metrics_types[METRICS_FORMAT_NR];

enum metric_type {
	METRIC_COUNTER,
	METRIC_GAUGE,
	METRIC_INFO,		/* labels, and a 1 */
	METRIC_TYPE_NR,
};

struct exposition {
	FILE *to;
	enum metrics_format format;
	const char *name;	/* of the family that is printed ... */
	enum metric_type type;	/* ... and its type */
};

/* A table of these ends with `name` NULL. */
struct label {
	const char *name;
	const char *value;
};

#define LABELS(...)	((const struct label[]){ __VA_ARGS__, {} })

/* A family begins; `name` is without "handfast_" and "_total". */
void exposition_family(struct exposition *x, const char *name,
		       enum metric_type type, const char *help);

/* One of its samples; `labels` may be NULL. */
void exposition_number(const struct exposition *x, const struct label *labels,
		       uint64_t value);
void exposition_decimal(const struct exposition *x, const struct label *labels,
			double value);

/* After all families. */
void exposition_end(const struct exposition *x);

#endif
