// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * handfast doctor: would handfast work here, and how well? Looks at machine,
 * namespace and interfaces; attaches nothing, changes nothing, and needs no
 * daemon.
 */
#include <bpf/libbpf.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "doctor.h"
#include "sys/netns.h"
#include "format/output.h"

const struct arg_option doctor_options[] = {
	{ 'N', "netns", "NETNS", "network namespace: name, path or pid" },
	{}
};

static void run_checks(struct doctor *d, void (*const *check)(struct doctor *d))
{
	for (; *check; check++)
		(*check)(d);
}

static void examine(struct doctor *d, const struct link_info *link)
{
	struct exam e;

	doctor_examine(&e, link);
	for (int i = 0; doctor_interface[i]; i++)
		doctor_interface[i](d, &e);
	for (int i = 0; doctor_stacking[i]; i++)
		doctor_stacking[i](d, &e);
}

static bool is_ethernet(const struct link_info *link)
{
	return link->type == ARPHRD_ETHER && !(link->flags & IFF_LOOPBACK);
}

static void examine_named(struct doctor *d, const char *name)
{
	const struct link_info *link = NULL;

	for (int i = 0; i < d->links; i++)
		if (!strcmp(d->link[i].name, name))
			link = &d->link[i];
	if (!link)
		check_add(&d->list, CHECK_FAIL, "interface",
			  "%s: no such interface", name);
	else if (!is_ethernet(link))
		check_add(&d->list, CHECK_FAIL, "interface",
			  "%s: not an Ethernet interface: wg, tun, ppp, lo are "
			  "not supported",
			  name);
	else
		examine(d, link);
}

static void examine_all(struct doctor *d)
{
	int nr = 0;

	for (int i = 0; i < d->links; i++) {
		if (!is_ethernet(&d->link[i]) || !(d->link[i].flags & IFF_UP))
			continue;
		examine(d, &d->link[i]);
		nr++;
	}
	if (!nr)
		check_add(&d->list, CHECK_WARN, "interface",
			  "no Ethernet interface is up");
}

/* In the namespace. */
static void look_around(struct doctor *d, const struct cli *c)
{
	int err = link_list(&d->link, &d->links);

	if (err)
		check_add(&d->list, CHECK_WARN, "interface",
			  "interfaces cannot be read: %s", strerror(-err));
	run_checks(d, doctor_handoff);
	run_checks(d, doctor_namespace);
	for (int i = 0; !err && i < c->words; i++)
		examine_named(d, c->word[i]);
	if (!err && !c->words)
		examine_all(d);
}

static void look(struct doctor *d, const struct cli *c)
{
	const char *netns = option_given(c, 'N');
	int err;

	run_checks(d, doctor_kernel);
	err = netns ? netns_enter(netns) : 0;
	if (err)
		check_add(&d->list, CHECK_FAIL, "netns",
			  "%s: not a network namespace, or not to be entered: "
			  "%s",
			  netns, strerror(-err));
	else
		look_around(d, c);
}

static enum cli_exit check_words(const struct cli *c)
{
	const char *netns = option_given(c, 'N');

	for (int i = 0; i < c->words; i++)
		if (!c->word[i][0] || strlen(c->word[i]) >= IFNAMSIZ)
			return bad_use("%s: not an interface name", c->word[i]);
	if (netns && (!*netns || strlen(netns) >= HF_TEXT_MAX))
		return bad_use("netns: '%s': not a name, path or pid", netns);
	return CLI_DONE;
}

static void show(const struct cli *c, const struct instance *i,
		 const struct check_list *list)
{
	c->out->head(i);
	c->out->checks(check_all_ok(list));
	for (int n = 0; n < list->nr; n++)
		c->out->check(&list->check[n]);
	c->out->checks_end();
	c->out->tail();
}

/* Of an instance that is attached. */
static void note_mode(struct doctor *d, const struct instance *i)
{
	struct hf_meta meta;

	if (!map_read(&i->maps, HF_MAP_META, 0, &meta))
		d->mode = meta.mode;
}

enum cli_exit cli_doctor(const struct cli *c)
{
	struct doctor d = {
		.name = c->name,
		.root = doctor_has_rights(),
		.mode = HF_MODE_AUTO,	/* the default of the key */
	};
	enum cli_exit status = check_words(c);
	struct instance i;

	if (status)
		return status;
	libbpf_set_print(NULL);
	if (!instance_open(&i, c->name)) {
		note_mode(&d, &i);
		instance_close(&i);
	}
	look(&d, c);
	show(c, &i, &d.list);
	status = check_all_ok(&d.list) ? CLI_DONE : CLI_FAILED;
	check_free(&d.list);
	free(d.link);
	return status;
}
