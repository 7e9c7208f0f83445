// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast counters */
#include "say.h"
#include "format/output.h"

const struct arg_option counters_options[] = {
	{ 'a', "all", NULL, "text: show zeros too" },
	{ OPT_SERVICES, "services", NULL, "split by service" },
	{ OPT_INTERFACES, "interfaces", NULL, "split by interface" },
	{}
};

static int show_sum(const struct cli *c, const struct maps *m)
{
	struct hf_counters sum;
	int err = map_read_all_counters(m, &sum);

	if (!err)
		c->out->counters(NULL, &sum, option_given(c, 'a'));
	return err;
}

static int show_row(const struct cli *c, const struct maps *m, enum hf_map map,
		    __u32 row, const char *of)
{
	struct hf_counters sum;
	int err = map_read_counters(m, map, row, &sum);

	if (!err)
		c->out->counters(of, &sum, option_given(c, 'a'));
	return err;
}

static int show_services(const struct cli *c, const struct maps *m)
{
	struct hf_service_info info;
	int err = 0;

	c->out->counters_by("services");
	for (__u32 id = 0; !err && id < HF_SERVICES_MAX; id++) {
		err = map_read(m, HF_MAP_SERVICE_INFO, id, &info);
		if (!err && info.used)
			err = show_row(c, m, HF_MAP_COUNTERS, id, info.spec);
	}
	c->out->counters_by_end();
	return err;
}

static int show_interfaces(const struct cli *c, const struct maps *m)
{
	struct hf_iface row;
	int err = 0;

	c->out->counters_by("interfaces");
	for (__u32 at = 0; !err && at < HF_IFACES_MAX; at++) {
		err = map_read(m, HF_MAP_IFACES, at, &row);
		if (!err && row.ifindex)
			err = show_row(c, m, HF_MAP_IFACE_COUNTERS, at,
				       row.name);
	}
	c->out->counters_by_end();
	return err;
}

enum cli_exit cli_counters(const struct cli *c)
{
	struct instance i;
	int err;

	if (instance_open_or_say(&i, c->name))
		return CLI_FAILED;
	c->out->head(&i);
	err = show_sum(c, &i.maps);
	if (!err && option_given(c, OPT_SERVICES))
		err = show_services(c, &i.maps);
	if (!err && option_given(c, OPT_INTERFACES))
		err = show_interfaces(c, &i.maps);
	c->out->tail();
	if (err)
		say_unreadable(&i, err);
	instance_close(&i);
	return err ? CLI_FAILED : CLI_DONE;
}
