// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What was counted: see counters.h. */
#include "counters.h"

struct walk {
	const struct maps *maps;
	on_counters_fn fn;
	void *arg;
};

static int visit(const struct walk *w, enum hf_map map, __u32 row,
		 const char *of)
{
	struct hf_counters sum;
	int err = map_read_counters(w->maps, map, row, &sum);

	return err ?: w->fn(of, &sum, w->arg);
}

static int on_service(__u32 id, const struct hf_service_info *info, void *arg)
{
	return visit(arg, HF_MAP_COUNTERS, id, info->spec);
}

static int on_iface(__u32 slot, const struct hf_iface *row, void *arg)
{
	return visit(arg, HF_MAP_IFACE_COUNTERS, slot, row->name);
}

int counters_view_services(const struct instance *i, on_counters_fn fn,
			   void *arg)
{
	struct walk w = { .maps = &i->maps, .fn = fn, .arg = arg };

	return map_for_each_service(w.maps, on_service, &w);
}

int counters_view_ifaces(const struct instance *i, on_counters_fn fn, void *arg)
{
	struct walk w = { .maps = &i->maps, .fn = fn, .arg = arg };

	return map_for_each_iface(w.maps, on_iface, &w);
}
