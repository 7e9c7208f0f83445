// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast states */
#include "format/output.h"
#include "say.h"
#include "view/states.h"

const struct arg_option states_options[] = {
	{ OPT_TRANSITIONS, "transitions", NULL,
	  "show the table, and how often each arrow was taken" },
	{}
};

static void show_transitions(const struct cli *c, const struct states_view *v)
{
	const struct hf_leg_states *client = &v->leg[HF_LEG_CLIENT];
	const struct hf_leg_states *server = &v->leg[HF_LEG_SERVER];

	c->out->transitions();
	for (int from = 0; from < HF_STATE_NR; from++)
		for (int event = 0; event < HF_EVENT_NR; event++)
			if (fsm_is_arrow(from, event))
				c->out->transition(
					from, event,
					client->taken[from][event] +
						server->taken[from][event]);
	c->out->transitions_end();
}

static int show(const struct cli *c, const struct instance *i)
{
	struct states_view states;
	int err = states_view_read(i, &states);

	if (err)
		return err;
	c->out->head(i);
	c->out->states(&states);
	if (option_given(c, OPT_TRANSITIONS))
		show_transitions(c, &states);
	c->out->tail();
	return 0;
}

enum cli_exit cli_states(const struct cli *c)
{
	return show_instance(c, show);
}
