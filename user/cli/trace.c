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

#include "capture.h"
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
	{ OPT_CLIENT, "client", "ADDR", "only of this client, or network" },
	{ OPT_VERDICT, "verdict", "NAME", "only pass, drop or answer" },
	{ OPT_DROPS, "drops", NULL, "only what is dropped" },
	{ OPT_SAMPLE, "sample", "N", "one verdict of N, by chance" },
	{ OPT_PCAP, "pcap", "FILE",
	  "write the frames with their reasons, as pcapng" },
	{}
};

struct tracing {
	const struct output *out;
	const struct instance *instance;
	unsigned long limit;
	int reason;		/* enum hf_counter, -1: any */
	struct filter filter;
	enum verdict_kind verdict;	/* VERDICT_NR: any */
	unsigned long sample;	/* one of so many; 0: each */
	struct capture capture;	/* without a path: lines instead */
	uint32_t since_ms;	/* what is older lay in the ring before */
};

static volatile sig_atomic_t ended;

static void on_signal(int sig)
{
	(void)sig;
	ended = 1;
}

static bool is_wanted(const struct tracing *t, const struct hf_trace *rec)
{
	return rec->reason < HF_CNT_NR && t->limit &&
	       (int32_t)(rec->at_ms - t->since_ms) >= 0 &&
	       (t->reason < 0 || rec->reason == t->reason) &&
	       (t->verdict == VERDICT_NR || verdict_kind(rec) == t->verdict) &&
	       filter_match(&t->filter, &rec->tuple);
}

/* A line, or its frames; nonzero: nobody takes more. */
static int put(struct tracing *t, const void *data, size_t size,
	       const struct verdict *v)
{
	if (!t->capture.path) {
		t->out->head(t->instance);
		t->out->verdict(v);
		t->out->tail();
		return fflush(stdout);
	}
	if (size < sizeof(struct hf_trace_frames))	/* of a trace before */
		return 0;
	return capture_put(&t->capture, data, v);
}

static int on_verdict(void *arg, void *data, size_t size)
{
	const struct hf_trace *rec = data;
	struct tracing *t = arg;
	struct verdict v;

	if (size < sizeof(*rec) || !is_wanted(t, rec))
		return 0;
	verdict_make(&v, rec, &t->instance->maps);
	if (put(t, data, size, &v) || !--t->limit)
		ended = 1;
	return 0;
}

static int take_sample(struct tracing *t, const char *text, struct failure *f)
{
	int err = filter_number(&t->sample, "sample", text, f);

	if (!err && t->sample > UINT32_MAX)
		return failure_set(f, "--sample: '%s': too many", text);
	return err;
}

static int take_verdict(struct tracing *t, const char *name, struct failure *f)
{
	int kind = name_find(verdict_names, VERDICT_NR, name);

	if (kind < 0)
		return failure_set(f,
				   "--verdict: '%s': not pass, drop or answer",
				   name);
	t->verdict = kind;
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
	case OPT_DROPS: t->verdict = VERDICT_DROP; return 0;
	case OPT_PCAP: t->capture.path = g->value; return 0;
	case OPT_SAMPLE: return take_sample(t, g->value, f);
	case OPT_VERDICT: return take_verdict(t, g->value, f);
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
	control->trace_frames = !!t->capture.path;
	control->trace_sample = t->sample;
	while (!ended && t->limit) {
		control->trace_until_ms = clock_mono_ms() + HF_TRACE_LEASE_MS;
		control->trace = 1;
		ring_buffer__consume(ring);
		if (!ended)
			usleep(POLL_MS * 1000);
	}
	control->trace = 0;
	control->trace_frames = 0;
}

static int trace(struct tracing *t, const struct instance *i)
{
	struct hf_control *control;
	struct ring_buffer *ring;

	t->instance = i;
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
	signal(SIGHUP, on_signal);
	follow(t, ring, control);
	ring_buffer__free(ring);
	munmap(control, sizeof(*control));
	return 0;
}

/* One reader at a time. */
static enum cli_exit trace_alone(struct tracing *t, const struct instance *i)
{
	enum cli_exit status = CLI_FAILED;
	int fd = lock(i->name), err;

	if (fd < 0) {
		log_error("trace: another one runs for %s", i->name);
		return status;
	}
	if (!capture_open(&t->capture)) {
		err = trace(t, i);
		if (err)
			say_unreadable(i, err);
		if (!capture_close(&t->capture) && !err)
			status = CLI_DONE;
	}
	unlock(i->name, fd);
	return status;
}

enum cli_exit cli_trace(const struct cli *c)
{
	struct tracing t = {
		.out = c->out,
		.limit = -1,
		.reason = -1,
		.verdict = VERDICT_NR,
	};
	enum cli_exit status;
	struct instance i;
	struct failure f;

	for (int n = 0; n < c->givens; n++)
		if (take_option(&t, &c->given[n], &f))
			return bad_use("%s", f.what);
	if (instance_open_or_say(&i, c->name))
		return CLI_FAILED;
	status = trace_alone(&t, &i);
	instance_close(&i);
	return status;
}
