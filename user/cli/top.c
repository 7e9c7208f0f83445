// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * handfast top: what happens each second, on the terminal's screen or, with
 * --batch, one below the other.
 *
 * The instance is opened for each look, so a daemon that ends, comes back or is of
 * another build does not matter. The kernel measures how long the programs run only
 * while this one does.
 */
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "format/output.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/names.h"
#include "say.h"
#include "show/filter.h"
#include "sys/programs.h"
#include "top_screen.h"

const struct arg_option top_options[] = {
	{ OPT_BATCH, "batch", "N", "print N times, and end" },
	{ OPT_INTERVAL, "interval", "S", "look each S seconds [1]" },
	{ OPT_SORT, "sort", "WHAT",
	  "services by syns, accepted, flows or name [syns]" },
	{ OPT_FILTER, "filter", "TEXT",
	  "only services and reasons with TEXT in their names" },
	{}
};

struct top {
	const struct cli *cli;
	struct top_view view;
	struct top_page page;
	unsigned long batch;	/* prints; 0: a screen */
	unsigned long interval_s;
};

/* 0, or -1 with the failure. */
static int take_option(struct top *t, const struct given *g, struct failure *f)
{
	int sort;

	switch (g->id) {
	case OPT_BATCH: return filter_number(&t->batch, "batch", g->value, f);
	case OPT_INTERVAL:
		return filter_number(&t->interval_s, "interval", g->value, f);
	case OPT_FILTER: t->page.filter = g->value; return 0;
	case OPT_SORT:
		sort = name_find(top_sort_names, TOP_SORT_NR, g->value);
		if (sort < 0)
			return failure_set(f, "--sort: '%s': not known",
					   g->value);
		t->page.sort = sort;
		return 0;
	}
	return -1;
}

static enum cli_exit take_options(struct top *t)
{
	struct failure f;

	for (int n = 0; n < t->cli->givens; n++)
		if (take_option(t, &t->cli->given[n], &f))
			return bad_use("%s", f.what);
	if (!t->interval_s || t->interval_s > 3600)
		return bad_use("--interval: 1 to 3600 seconds");
	if (!t->batch && option_given(t->cli, OPT_BATCH))
		return bad_use("--batch: at least 1");
	if (!t->batch && t->cli->json)
		return bad_use("top --json: with --batch N");
	return CLI_DONE;
}

/* 0, or -errno with nothing open. */
static int look(struct top *t, struct instance *i)
{
	int err = instance_open(i, t->cli->name);

	if (err)
		return err;
	err = top_view_read(&t->view, i);
	if (err)
		instance_close(i);
	return err;
}

/* Until the next look is due, or a signal comes: true. */
static bool wait_ms(int signals, int ms)
{
	struct pollfd pfd = { .fd = signals, .events = POLLIN };

	return poll(&pfd, 1, ms) > 0;
}

/* The first look is what the second one is compared to. */
static enum cli_exit print_all(struct top *t, int signals)
{
	struct instance i;
	int err;

	for (unsigned long n = 0; n <= t->batch; n++) {
		err = look(t, &i);
		if (err)
			say_not_open(t->cli->name, err);
		if (err)
			return CLI_FAILED;
		if (n)
			t->cli->out->top(&i, &t->view, &t->page);
		instance_close(&i);
		if (fflush(stdout) || n == t->batch ||
		    wait_ms(signals, t->interval_s * 1000))
			break;
	}
	return CLI_DONE;
}

/* Keys change what is shown at once, from the same look. */
static void watch(struct top *t, int signals)
{
	struct pollfd pfd[] = { { .fd = STDIN_FILENO, .events = POLLIN },
				{ .fd = signals, .events = POLLIN } };
	struct screen s = { .page = t->page };
	uint64_t now_ms, due_ms = 0;
	struct instance i;
	int err = 0;

	while (!s.ended && !pfd[1].revents && !(pfd[0].revents & POLLHUP)) {
		now_ms = clock_mono_ms();
		if (now_ms >= due_ms && !s.paused) {
			err = look(t, &i);
			if (!err)	/* its name, and whether it runs, stay */
				instance_close(&i);
		}
		if (now_ms >= due_ms)
			due_ms = now_ms + t->interval_s * 1000;
		screen_keys(&s);
		screen_paint(&s, err ? NULL : &i, &t->view, instance_why(err));
		poll(pfd, 2, due_ms - now_ms);
		screen_keys(&s);
	}
}

static enum cli_exit no_screen(const char *why)
{
	log_error("top: %s", why);
	log_try("handfast top --batch 1");
	return CLI_FAILED;
}

static enum cli_exit run_screen(struct top *t, int signals)
{
	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
		return no_screen("no terminal");
	if (!screen_begin())
		return no_screen("this terminal (TERM) is not known");
	watch(t, signals);
	screen_end();
	return CLI_DONE;
}

/* ^C ends it as `q' does: by a descriptor, so that no signal is lost between. */
static int take_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static enum cli_exit check_open(const struct cli *c)
{
	struct instance i;

	if (instance_open_or_say(&i, c->name))
		return CLI_FAILED;
	instance_close(&i);
	return CLI_DONE;
}

enum cli_exit cli_top(const struct cli *c)
{
	struct top t = {
		.cli = c,
		.interval_s = 1,
		.page = { .filter = "" },
	};
	enum cli_exit status = take_options(&t) ?: check_open(c);
	int measuring, signals;

	if (status)
		return status;
	setlocale(LC_CTYPE, "");
	measuring = programs_measure();
	t.view.measured = measuring >= 0;
	signals = take_signals();
	status = t.batch ? print_all(&t, signals) : run_screen(&t, signals);
	top_view_free(&t.view);
	close(signals);
	if (measuring >= 0)
		close(measuring);
	return status;
}
