// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast states */
#include "show.h"

const struct arg_option states_options[] = {
	{ OPT_TRANSITIONS, "transitions", NULL,
	  "show the table, and how often each arrow was taken" },
	{}
};

static void show_transitions(const struct show *s, const struct states_view *v)
{
	const struct hf_leg_states *client = &v->leg[HF_LEG_CLIENT];
	const struct hf_leg_states *server = &v->leg[HF_LEG_SERVER];

	s->out->transitions();
	for (int from = 0; from < HF_STATE_NR; from++)
		for (int event = 0; event < HF_EVENT_NR; event++)
			if (fsm_is_arrow(from, event))
				s->out->transition(
					from, event,
					client->taken[from][event] +
						server->taken[from][event]);
	s->out->transitions_end();
}

int show_states(const struct show *s, const struct instance *i)
{
	struct states_view states;
	int err = states_view_read(i, &states);

	if (err)
		return err;
	s->out->head(i);
	s->out->states(&states);
	if (show_option(s, OPT_TRANSITIONS))
		show_transitions(s, &states);
	s->out->tail();
	return 0;
}
