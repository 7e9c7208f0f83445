// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Metrics as text: see exposition.h. */
#include <inttypes.h>

#include "exposition.h"

const char *const metrics_types[METRICS_FORMAT_NR] = {
	[METRICS_PROMETHEUS] = "text/plain; version=0.0.4; charset=utf-8",
	[METRICS_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; "
				"charset=utf-8",
};

/* What stands behind a family's name in that of its samples. */
static const char *const suffixes[METRIC_TYPE_NR] = {
	[METRIC_COUNTER] = "_total",
	[METRIC_GAUGE] = "",
	[METRIC_INFO] = "_info",
};

static const char *const type_names[METRIC_TYPE_NR][METRICS_FORMAT_NR] = {
	[METRIC_COUNTER] = { "counter", "counter" },
	[METRIC_GAUGE] = { "gauge", "gauge" },
	[METRIC_INFO] = { "gauge", "info" },
};

static void put_escaped(FILE *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n') {
			fputs("\\n", to);
			continue;
		}
		if (*text == '"' || *text == '\\')
			putc('\\', to);
		putc(*text, to);
	}
}

void exposition_family(struct exposition *x, const char *name,
		       enum metric_type type, const char *help)
{
	const char *suffix = x->format == METRICS_PROMETHEUS ? suffixes[type]
							     : "";

	x->name = name;
	x->type = type;
	fprintf(x->to, "# HELP handfast_%s%s %s\n", name, suffix, help);
	fprintf(x->to, "# TYPE handfast_%s%s %s\n", name, suffix,
		type_names[type][x->format]);
}

static void begin_sample(const struct exposition *x, const struct label *labels)
{
	const char *between = "{";

	fprintf(x->to, "handfast_%s%s", x->name, suffixes[x->type]);
	for (const struct label *l = labels; l && l->name; l++) {
		fprintf(x->to, "%s%s=\"", between, l->name);
		put_escaped(x->to, l->value);
		putc('"', x->to);
		between = ",";
	}
	fputs(labels ? "} " : " ", x->to);
}

void exposition_number(const struct exposition *x, const struct label *labels,
		       uint64_t value)
{
	begin_sample(x, labels);
	fprintf(x->to, "%" PRIu64 "\n", value);
}

void exposition_decimal(const struct exposition *x, const struct label *labels,
			double value)
{
	begin_sample(x, labels);
	fprintf(x->to, "%.6g\n", value);
}

void exposition_end(const struct exposition *x)
{
	if (x->format == METRICS_OPENMETRICS)
		fputs("# EOF\n", x->to);
}
