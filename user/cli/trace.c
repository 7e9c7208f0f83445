// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * handfast trace: one line a verdict, with its reason, as it happens.
 *
 * The data plane reports verdicts only while this runs: two words of `control`
 * are a lease that is renewed twice a second, so a reader that died costs
 * nothing. One reader at a time, for a ring has one reading position.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "say.h"
#include "lib/clock.h"
#include "lib/ctl.h"
#include "lib/log.h"
#include "format/output.h"
#include "show/filter.h"

#define POLL_MS		50

const struct arg_option trace_options[] = {
	{ OPT_LIMIT, "limit", "N", "end after N lines" },
	{ OPT_REASON, "reason", "NAME", "only this reason, as ack_bad_mac" },
	{ OPT_SERVICE, "service", "SPEC", "only of these services" },
	{ OPT_CLIENT, "client", "ADDR", "only of this client" },
	{ OPT_DROPS, "drops", NULL, "only what is dropped" },
	{}
};

struct tracing {
	const struct output *out;
	unsigned long limit;
	int reason;		/* enum hf_counter, -1: any */
	struct filter filter;
	bool drops;		/* nothing else */
	uint32_t since_ms;	/* what is older lay in the ring before */
};

static volatile sig_atomic_t ended;

static void on_signal(int sig)
{
	(void)sig;
	ended = 1;
}

static int on_verdict(void *arg, void *data, size_t size)
{
	const struct hf_trace *rec = data;
	struct tracing *t = arg;
	struct verdict v;

	if (size < sizeof(*rec) || rec->reason >= HF_CNT_NR || !t->limit ||
	    (int32_t)(rec->at_ms - t->since_ms) < 0 ||
	    (t->reason >= 0 && rec->reason != t->reason) ||
	    (t->drops && !verdict_is_drop(rec)) ||
	    !filter_match(&t->filter, &rec->tuple))
		return 0;
	verdict_make(&v, rec);
	t->out->verdict(&v);
	if (!--t->limit || fflush(stdout))
		ended = 1;
	return 0;
}

/* 0, or -1 with the failure. */
static int take_option(struct tracing *t, const struct given *g,
		       struct failure *f)
{
	switch (g->id) {
	case OPT_LIMIT: return filter_number(&t->limit, "limit", g->value, f);
	case OPT_SERVICE: return filter_service(&t->filter, g->value, f);
	case OPT_CLIENT: return filter_client(&t->filter, g->value, f);
	case OPT_DROPS: t->drops = true; return 0;
	case OPT_REASON:
		t->reason = name_find(counter_names, HF_CNT_NR, g->value);
		if (t->reason >= 0)
			return 0;
		return failure_set(f, "--reason: '%s': not a counter",
				   g->value);
	}
	return -1;
}

/* A lock that ends with this process; -1: another one reads. */
static int lock(const char *name)
{
	char path[CTL_PATH_MAX];
	int fd;

	ctl_trace_path(path, name);
	fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void unlock(const char *name, int fd)
{
	char path[CTL_PATH_MAX];

	ctl_trace_path(path, name);
	unlink(path);
	close(fd);
}

static void follow(struct tracing *t, struct ring_buffer *ring,
		   struct hf_control *control)
{
	t->since_ms = clock_mono_ms() - POLL_MS;
	while (!ended && t->limit) {
		control->trace_until_ms = clock_mono_ms() + HF_TRACE_LEASE_MS;
		control->trace = 1;
		ring_buffer__consume(ring);
		if (!ended)
			usleep(POLL_MS * 1000);
	}
	control->trace = 0;
}

static int trace(struct tracing *t, const struct instance *i)
{
	struct hf_control *control;
	struct ring_buffer *ring;

	control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE,
		       MAP_SHARED, i->maps.fd[HF_MAP_CONTROL], 0);
	if (control == MAP_FAILED)
		return -errno;
	ring = ring_buffer__new(i->maps.fd[HF_MAP_TRACE], on_verdict, t, NULL);
	if (!ring) {
		munmap(control, sizeof(*control));
		return -errno;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	follow(t, ring, control);
	ring_buffer__free(ring);
	munmap(control, sizeof(*control));
	return 0;
}

enum cli_exit cli_trace(const struct cli *c)
{
	struct tracing t = { .out = c->out, .limit = -1UL, .reason = -1 };
	struct instance i;
	struct failure f;
	int err, fd;

	for (int n = 0; n < c->givens; n++)
		if (take_option(&t, &c->given[n], &f))
			return bad_use("%s", f.what);
	if (instance_open_or_say(&i, c->name))
		return CLI_FAILED;
	fd = lock(c->name);
	if (fd < 0) {
		log_error("trace: another one runs for %s", c->name);
		instance_close(&i);
		return CLI_FAILED;
	}
	err = trace(&t, &i);
	if (err)
		say_unreadable(&i, err);
	unlock(c->name, fd);
	instance_close(&i);
	return err ? CLI_FAILED : CLI_DONE;
}
