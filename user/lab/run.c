// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A flood of a lab, and its clients meanwhile: see run.h. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "lib/clock.h"
#include "run.h"

#define SECOND_US	1000000
#define PAUSE_US	2000	/* between two clients: the flood needs CPUs, too */

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

static void ask_once(struct lab_view *s, bool ipv6)
{
	int64_t took_us = client_ask(ipv6);

	if (took_us < 0 && stopped)	/* its own end */
		return;
	if (took_us < 0) {
		s->failed++;
		return;
	}
	s->served++;
	if ((uint64_t)took_us > s->slowest_us)
		s->slowest_us = took_us;
}

static void ask_all(const struct flood *f, const struct run_asked *asked,
		    struct lab_view *is)
{
	uint64_t begin_us = clock_mono_us();
	uint64_t end_us = (uint64_t)asked->seconds * SECOND_US;
	uint64_t next_us = SECOND_US;
	struct lab_view was = {};
	bool ipv6 = false;

	while (!stopped && is->at_us < end_us && !f->shared->err) {
		ask_once(is, ipv6);
		ipv6 = !ipv6;
		usleep(PAUSE_US);
		is->at_us = clock_mono_us() - begin_us;
		if (is->at_us < next_us)
			continue;
		next_us = (is->at_us / SECOND_US + 1) * SECOND_US;
		is->sent = flood_sent(f);
		if (!asked->fn(is, &was))
			break;
		was = *is;
	}
}

int lab_run(struct lab *l, const struct run_asked *asked, struct lab_view *sums,
	    struct failure *why)
{
	struct flood f = { .rate = asked->rate, .seconds = asked->seconds };
	int err, ended;

	memset(sums, 0, sizeof(*sums));
	if (flood_open(&f, l, why))
		return -1;
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	err = flood_start(&f) ?: lab_enter(l, LAB_CLIENT);
	if (!err)
		ask_all(&f, asked, sums);
	if (f.pid > 0)
		sums->sent = flood_sent(&f);
	ended = flood_close(&f);
	err = err ?: ended;
	return err ? failure_set(why, LAB_FLOOD_IFACE ": %s", strerror(-err))
		   : 0;
}
