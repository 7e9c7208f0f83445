// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* handfast attach */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/output.h"
#include "lib/config.h"
#include "peer.h"
#include "lib/log.h"
#include "say.h"
#include "ssh.h"
#include "lib/trial.h"
#include "sys/netns.h"
#include "view/instance.h"

#define ATTACH_MS	60000	/* the verifier takes its time */
#define KEY_MAX		64	/* of the configuration */

const struct arg_option attach_options[] = {
	{ 'p', "protect", "SPEC", "protect these services [all]" },
	{ 'e', "exclude", "SPEC", "but not these" },
	{ 'm', "mode", "MODE", "always, auto, monitor, off [auto]" },
	{ 'x', "xdp", "XDP", "auto, native, generic [auto]" },
	{ 'N', "netns", "NETNS", "network namespace: name, path or pid" },
	{ 'o', "set", "KEY=VALUE", "any key of the configuration file" },
	{ OPT_TRY, "try", "[S]", "for S seconds, unless confirmed [60]" },
	{}
};

static const char *key_of(int id)
{
	for (const struct arg_option *o = attach_options; o->help; o++)
		if (o->id == id)
			return o->word;
	return NULL;
}

/* One option as key and value; NULL: -o without "=" or with no known key. */
static const char *split(const struct given *g, char key[KEY_MAX])
{
	size_t len = strcspn(g->value, "=");

	if (g->id != 'o') {
		snprintf(key, KEY_MAX, "%s", key_of(g->id));
		return g->value;
	}
	if (!g->value[len] || len >= KEY_MAX)
		return NULL;
	memcpy(key, g->value, len);
	key[len] = '\0';
	return g->value + len + 1;
}

/* Seconds of --try, 0 without it, -1 if it is no such number. */
static int trial_of(const struct cli *c)
{
	const char *value = option_given(c, OPT_TRY);
	char *end;
	long s;

	if (!value && option_given(c, 'N'))
		return 0;	/* not where the session comes in */
	if (!value)
		return ssh_comes_by(c->word[0]) ? TRIAL_DEFAULT_S : 0;
	if (!*value)
		return TRIAL_DEFAULT_S;
	s = strtol(value, &end, 10);
	return *end || s < 1 || s > TRIAL_MAX_S ? -1 : s;
}

static enum cli_exit check_option(struct config *scratch, const struct given *g)
{
	struct config_error e;
	char key[KEY_MAX];
	const char *value;
	int err;

	if (g->id == OPT_TRY)
		return CLI_DONE;
	value = split(g, key);
	if (!value)
		return bad_use("--set: '%s': not KEY=VALUE", g->value);
	err = g->id == 'N' ? 0 : config_set(scratch, key, value, &e);
	if (err == -ENOENT) {
		log_error("%s", e.text);
		return CLI_FAILED;
	}
	if (err)
		return bad_use("%s", e.text);
	if (g->id != 'N')
		return CLI_DONE;
	if (*value && strlen(value) < sizeof(scratch->netns))
		return CLI_DONE;
	return bad_use("netns: '%s': not a name, path or pid", value);
}

static enum cli_exit check(const struct cli *c)
{
	struct config *scratch = malloc(sizeof(*scratch));
	enum cli_exit bad = CLI_DONE;
	struct config_error e;

	if (!scratch)
		return CLI_FAILED;
	config_init(scratch);
	if (!c->words)
		bad = bad_use("attach: IFACE is missing");
	else if (strchr(c->word[0], ',') ||
		 config_set(scratch, "interfaces", c->word[0], &e))
		bad = bad_use("%s: not an interface name", c->word[0]);
	for (int i = 0; !bad && i < c->givens; i++)
		bad = check_option(scratch, &c->given[i]);
	if (!bad && trial_of(c) < 0)
		bad = bad_use("--try: '%s': not a number of seconds up to %d",
			      option_given(c, OPT_TRY), TRIAL_MAX_S);
	free(scratch);
	return bad;
}

/* SPECs add up, of everything else the last one counts. */
static void add_option(json_object *options, const char *key, const char *value)
{
	json_object *before = NULL;
	char *both = NULL;

	if (!strcmp(key, "protect") || !strcmp(key, "exclude"))
		json_object_object_get_ex(options, key, &before);
	if (before &&
	    asprintf(&both, "%s,%s", json_object_get_string(before), value) < 0)
		return;
	json_object_object_add(options, key,
			       json_object_new_string(both ?: value));
	free(both);
}

static json_object *request_of(const struct cli *c)
{
	static const char *const always[] = { "protect", "exclude", "mode",
					      "xdp" };
	json_object *request = peer_request("attach");
	json_object *options = json_object_new_object();
	const char *value;
	char key[KEY_MAX];

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		json_object_object_add(options, always[i], NULL);
	for (int i = 0; i < c->givens; i++) {
		if (c->given[i].id == OPT_TRY)
			continue;
		value = split(&c->given[i], key);
		if (c->given[i].id == 'N')	/* which, not how it is called */
			json_object_object_add(options, key,
					       json_object_new_int64(
						       netns_number(value)));
		else
			add_option(options, key, value);
	}
	json_object_object_add(request, "try_s",
			       json_object_new_int(trial_of(c)));
	json_object_object_add(request, "iface",
			       json_object_new_string(c->word[0]));
	json_object_object_add(request, "options", options);
	return request;
}

static void show(const struct cli *c, bool already)
{
	const struct attached_view v = {
		.iface = c->word[0],
		.option = instance_option(c->name),
		.already = already,
		.try_s = already ? 0 : trial_of(c),
	};

	begin_document(c, c->name);
	c->out->attached(&v);
	c->out->tail();
}

static enum cli_exit ask(const struct cli *c, const struct peer *p)
{
	enum cli_exit status;
	json_object *reply;
	int err = peer_ask(p, request_of(c), &reply, ATTACH_MS);

	if (err)
		return peer_silent(p, err);
	status = reply_check(reply);
	if (!status && reply_bool(reply, "already") &&
	    option_given(c, OPT_TRY)) {
		log_error("%s: already attached, too late for a trial",
			  c->word[0]);
		status = CLI_FAILED;
	} else if (!status) {
		show(c, reply_bool(reply, "already"));
	}
	json_object_put(reply);
	return status;
}

/* "--word=value"; a path must not depend on a working directory. */
static char *pass_on(const struct cli *c, const struct given *g)
{
	char *path = NULL, *arg = NULL;

	if (g->id == OPT_TRY)	/* the daemon has a number */
		return asprintf(&arg, "--try=%d", trial_of(c)) < 0 ? NULL : arg;

	if (g->id == 'N' && strchr(g->value, '/'))
		path = realpath(g->value, NULL);
	if (asprintf(&arg, "--%s=%s", key_of(g->id), path ?: g->value) < 0)
		arg = NULL;
	free(path);
	return arg;
}

static enum cli_exit start(const struct cli *c)
{
	/* clang-format off */
	const char *const first[] = {
		"handfastd", "-n", c->name, "-i", c->word[0],
		"--until-detached", "--syslog-after-ready",
	};
	/* clang-format on */
	size_t nr = sizeof(first) / sizeof(first[0]);
	char **argv = calloc(nr + c->givens + 2, sizeof(*argv));
	char by_itself[32];
	enum cli_exit status;

	if (!argv)
		return CLI_FAILED;
	memcpy(argv, first, sizeof(first));
	for (int i = 0; i < c->givens; i++)
		argv[nr + i] = pass_on(c, &c->given[i]);
	snprintf(by_itself, sizeof(by_itself), "--try=%d", trial_of(c));
	if (!option_given(c, OPT_TRY) && trial_of(c))
		argv[nr + c->givens] = by_itself;
	status = daemon_start(c->name, argv);
	if (!status)
		show(c, false);
	for (int i = 0; i < c->givens; i++)
		free(argv[nr + i]);
	free(argv);
	return status;
}

enum cli_exit cli_attach(const struct cli *c)
{
	enum cli_exit status = check(c);
	struct peer p;
	int err;

	if (status)
		return status;
	err = peer_connect(&p, c->name);
	if (err == -ENOENT || err == -ECONNREFUSED)
		status = start(c);
	else
		status = err ? peer_silent(&p, err) : ask(c, &p);
	peer_close(&p);
	return status;
}
