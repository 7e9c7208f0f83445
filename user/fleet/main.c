// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * handfast-fleet: machines behind one address share their keys through etcd.
 *
 * A process of its own, without capabilities: handfastd only ever reads a file. Once
 * a second it looks; what goes wrong is said once, and tried again.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "fleet.h"
#include "lib/clock.h"
#include "lib/journal.h"
#include "lib/log.h"
#include "lib/names.h"
#include "lib/number.h"
#include "sys/notify.h"

#define EACH_S		1
#define SECONDS_MAX	1000000000UL

static const char usage[] =
	"Usage: handfast-fleet [OPTION]... URL...\n"
	"Share the keys of machines behind one address through etcd (3.4 or later):\n"
	"keep the file that handfastd's key_file names as etcd has it, and rotate.\n"
	"\n"
	"  -n, --name NAME      instance: etcd's key is /handfast/NAME/keys [default]\n"
	"  -f, --file FILE      of keys [/var/lib/handfast/NAME.keys]\n"
	"  -r, --rotate S       a new key S seconds after the former one stands alone\n"
	"                       [3600]; 0: leave it to others\n"
	"  -s, --settle S       within S seconds a change is everywhere [30]\n"
	"      --cacert FILE    who signed etcd's certificate [the system's]\n"
	"      --cert FILE      our certificate for etcd ...\n"
	"      --key FILE       ... and its key\n"
	"  -1, --once           end when the file is as it should be\n"
	"  -h, --help           this text\n"
	"  -V, --version        version\n"
	"\n"
	"URL: of etcd, http://10.0.0.9:2379; several are asked in turn. With http\n"
	"whoever is on the way can read the keys.\n";

enum {
	OPT_CACERT = 256,
	OPT_CERT,
	OPT_KEY,
};

static const struct option longs[] = {
	{ "name", required_argument, NULL, 'n' },
	{ "file", required_argument, NULL, 'f' },
	{ "rotate", required_argument, NULL, 'r' },
	{ "settle", required_argument, NULL, 's' },
	{ "cacert", required_argument, NULL, OPT_CACERT },
	{ "cert", required_argument, NULL, OPT_CERT },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "once", no_argument, NULL, '1' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{}
};

struct options {
	struct etcd_access access;
	const char *name, *file;
	unsigned long rotate_s, settle_s;
	bool once;
};

static void __attribute__((noreturn, format(printf, 1, 2)))
bad_use(const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	log_error("%s", what);
	log_try("handfast-fleet --help");
	exit(2);
}

static unsigned long seconds(const char *text, const char *of)
{
	unsigned long n;

	if (!number_read(text, SECONDS_MAX, &n))
		bad_use("%s: not seconds: %s", of, text);
	return n;
}

/* Those that say all: print it and end. */
static void __attribute__((noreturn)) say(const char *text)
{
	fputs(text, stdout);
	exit(fflush(stdout) ? 1 : 0);
}

static void take(struct options *o, int option, const char *word)
{
	switch (option) {
	case 'n': o->name = optarg; break;
	case 'f': o->file = optarg; break;
	case 'r': o->rotate_s = seconds(optarg, "--rotate"); break;
	case 's': o->settle_s = seconds(optarg, "--settle"); break;
	case OPT_CACERT: o->access.cacert = optarg; break;
	case OPT_CERT: o->access.cert = optarg; break;
	case OPT_KEY: o->access.key = optarg; break;
	case '1': o->once = true; break;
	case 'h': say(usage);
	case 'V': say("handfast-fleet " HF_VERSION "\n");
	case ':': bad_use("%s: needs a value", word);
	default: bad_use("%s: unknown option", word);
	}
}

/* No name and password, which would be said with what goes wrong. A slash at the end
 * is taken off. */
static bool is_url(char *text)
{
	char *host = strstr(text, "://");
	size_t len = strlen(text);

	if (!host || strchr(text, '@') ||
	    (strncmp(text, "http:", 5) && strncmp(text, "https:", 6)))
		return false;
	if (text[len - 1] == '/')
		text[len - 1] = '\0';
	return host[3];
}

static void take_urls(struct etcd_access *a, char **url, int nr)
{
	if (!nr)
		bad_use("no URL of etcd");
	if (nr > ETCD_URLS_MAX)
		bad_use("more than %d URLs", ETCD_URLS_MAX);
	for (int i = 0; i < nr; i++) {
		if (!is_url(url[i]))
			bad_use("%s: not http://HOST:PORT or https://", url[i]);
		a->url[a->urls++] = url[i];
	}
}

static void parse(struct options *o, int argc, char **argv)
{
	unsigned long settle_min_s;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":n:f:r:s:1hV", longs,
				     NULL)) >= 0)
		take(o, option, argv[optind - 1]);
	take_urls(&o->access, argv + optind, argc - optind);
	if (!name_is_instance(o->name))
		bad_use("name: not [A-Za-z0-9_-]{1,15}");
	settle_min_s = EACH_S + 1 + ETCD_TIMEOUT_S * o->access.urls;
	if (o->settle_s < settle_min_s)
		bad_use("--settle: less than %lu s, in which all URLs are asked",
			settle_min_s);
}

/* --- the loop -------------------------------------------------------------- */

/* Said when it changes; `f` NULL: all is well. */
static void say_state(struct failure *said, const struct failure *f)
{
	static const struct failure none;

	f = f ?: &none;
	if (!strcmp(said->what, f->what))
		return;
	*said = *f;
	if (f->what[0])
		log_failure("the keys stay as they are: ", f);
	else
		log_info("keys: can be had again");
}

/* Until a signal says so, or, `once`, until all is well. Exit code. */
static int run(struct fleet *fl, bool once, const sigset_t *end)
{
	const struct timespec pause = { .tv_sec = EACH_S };
	struct failure said = {}, f;
	bool ready = false;
	int err;

	do {
		err = fleet_step(fl, clock_mono_ms(), &f);
		say_state(&said, err ? &f : NULL);
		if (!ready && fleet_has_file(fl)) {
			notify("READY=1");
			ready = true;
		}
		if (once && !err && fl->revision > 0)
			return 0;
	} while (sigtimedwait(end, NULL, &pause) < 0);
	return once;
}

int main(int argc, char **argv)
{
	struct options o = { .name = "default",
			     .rotate_s = 3600,
			     .settle_s = 30 };
	struct fleet fl = {};
	struct failure f;
	char file[64];
	sigset_t end;
	int err = 1;

	log_init("handfast-fleet", false);
	parse(&o, argc, argv);
	log_use_journal(o.name, JOURNAL_SOCKET);
	prctl(PR_SET_DUMPABLE, 0);	/* what curl has held */
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigaddset(&end, SIGINT);
	sigprocmask(SIG_BLOCK, &end, NULL);
	snprintf(file, sizeof(file), "/var/lib/handfast/%s.keys", o.name);
	snprintf(fl.key, sizeof(fl.key), "/handfast/%s/keys", o.name);
	fl.path = o.file ?: file;
	fl.rotation.rotate_ms = o.rotate_s * 1000ULL;
	fl.rotation.settle_ms = o.settle_s * 1000ULL;
	if (fleet_open(&fl, &o.access, &f))
		log_failure("", &f);
	else
		err = run(&fl, o.once, &end);
	fleet_close(&fl);
	return err;
}
