// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * handfast selftest: does it work on this kernel?
 *
 * In private namespaces a daemon is started for each handoff there is; real
 * connections are made with each set of options, and both ends' kernels are
 * asked what they agreed. Then the daemon is killed, and (where the kernel can
 * be set up to break the handoff) the brake has to trip. No interface of this
 * machine is touched.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peer.h"
#include "view/instance.h"
#include "sys/kernel.h"
#include "pair.h"
#include "lib/log.h"
#include "say.h"
#include "format/output.h"
#include "sys/process.h"

#define KNOCKS		40	/* handshakes until the brake trips, generously */
#define KNOCK_US	60000

struct selftest {
	const struct cli *cli;
	struct pair pair;
	char name[HF_NAME_MAX];		/* of the instance */
	enum hf_handoff handoff;	/* that is tried now */
	int failed;
};

/* What the client offers; ECN needs timestamps. */
struct offer {
	const char *name;
	bool timestamps, sack, window_scaling, ecn;
};

static const struct offer offers[] = {
	{ "timestamps, SACK, window scale, ECN", true, true, true, true },
	{ "SACK, window scale", false, true, true, false },
	{ "timestamps", true, false, false, false },
	{ "MSS alone", false, false, false, false },
};

static void report(struct selftest *t, const char *what, const char *why)
{
	char text[192];

	snprintf(text, sizeof(text), "%s: %s", handoff_names[t->handoff], what);
	t->failed += why[0] != '\0';
	t->cli->out->tested(text, why);
}

static bool counters(const struct selftest *t, struct hf_counters *sum)
{
	struct maps m;		/* by the pins: the daemon may be stopped */
	bool ok = !maps_open(&m, t->name) && !map_read_all_counters(&m, sum);

	maps_close(&m);
	return ok;
}

static __u64 answered(const struct selftest *t)
{
	struct hf_counters sum;

	return counters(t, &sum) ? counter_total(&sum, HF_TOTAL_SYN_ANSWERED)
				 : 0;
}

static unsigned int options_of(const struct offer *o)
{
	return (o->timestamps ? TCPI_OPT_TIMESTAMPS : 0) |
	       (o->sack ? TCPI_OPT_SACK : 0) |
	       (o->window_scaling ? TCPI_OPT_WSCALE : 0) |
	       (o->ecn ? TCPI_OPT_ECN : 0);
}

/* Do both ends agree, and on all that was offered? */
static const char *judge(const struct offer *o,
			 const struct tcp_info info[PAIR_SIDE_NR])
{
	const struct tcp_info *c = &info[PAIR_CLIENT], *s = &info[PAIR_SERVER];
	unsigned int mask = TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK |
			    TCPI_OPT_WSCALE | TCPI_OPT_ECN;

	if ((c->tcpi_options ^ s->tcpi_options) & mask)
		return "the two ends disagree on an option";
	if (c->tcpi_snd_wscale != s->tcpi_rcv_wscale ||
	    c->tcpi_rcv_wscale != s->tcpi_snd_wscale)
		return "the two ends disagree on a window scale";
	if ((c->tcpi_options & mask) != options_of(o))
		return "an option was lost";
	return "";
}

static int set_offer(const struct pair *l, const struct offer *o)
{
	return pair_sysctl(l, PAIR_CLIENT, "tcp_timestamps", o->timestamps) ?:
	       pair_sysctl(l, PAIR_CLIENT, "tcp_sack", o->sack) ?:
	       pair_sysctl(l, PAIR_CLIENT, "tcp_window_scaling",
			  o->window_scaling) ?:
	       pair_sysctl(l, PAIR_CLIENT, "tcp_ecn", o->ecn ? 1 : 2);
}

/* One connection; it must have been ours. */
static void try_offer(struct selftest *t, const struct offer *o, bool ipv6)
{
	struct tcp_info info[PAIR_SIDE_NR] = {};
	__u64 before = answered(t);
	const char *why;
	char what[128];
	int err;

	snprintf(what, sizeof(what), "IPv%d, %s", ipv6 ? 6 : 4, o->name);
	err = set_offer(&t->pair, o) ?: pair_talk(&t->pair, ipv6, info);
	if (err)
		why = strerror(-err);
	else if (answered(t) != before + 1)
		why = "its SYN was not answered";
	else
		why = judge(o, info);
	report(t, what, why);
}

static pid_t daemon_pid(const struct selftest *t)
{
	struct hf_meta meta = {};
	struct maps m;

	if (!maps_open(&m, t->name))
		map_read(&m, HF_MAP_META, 0, &meta);
	maps_close(&m);
	return meta.pid;
}

/* A connection after something happened; `ours`: by a cookie. */
static void try_after(struct selftest *t, const char *what, bool ours)
{
	struct tcp_info info[PAIR_SIDE_NR];
	__u64 before = answered(t);
	int err = pair_talk(&t->pair, false, info);

	if (err)
		report(t, what, strerror(-err));
	else if ((answered(t) != before) != ours)
		report(t, what,
		       ours ? "its SYN was not answered"
			    : "its SYN was answered");
	else
		report(t, what, "");
}

static bool has_tripped(const struct selftest *t)
{
	struct hf_counters sum;

	return counters(t, &sum) && sum.n[HF_CNT_BRAKE_TRIPPED];
}

/* Behind a stopped daemon's back the kernel refuses what is handed to it. */
static void try_brake(struct selftest *t, pid_t pid)
{
	int fd[KNOCKS], nr = 0;

	kill(pid, SIGSTOP);
	pair_sysctl(&t->pair, PAIR_SERVER, "tcp_syncookies", 0);
	while (nr < KNOCKS && !has_tripped(t)) {
		fd[nr++] = pair_knock(&t->pair, false);
		usleep(KNOCK_US);
	}
	try_after(t, "broken behind its back: the brake trips", false);
	while (nr--)
		/* cppcheck-suppress uninitvar ; each below nr is set above */
		if (fd[nr] >= 0)
			close(fd[nr]);
	pair_sysctl(&t->pair, PAIR_SERVER, "tcp_syncookies", 1);
	kill(pid, SIGCONT);
}

static void detach(const struct selftest *t)
{
	struct given all = { .id = OPT_ALL };
	struct cli c = {
		.name = t->name,
		.out = &output_text,	/* which says nothing */
		.given = &all,
		.givens = 1,
	};

	cli_detach(&c);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static enum cli_exit start(struct selftest *t)
{
	char netns[64], handoff[64];
	/* clang-format off */
	char *argv[] = {
		"handfastd", "-n", t->name, "-N", netns, "-c", "/dev/null",
		"-i", PAIR_IFACE, "-m", "always", "-o", handoff, "-o",
		"max_flows=16384", "-o", "drain_s=0", "-o", "drain_splice_s=0",
		"-o", "learn_s=0",
		"--until-detached", "--syslog-after-ready", NULL
	};
	/* clang-format on */

	snprintf(netns, sizeof(netns), "/proc/%d/fd/%d", getpid(),
		 t->pair.netns[PAIR_SERVER]);
	snprintf(handoff, sizeof(handoff), "handoff=%s",
		 handoff_names[t->handoff]);
	return daemon_start(t->name, argv);
}

static void try_handoff(struct selftest *t, enum hf_handoff handoff)
{
	size_t nr = sizeof(offers) / sizeof(offers[0]);
	pid_t pid;

	t->handoff = handoff;
	if (start(t)) {
		report(t, "start", "the daemon does not start");
		return;
	}
	for (size_t i = 0; i < nr * 2; i++)
		try_offer(t, &offers[i / 2], i & 1);
	set_offer(&t->pair, &offers[0]);
	pid = daemon_pid(t);
	if (pid > 0 && !kill(pid, SIGKILL) && waitpid(pid, NULL, 0) == pid)
		try_after(t, "its daemon is dead", true);
	else
		report(t, "its daemon is dead", "it cannot be ended");
	if (start(t))
		report(t, "the next daemon", "does not start");
	else
		try_after(t, "the next daemon takes over", true);
	pid = daemon_pid(t);
	if (handoff == HF_HANDOFF_REQSK && pid > 0)
		try_brake(t, pid);
	detach(t);
}

static void conclude(struct selftest *t, bool has_kfunc)
{
	enum hf_handoff best = has_kfunc ? HF_HANDOFF_REQSK : HF_HANDOFF_SPLICE;
	char text[128];

	snprintf(text, sizeof(text), "this machine: %s, %s",
		 handoff_names[best],
		 t->failed ? "does not work" : "all options kept");
	t->cli->out->tests_end(!t->failed, text);
}

static enum cli_exit run(struct selftest *t)
{
	bool has_kfunc = kernel_has_reqsk() > 0;

	begin_document(t->cli, t->cli->name);
	t->cli->out->tests();
	if (has_kfunc)
		try_handoff(t, HF_HANDOFF_REQSK);
	try_handoff(t, HF_HANDOFF_SPLICE);
	conclude(t, has_kfunc);
	t->cli->out->tail();
	return t->failed ? CLI_FAILED : CLI_DONE;
}

enum cli_exit cli_selftest(const struct cli *c)
{
	struct selftest t = { .cli = c };
	enum cli_exit status = CLI_FAILED;
	int err;

	if (geteuid()) {
		log_error("selftest: must be root");
		log_try("the same as root");
		return CLI_FAILED;
	}
	signal(SIGINT, SIG_IGN);	/* it ends by itself, and clean */
	signal(SIGTERM, SIG_IGN);
	snprintf(t.name, sizeof(t.name), "self-%d", getpid());
	err = pair_open(&t.pair);
	if (err)
		log_error("selftest: namespaces cannot be made: %s",
			  strerror(-err));
	else
		status = run(&t);
	pair_close(&t.pair);
	return status;
}
