// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast confirm: what `attach --try` attached stays. */
#include "format/output.h"
#include "lib/clock.h"
#include "say.h"
#include "lib/log.h"
#include "lib/trial.h"

struct confirm {
	const struct output *out;
	const struct instance *instance;
	int confirmed, over;
};

static int confirm_one(__u32 slot, const struct hf_iface *iface, void *arg)
{
	struct confirm *c = arg;
	const struct maps *m = &c->instance->maps;
	struct trial t;
	int err = trial_read(m, slot, clock_mono_ms(), &t);

	if (err || !t.on)
		return err;
	if (t.over) {
		c->over++;
		log_error("%s: was not confirmed in time", iface->name);
		log_try("handfast%s detach --all",
			instance_option(c->instance->name));
		return 0;
	}
	err = trial_end(m, slot);
	if (err)
		return err;
	c->confirmed++;
	c->out->confirmed(iface->name);
	return 0;
}

enum cli_exit cli_confirm(const struct cli *c)
{
	struct instance i;
	struct confirm all = { .out = c->out, .instance = &i };
	int err;

	if (instance_open_or_say(&i, c->name))
		return CLI_FAILED;
	c->out->head(&i);
	c->out->confirm();
	err = map_for_each_iface(&i.maps, confirm_one, &all);
	c->out->confirm_end(!err && !all.confirmed && !all.over);
	c->out->tail();
	if (err)
		say_unreadable(&i, err);
	instance_close(&i);
	return err || all.over ? CLI_FAILED : CLI_DONE;
}
