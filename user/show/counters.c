// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast counters */
#include "show.h"
#include "view/counters.h"

const struct arg_option counters_options[] = {
	{ 'a', "all", NULL, "text: show zeros too" },
	{ OPT_SERVICES, "services", NULL, "split by service" },
	{ OPT_INTERFACES, "interfaces", NULL, "split by interface" },
	{}
};

static int on_counters(const char *of, const struct hf_counters *sum, void *arg)
{
	const struct show *s = arg;

	s->out->counters(of, sum, show_option(s, 'a'));
	return 0;
}

static int put_sum(const struct show *s, const struct instance *i)
{
	struct hf_counters sum;
	int err = map_read_all_counters(&i->maps, &sum);

	return err ?: on_counters(NULL, &sum, (void *)s);
}

static int put_services(const struct show *s, const struct instance *i)
{
	int err;

	s->out->counters_by("services");
	err = counters_view_services(i, on_counters, (void *)s);
	s->out->counters_by_end();
	return err;
}

static int put_interfaces(const struct show *s, const struct instance *i)
{
	int err;

	s->out->counters_by("interfaces");
	err = counters_view_ifaces(i, on_counters, (void *)s);
	s->out->counters_by_end();
	return err;
}

int show_counters(const struct show *s, const struct instance *i)
{
	int err;

	s->out->head(i);
	err = put_sum(s, i);
	if (!err && show_option(s, OPT_SERVICES))
		err = put_services(s, i);
	if (!err && show_option(s, OPT_INTERFACES))
		err = put_interfaces(s, i);
	s->out->tail();
	return err;
}
