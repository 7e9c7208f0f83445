// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * handfast lab: a place to try handfast in that is no part of the network: see
 * lab/lab.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "format/output.h"
#include "lab/run.h"
#include "lib/log.h"
#include "lib/number.h"
#include "say.h"
#include "sys/bpffs.h"
#include "view/instance.h"

#define RATE_DEFAULT	100000	/* SYN/s */
#define RATE_MAX	10000000
#define SECONDS_DEFAULT	10
#define SECONDS_MAX	86400

/* Words behind the command. */
enum place {
	WORD_WHAT,
	WORD_RATE,
};

const struct arg_option lab_options[] = { { 't', "time", "SECONDS",
					    "flood for so long [10]" },
					  {} };

static const char *name_of(const struct cli *c)
{
	return strcmp(c->name, "default") ? c->name : LAB_NAME;
}

static enum cli_exit fail(const struct failure *f)
{
	log_failure("", f);
	return CLI_FAILED;
}

/* The record of a lab that is up, or why there is none: 0 or -1. */
static int read_or_say(const struct cli *c, struct lab *l)
{
	int err = lab_read(l);

	if (!err)
		return 0;
	if (err == -ENOENT) {
		log_error("lab: is not up");
		log_try("handfast%s lab up", instance_option(c->name));
	} else {
		log_error("%s: %s", l->record, strerror(-err));
	}
	return -1;
}

/* The lab as it is or was; `l` NULL: there is none. */
static void show(const struct cli *c, void (*fn)(const struct lab_place *p),
		 const struct lab *l)
{
	struct lab_place p = {
		.instance = name_of(c),
		.option = instance_option(c->name),
	};

	if (l) {
		p.server = l->netns[LAB_SERVER];
		p.client = l->netns[LAB_CLIENT];
		p.flooder = l->netns[LAB_FLOODER];
	}
	begin_document(c, name_of(c));
	fn(&p);
	c->out->tail();
}

/* --- up ------------------------------------------------------------------ */

static enum cli_exit up(const struct cli *c, struct lab *l)
{
	bool was_begun = !access(l->record, F_OK);
	struct failure f;

	if (!lab_up(l, &f)) {
		show(c, c->out->lab_up, l);
		return CLI_DONE;
	}
	if (was_begun)
		failure_cure(&f, "handfast%s lab down",
			     instance_option(c->name));
	return fail(&f);
}

/* --- flood --------------------------------------------------------------- */

/* A number from 1 to `most`, or 0. */
static unsigned long number_of(const char *text, unsigned long most)
{
	unsigned long n;

	return number_read(text, most, &n) ? n : 0;
}

static unsigned long rate_of(const struct cli *c)
{
	return c->words > WORD_RATE ? number_of(c->word[WORD_RATE], RATE_MAX)
				    : RATE_DEFAULT;
}

static unsigned long seconds_of(const struct cli *c)
{
	const char *value = option_given(c, 't');

	return value ? number_of(value, SECONDS_MAX) : SECONDS_DEFAULT;
}

static enum cli_exit flood(const struct cli *c, struct lab *l)
{
	const struct run_asked asked = {
		.rate = rate_of(c),
		.seconds = seconds_of(c),
		.fn = c->out->lab_second,
	};
	struct lab_view sums;
	struct failure f;

	if (read_or_say(c, l))
		return CLI_FAILED;
	if (lab_run(l, &asked, &sums, &f)) {
		failure_cure(&f, "handfast%s lab down",
			     instance_option(c->name));
		return fail(&f);
	}
	begin_document(c, name_of(c));
	c->out->lab(&sums);
	c->out->tail();
	return CLI_DONE;
}

/* --- down ---------------------------------------------------------------- */

/* Instances that are attached in the lab. */
struct attached {
	const struct lab *lab;
	const char *own;	/* name of the one that goes with the lab */
	bool has_own;
	char other[HF_NAME_MAX];	/* any other one, or empty */
};

static int look_at(const char *path, void *arg)
{
	const char *name = strrchr(path, '/') + 1;
	struct attached *a = arg;
	struct netns_id id = {};
	struct hf_meta meta;
	struct maps m;

	if (maps_open(&m, name))
		return 0;
	if (!map_read(&m, HF_MAP_META, 0, &meta))
		id = (struct netns_id){ meta.netns_ino, meta.netns_cookie };
	maps_close(&m);
	for (int side = 0; id.ino && side < LAB_SIDE_NR; side++) {
		if (!netns_same(&id, &a->lab->id[side]))
			continue;
		if (strcmp(name, a->own))
			snprintf(a->other, sizeof(a->other), "%s", name);
		else
			a->has_own = true;
	}
	return 0;
}

/* The lab's own instance goes with it; another one is its user's to detach. */
static enum cli_exit detach(const char *own, const struct lab *l)
{
	struct given now[] = { { .id = OPT_ALL }, { .id = OPT_NOW } };
	struct cli c = {
		.name = own,
		.out = &output_text,	/* which says nothing */
		.given = now,
		.givens = 2,
	};
	struct attached a = { .lab = l, .own = own };

	bpffs_for_each_instance(look_at, &a);
	if (a.other[0]) {
		log_error("%s: is attached in the lab", a.other);
		log_try("handfast%s detach --all", instance_option(a.other));
		return CLI_FAILED;
	}
	return a.has_own ? cli_detach(&c) : CLI_DONE;
}

static enum cli_exit down(const struct cli *c, struct lab *l)
{
	enum cli_exit status;
	struct failure f = {};

	if (access(l->record, F_OK)) {
		show(c, c->out->lab_down, NULL);
		return CLI_DONE;
	}
	if (read_or_say(c, l))
		return CLI_FAILED;
	status = detach(name_of(c), l);
	if (status)
		return status;
	if (lab_down(l, &f))
		return fail(&f);
	show(c, c->out->lab_down, l);
	return CLI_DONE;
}

/* --- the command --------------------------------------------------------- */

static const struct sub {
	const char *name;
	enum cli_exit (*run)(const struct cli *c, struct lab *l);
} subs[] = {
	{ "up", up },
	{ "flood", flood },
	{ "down", down },
	{},
};

static const struct sub *find_sub(const struct cli *c)
{
	for (const struct sub *s = subs; c->words && s->name; s++)
		if (!strcmp(s->name, c->word[WORD_WHAT]))
			return s;
	return NULL;
}

static enum cli_exit check(const struct cli *c, const struct sub *sub)
{
	if (!sub)
		return bad_use("lab: %s%sup, flood or down is wanted",
			       c->words ? c->word[WORD_WHAT] : "",
			       c->words ? ": " : "");
	if (sub->run != flood && c->words > WORD_RATE)
		return bad_use("lab %s: one argument too many: %s", sub->name,
			       c->word[WORD_RATE]);
	if (sub->run != flood && c->givens)
		return bad_use("lab %s: --time is for a flood", sub->name);
	if (!rate_of(c))
		return bad_use("lab flood: '%s': not a RATE of 1 to %d SYN/s",
			       c->word[WORD_RATE], RATE_MAX);
	if (!seconds_of(c))
		return bad_use("--time: '%s': not 1 to %d seconds",
			       option_given(c, 't'), SECONDS_MAX);
	return CLI_DONE;
}

enum cli_exit cli_lab(const struct cli *c)
{
	const struct sub *sub = find_sub(c);
	enum cli_exit status = check(c, sub);
	struct lab l;

	if (status)
		return status;
	if (geteuid()) {
		log_error("lab: must be root");
		log_try("the same as root");
		return CLI_FAILED;
	}
	lab_init(&l, name_of(c));
	status = sub->run(c, &l);
	lab_close(&l);
	return status;
}
