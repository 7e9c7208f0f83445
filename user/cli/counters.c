// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast counters */
#include "format/output.h"
#include "say.h"
#include "view/counters.h"

const struct arg_option counters_options[] = {
	{ 'a', "all", NULL, "text: show zeros too" },
	{ OPT_SERVICES, "services", NULL, "split by service" },
	{ OPT_INTERFACES, "interfaces", NULL, "split by interface" },
	{}
};

static int on_counters(const char *of, const struct hf_counters *sum, void *arg)
{
	const struct cli *c = arg;

	c->out->counters(of, sum, option_given(c, 'a'));
	return 0;
}

static int show_sum(const struct cli *c, const struct instance *i)
{
	struct hf_counters sum;
	int err = map_read_all_counters(&i->maps, &sum);

	return err ?: on_counters(NULL, &sum, (void *)c);
}

static int show_services(const struct cli *c, const struct instance *i)
{
	int err;

	c->out->counters_by("services");
	err = counters_view_services(i, on_counters, (void *)c);
	c->out->counters_by_end();
	return err;
}

static int show_interfaces(const struct cli *c, const struct instance *i)
{
	int err;

	c->out->counters_by("interfaces");
	err = counters_view_ifaces(i, on_counters, (void *)c);
	c->out->counters_by_end();
	return err;
}

static int show(const struct cli *c, const struct instance *i)
{
	int err;

	c->out->head(i);
	err = show_sum(c, i);
	if (!err && option_given(c, OPT_SERVICES))
		err = show_services(c, i);
	if (!err && option_given(c, OPT_INTERFACES))
		err = show_interfaces(c, i);
	c->out->tail();
	return err;
}

enum cli_exit cli_counters(const struct cli *c)
{
	return show_instance(c, show);
}
