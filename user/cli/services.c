// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast services */
#include "lib/brake.h"
#include "say.h"
#include "lib/clock.h"
#include "format/output.h"

struct services {
	const struct instance *instance;
	const struct output *out;
	struct phase_view phase;
};

static int show_service(const struct services *s, __u32 id,
			const struct hf_service_info *info)
{
	struct service_row row = {
		.info = info,
		.phase = &s->phase,
		.armed = info->armed && !s->phase.orphaned,
		.why = info->armed && s->phase.orphaned ? phase_orphaned_why
							: info->why,
	};
	char tripped[HF_TEXT_MAX];
	struct hf_counters sum;
	int err = map_read_counters(&s->instance->maps, HF_MAP_COUNTERS, id,
				    &sum);

	if (!err)
		err = brake_why(&s->instance->maps, id, clock_mono_ms(),
				tripped);
	if (err)
		return err;
	if (row.armed && tripped[0]) {
		row.armed = false;
		row.why = tripped;
	}
	row.syn_seen = sum.n[HF_CNT_SYN_SEEN];
	row.syn_answered = counter_total(&sum, HF_TOTAL_SYN_ANSWERED);
	row.ack_accepted = sum.n[HF_CNT_ACK_ACCEPTED];
	if (sum.n[HF_CNT_FLOW_CREATED] > sum.n[HF_CNT_FLOW_CLOSED])
		row.flows = sum.n[HF_CNT_FLOW_CREATED] -
			    sum.n[HF_CNT_FLOW_CLOSED];
	s->out->service(&row);
	return 0;
}

static int show_all(const struct services *s)
{
	struct hf_service_info info;
	int err = 0;

	s->out->head(s->instance);
	s->out->services();
	for (__u32 id = 0; !err && id < HF_SERVICES_MAX; id++) {
		err = map_read(&s->instance->maps, HF_MAP_SERVICE_INFO, id,
			       &info);
		if (!err && info.used)
			err = show_service(s, id, &info);
	}
	s->out->services_end();
	s->out->tail();
	return err;
}

enum cli_exit cli_services(const struct cli *c)
{
	struct instance i;
	struct services s = { .instance = &i, .out = c->out };
	int err;

	if (instance_open_or_say(&i, c->name))
		return CLI_FAILED;
	err = phase_view_read(&i, clock_mono_ms(), &s.phase);
	if (!err)
		err = show_all(&s);
	if (err)
		say_unreadable(&i, err);
	instance_close(&i);
	return err ? CLI_FAILED : CLI_DONE;
}
