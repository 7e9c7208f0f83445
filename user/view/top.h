/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What happens each second: two looks at an instance, and what changed between. */
#ifndef HANDFAST_VIEW_TOP_H
#define HANDFAST_VIEW_TOP_H

#include "lib/names.h"
#include "states.h"
#include "status.h"

/* A service, or an interface. */
struct top_row {
	char name[HF_SPEC_MAX];
	bool armed;
	uint64_t syn_seen, syn_answered, syn_dropped, ack_accepted;
	uint64_t flows;		/* of a service: that exist now */
};

struct top_list {
	struct top_row *row;
	int nr, room;
};

/* One look. */
struct top_sample {
	uint64_t at_ms;		/* clock_mono_ms(); 0: none was had */
	struct status_view status;
	struct states_view states;
	struct hf_counters sum;
	struct top_list services, ifaces;
	uint64_t run_ns;	/* of the programs, while that is measured */
};

#define TOP_HISTORY	120	/* looks that are remembered */

struct top_view {
	struct top_sample was, is;
	bool measured;		/* `run_ns` is known */
	double history[TOP_HISTORY];	/* SYN/s, the last one last */
	int looks;		/* of them */
};

/* 0 or -errno; then nothing has changed but what `is` holds. */
int top_view_read(struct top_view *v, const struct instance *i);
void top_view_free(struct top_view *v);

/* A second, of a counter or a total; 0 before there were two looks. */
double top_rate(const struct top_view *v, enum hf_counter c);
double top_total_rate(const struct top_view *v, enum hf_total t);

/* Of numbers of the two looks. */
double top_per_second(const struct top_view *v, uint64_t was, uint64_t is);

/* The row of that name as it was, or a row of zeros. */
const struct top_row *top_row_was(const struct top_list *was,
				  const struct top_row *is);

/* CPUs that the programs had: 0.06 is 6 % of a core. Below 0: not measured. */
double top_cpus(const struct top_view *v);

#endif
