// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * handfast explain: what is known of a connection, and what would become of a SYN
 * and of an ACK of it now, by a rehearsal of the program that runs.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/output.h"
#include "lib/clock.h"
#include "lib/flow_state.h"
#include "lib/log.h"
#include "lib/number.h"
#include "lib/spec.h"
#include "lib/tuple.h"
#include "fates.h"
#include "say.h"
#include "view/explain.h"

#define VLAN_MAX	4094

const struct arg_option explain_options[] = {
	{ OPT_INTERFACE, "interface", "IF", "it comes by IF [the first one]" },
	{ OPT_VLAN, "vlan", "ID", "in that VLAN; OUTER.ID: in one of another" },
	{}
};

struct explaining {
	const struct cli *cli;
	struct instance instance;
	struct hf_tuple tuple;
	struct status_view status;
	struct explain_view view;
	/* What the view points to. */
	struct service_view service;
	struct hf_service_info info;
	char why[HF_TEXT_MAX];	/* the service is not armed */
	struct hf_flow flow;
	struct hf_half_open half;
	struct fates fates;
};

static int take_end(__be32 addr[4], __be16 *port, const char *text)
{
	struct spec s;
	int err = spec_end(&s, text);

	if (err)
		return err;
	memcpy(addr, &s.addr, sizeof(s.addr));
	*port = htons(s.port_lo);
	return 0;
}

/* Any port will do. */
static int take_client(struct hf_tuple *t, const char *text)
{
	char with_port[TUPLE_END_MAX];
	const char *end = strrchr(text, ']') ?: text;

	snprintf(with_port, sizeof(with_port), "%s%s", text,
		 strchr(end, ':') ? "" : ":49152");
	return take_end(t->client, &t->client_port, with_port);
}

/* ID or OUTER.ID, each 1 to 4094. */
static bool take_vlan(struct hf_tuple *t, const char *text)
{
	unsigned long ids[2] = {};
	char outer[8] = "";
	const char *id = strchr(text, '.');

	if (id)
		snprintf(outer, sizeof(outer), "%.*s", (int)(id++ - text),
			 text);
	if (id && (!number_read(outer, VLAN_MAX, &ids[0]) || !ids[0]))
		return false;
	if (!number_read(id ?: text, VLAN_MAX, &ids[1]) || !ids[1])
		return false;
	t->zone = ids[0] << 12 | ids[1];
	return true;
}

static enum cli_exit take_tuple(struct explaining *e)
{
	const struct cli *c = e->cli;
	const char *vlan = option_given(c, OPT_VLAN);
	struct hf_tuple *t = &e->tuple;

	if (c->words != 2)
		return bad_use("explain: CLIENT[:PORT] SERVER:PORT");
	if (take_client(t, c->word[0]))
		return bad_use("%s: not an ADDRESS:PORT", c->word[0]);
	if (take_end(t->server, &t->server_port, c->word[1]))
		return bad_use("%s: not an ADDRESS:PORT", c->word[1]);
	if (IN6_IS_ADDR_V4MAPPED(t->client) != IN6_IS_ADDR_V4MAPPED(t->server))
		return bad_use("explain: one IP version for both");
	if (vlan && !take_vlan(t, vlan))
		return bad_use("--vlan: '%s': not an ID of 1 to %d, or two of "
			       "them as OUTER.ID",
			       vlan, VLAN_MAX);
	return CLI_DONE;
}

static const struct iface_view *find_iface(const struct explaining *e)
{
	const char *name = option_given(e->cli, OPT_INTERFACE);

	for (int n = 0; n < e->status.ifaces; n++)
		if (name ? !strcmp(e->status.iface[n].row.name, name)
			 : e->status.iface[n].row.attached)
			return &e->status.iface[n];
	return NULL;
}

static int on_service(const struct service_view *v, void *arg)
{
	struct explaining *e = arg;

	if (v->id != e->service.id)
		return 0;
	e->service = *v;
	e->info = *v->info;
	e->service.info = &e->info;
	e->service.sum = NULL;
	snprintf(e->why, sizeof(e->why), "%s", v->why);
	e->service.why = e->why;
	e->view.service = &e->service;
	return 1;
}

static int find_service(struct explaining *e)
{
	struct hf_service_key key = { .port = e->tuple.server_port };
	const struct maps *m = &e->instance.maps;
	struct hf_service svc;
	int err;

	memcpy(key.addr, e->tuple.server, sizeof(key.addr));
	if (bpf_map_lookup_elem(m->fd[HF_MAP_SERVICES], &key, &svc))
		return 0;
	e->service.id = svc.id;
	err = services_view_for_each(&e->instance, &e->status.phase, on_service,
				     e);
	return err < 0 ? err : 0;
}

static void find_records(struct explaining *e)
{
	const struct maps *m = &e->instance.maps;

	if (!bpf_map_lookup_elem(m->fd[HF_MAP_FLOWS], &e->tuple, &e->flow)) {
		e->view.flow = &e->flow;
		e->view.state = flow_state(&e->flow, HF_LEG_CLIENT);
	}
	if (!bpf_map_lookup_elem(m->fd[HF_MAP_HALF_OPEN], &e->tuple, &e->half))
		e->view.half = &e->half;
}

static enum cli_exit fail(const struct failure *f)
{
	log_failure("explain: ", f);
	return CLI_FAILED;
}

static enum cli_exit show(struct explaining *e)
{
	struct rehearsal r = {
		.instance = &e->instance,
		.iface = e->view.iface,
		.tuple = &e->tuple,
	};
	struct failure f;
	int err;

	if (rehearsal_begin(&r, &f))
		return fail(&f);
	err = fates_read(&e->fates, &e->view, &r);
	rehearsal_end(&r);
	if (err) {
		failure_set(&f, "the program cannot be run: %s",
			    strerror(-err));
		return fail(&f);
	}
	e->cli->out->head(&e->instance);
	e->cli->out->explain(&e->view);
	e->cli->out->tail();
	return CLI_DONE;
}

static enum cli_exit explain(struct explaining *e)
{
	struct failure f;
	int err = status_view_read(&e->instance, &e->status) ?: find_service(e);

	if (err)
		return say_unreadable(&e->instance, err);
	find_records(e);
	e->view.tuple = &e->tuple;
	e->view.status = &e->status;
	e->view.now_ms = clock_mono_ms();
	e->view.iface = find_iface(e);
	if (e->view.iface && e->view.iface->row.attached)
		return show(e);
	failure_set(&f, "%.64s: not attached",
		    option_given(e->cli, OPT_INTERFACE) ?: e->instance.name);
	failure_cure(&f, "handfast%s status", instance_option(e->cli->name));
	return fail(&f);
}

enum cli_exit cli_explain(const struct cli *c)
{
	struct explaining *e = calloc(1, sizeof(*e));
	enum cli_exit status = CLI_FAILED;

	if (!e)
		return status;
	e->cli = c;
	status = take_tuple(e);
	if (!status && instance_open_or_say(&e->instance, c->name))
		status = CLI_FAILED;
	else if (!status) {
		status = explain(e);
		instance_close(&e->instance);
	}
	free(e);
	return status;
}
