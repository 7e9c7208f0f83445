// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The command line of handfastd. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_file.h"
#include "options.h"

enum {
	OPT_UNTIL_DETACHED = 256,
	OPT_SYSLOG_AFTER_READY,
	OPT_TRY,
};

static const struct option longs[] = {
	{ "name", required_argument, NULL, 'n' },
	{ "config", required_argument, NULL, 'c' },
	{ "netns", required_argument, NULL, 'N' },
	{ "interface", required_argument, NULL, 'i' },
	{ "protect", required_argument, NULL, 'p' },
	{ "exclude", required_argument, NULL, 'e' },
	{ "mode", required_argument, NULL, 'm' },
	{ "xdp", required_argument, NULL, 'x' },
	{ "set", required_argument, NULL, 'o' },
	{ "test", no_argument, NULL, 't' },
	{ "keep", no_argument, NULL, 'k' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "until-detached", no_argument, NULL, OPT_UNTIL_DETACHED },
	{ "syslog-after-ready", no_argument, NULL, OPT_SYSLOG_AFTER_READY },
	{ "try", required_argument, NULL, OPT_TRY },
	{}
};

static const char shorts[] = ":n:c:N:i:p:e:m:x:o:tkhV";

static const char usage[] =
	"Usage: handfastd [OPTION]...\n"
	"Answer SYNs for this machine's services at the network driver.\n"
	"\n"
	"  -n, --name NAME        instance [default]\n"
	"  -c, --config FILE      [/etc/handfast/NAME.conf, for `default`\n"
	"                         /etc/handfast/handfast.conf, if it exists]\n"
	"  -N, --netns NETNS      attach inside this network namespace: a name in\n"
	"                         /run/netns, a path, or a process id\n"
	"  -i, --interface IF     attach to this interface (repeatable)\n"
	"  -p, --protect SPEC     services to protect (repeatable, commas) [all]\n"
	"  -e, --exclude SPEC     not these; wins over -p\n"
	"  -m, --mode MODE        always | auto | monitor | off [auto]\n"
	"  -x, --xdp MODE         auto | native | generic [auto]\n"
	"  -o, --set KEY=VALUE    any key of the file\n"
	"  -t, --test             check file and options, attach nothing\n"
	"  -k, --keep             leave the data plane running on exit\n"
	"      --until-detached   end with the last interface\n"
	"  -h, --help             this text\n"
	"  -V, --version          version\n"
	"\n"
	"SPEC: 443, 8000-8010, 10.0.0.5:443, 10.0.0.0/24:443, [2001:db8::5]:443,\n"
	"      [2001:db8::/32]:443, *:443, all. Addresses that are not local: what\n"
	"      lies behind this machine and answers.\n"
	"\n"
	"Keys of [handfast], and of [service SPEC] where a * stands, with defaults;\n"
	"SIGHUP reads all again, what has a ! takes effect at the next start:\n"
	"\n";

/* One line: "  drain_s [3]  detaching: ...". */
static void print_key(const struct config_key *k)
{
	const char *standard = k->standard_is ?: k->standard;
	char text[64];

	snprintf(text, sizeof(text), "%s%s%s%s", k->name,
		 standard[0] ? " [" : "", standard, standard[0] ? "]" : "");
	printf("%c%c %-34s %s", k->flags & CONFIG_SERVICE ? '*' : ' ',
	       k->flags & CONFIG_RESTART ? '!' : ' ', text, k->help);
	for (const struct config_word *w = k->words; w && w->name; w++)
		printf("%s%s", w == k->words ? ": " : " | ", w->name);
	putchar('\n');
}

/* A reader that has gone had enough. */
static int printed(struct options *o)
{
	if (!fflush(stdout) || errno == EPIPE)
		return 0;
	snprintf(o->error.text, sizeof(o->error.text), "output: %s",
		 strerror(errno));
	return 1;
}

static int print_help(struct options *o)
{
	fputs(usage, stdout);
	for (const struct config_key *k = config_keys; k->name; k++)
		print_key(k);
	fputs("\nOff again: handfast detach --all\n", stdout);
	return printed(o);
}

static int bad_use(struct options *o, const char *what)
{
	snprintf(o->error.text, sizeof(o->error.text), "%s", what);
	return 2;
}

/* What an option names replaces the file's list; the next ones add to it. */
static void replace_list(struct options *o, struct config *c,
			 const struct config_key *k)
{
	uint64_t bit = 1ULL << (k - config_keys);

	if ((k->type != CONFIG_SPECS && k->type != CONFIG_IFACES) ||
	    o->replaced & bit)
		return;
	o->replaced |= bit;
	config_clear(c, k);
	if (k->type == CONFIG_IFACES)
		c->ifaces_by_option = true;
}

static int set(struct options *o, struct config *c, const char *key,
	       const char *value)
{
	const struct config_key *k = config_find(key);
	struct config_error e;
	int err;

	if (k)
		replace_list(o, c, k);
	err = config_set(c, key, value, &e);
	if (!err) {
		config_overrule(c, k);
		return -1;
	}
	bad_use(o, e.text);
	return err == -ENOENT ? 1 : 2;
}

/* The key of an option with a letter; NULL: the option is not of a key. */
static const struct config_key *key_of(int letter)
{
	for (const struct config_key *k = config_keys; k->name; k++)
		if (k->letter && k->letter == letter)
			return k;
	return NULL;
}

/* The argument itself stays whole: it is read again with SIGHUP. */
static int set_pair(struct options *o, struct config *c, const char *pair)
{
	const char *equals = strchr(pair, '=');
	char key[64];

	if (!equals || equals - pair >= (long)sizeof(key))
		return bad_use(o, "-o: not KEY=VALUE");
	snprintf(key, sizeof(key), "%.*s", (int)(equals - pair), pair);
	return set(o, c, key, equals + 1);
}

static int set_name(struct options *o, struct config *c, const char *name)
{
	if (!name_is_instance(name))
		return bad_use(o, "name: not [A-Za-z0-9_-]{1,15}");
	strcpy(c->name, name);
	return -1;
}

static int print_version(struct options *o)
{
	puts("handfastd " HF_VERSION);
	return printed(o);
}

/* -1 to go on, or the exit status. The file was read before. */
static int on_option(struct options *o, struct config *c, int opt, char *arg)
{
	const struct config_key *k = key_of(opt);

	if (k)
		return set(o, c, k->name, arg);
	switch (opt) {
	case 'N':
		if (strlen(arg) >= sizeof(c->netns))
			return bad_use(o, "netns: too long");
		if (!arg[0])
			return bad_use(o, "netns: is empty");
		strcpy(c->netns, arg);
		return -1;
	case 'o': return set_pair(o, c, arg);
	case 't': c->test = true; return -1;
	case 'k': c->keep = true; return -1;
	case OPT_UNTIL_DETACHED: c->until_detached = true; return -1;
	case OPT_SYSLOG_AFTER_READY: c->to_syslog = true; return -1;
	case OPT_TRY:		/* of `handfast attach`, which checked it */
		c->try_s = strtoul(arg, NULL, 10);
		return -1;
	}
	return -1;	/* find_file() has met all others */
}

/* First pass: the instance and its file, which the options come on top of, and what
 * needs neither. */
static int find_file(struct options *o, struct config *c, const char **file)
{
	int argc = o->argc;
	char **argv = o->argv;
	int opt, status = -1;
	char what[128];

	*file = NULL;
	optind = 0;	/* afresh, wherever it stopped */
	opterr = 0;
	while (status < 0 &&
	       (opt = getopt_long(argc, argv, shorts, longs, NULL)) >= 0) {
		if (opt == 'n')
			status = set_name(o, c, optarg);
		else if (opt == 'c')
			*file = optarg;
		else if (opt == 'h')
			status = print_help(o);
		else if (opt == 'V')
			status = print_version(o);
		if (opt != '?' && opt != ':')
			continue;
		snprintf(what, sizeof(what), "%.64s: %s", argv[optind - 1],
			 opt == '?' ? "unknown option" : "lacks its argument");
		return bad_use(o, what);
	}
	if (status >= 0 || optind == argc)
		return status;
	snprintf(what, sizeof(what), "%.64s: not an option", argv[optind]);
	return bad_use(o, what);
}

/* -c may be relative, and the daemon leaves its directory. */
static void keep_path(struct options *o, const char *file)
{
	char cwd[PATH_MAX];

	if (file[0] == '/' || !getcwd(cwd, sizeof(cwd)))
		snprintf(o->file, sizeof(o->file), "%s", file);
	else
		snprintf(o->file, sizeof(o->file), "%s/%s", cwd, file);
}

static int read_file(struct options *o, struct config *c, const char *file)
{
	char path[64];
	int err;

	snprintf(path, sizeof(path), "/etc/handfast/%s.conf",
		 strcmp(c->name, "default") ? c->name : "handfast");
	err = config_read(c, o->file[0] ? o->file : file ?: path, &o->error);
	if (!o->file[0])
		keep_path(o, file ?: path);
	if (!err || (err == -ENOENT && !file))
		return -1;
	if (err == -ENOENT)
		snprintf(o->error.text, sizeof(o->error.text),
			 "%.300s: no such file", file);
	return 1;
}

int options_read(struct options *o, struct config *c)
{
	const char *file;
	int opt, status;

	config_init(c);
	o->replaced = 0;
	o->error.text[0] = '\0';
	status = find_file(o, c, &file);
	if (status < 0)
		status = read_file(o, c, file);
	optind = 0;
	while (status < 0 &&
	       (opt = getopt_long(o->argc, o->argv, shorts, longs, NULL)) >= 0)
		status = on_option(o, c, opt, optarg);
	config_resolve(c);
	return status;
}
