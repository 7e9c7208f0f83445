/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The metrics of an instance, for whoever collects them. */
#ifndef HANDFAST_FORMAT_METRICS_H
#define HANDFAST_FORMAT_METRICS_H

#include "exposition.h"
#include "view/metrics.h"

void metrics_print(FILE *to, enum metrics_format format,
		   const struct metrics_view *v);

#endif
