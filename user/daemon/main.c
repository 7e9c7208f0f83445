// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * handfastd: attaches the data plane and keeps it in step with the machine.
 *
 * Order of start: options, namespace, maps and programs loaded, interfaces and
 * services looked at, hooks attached, privileges given up, armed. Nothing is
 * left behind when a step fails. Then one loop: a tick that looks at what may
 * have changed, the control socket, signals. Traffic never waits for any of this.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sys/bpffs.h"
#include "sys/capability.h"
#include "lib/clock.h"
#include "control.h"
#include "daemon.h"
#include "drain.h"
#include "attach/former.h"
#include "lib/journal.h"
#include "lib/skeleton.h"
#include "lib/log.h"
#include "metrics.h"
#include "sys/netns.h"
#include "sys/notify.h"
#include "options.h"
#include "privilege.h"
#include "reload.h"
#include "sys/sysctl.h"
#include "lib/trial.h"

#define TICK_MS		250
#define POLL_MS		20	/* the ring wakes nobody */

static const int signals_taken[] = { SIGTERM, SIGINT, SIGUSR2, SIGHUP };

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	daemon_tick(arg, clock_mono_ms());
}

static void on_poll(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *d = arg;
	uint64_t now_ms = clock_mono_ms();

	(void)fd;
	(void)what;
	conns_run(&d->conns, now_ms);
	daemon_let_go(d, now_ms);
	listeners_follow(&d->listeners, now_ms);
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct daemon *d = arg;
	struct reload r;
	struct failure f;

	(void)what;
	if (sig == SIGHUP) {
		reload_config(d, &r, &f);
		return;
	}
	if (sig == SIGUSR2)
		d->leave = true;
	if (sig == SIGUSR2 || d->config.keep)
		event_base_loopexit(d->base, NULL);
	else if (d->draining)
		drain_end(d, clock_mono_ms());
	else
		drain_all(d, clock_mono_ms());
}

/* Missing: waited for if the file names it. */
static int attach_one(struct daemon *d, int slot, struct failure *f)
{
	const char *name = d->config.ifaces.name[slot];
	struct iface *i = &d->iface[slot];

	if (iface_read(i, slot, name, f)) {
		if (d->config.ifaces_by_option)
			return -1;
		iface_wait(i, &d->dp, f);
		return 0;
	}
	/* the deadline stands before the programs do */
	if (d->config.try_s)
		iface_try(slot, d->config.try_s, &d->dp);
	else if (!iface_is_on_trial(slot, &d->dp, clock_mono_ms()))
		trial_end(&d->dp.maps, slot);	/* of before, named again */
	if (iface_attach(i, d->config.xdp, &d->dp, f))
		return -1;
	if (d->config.try_s)	/* loading took its time */
		iface_try(slot, d->config.try_s, &d->dp);
	return 0;
}

static int attach_all(struct daemon *d, struct failure *f)
{
	for (int i = 0; d->dp.taken_over && i < HF_IFACES_MAX; i++)
		iface_drop_former(i, &d->config, &d->dp);
	for (int i = 0; i < d->config.ifaces.nr; i++)
		if (attach_one(d, i, f))
			return -1;
	return 0;
}

static void detach_all(struct daemon *d)
{
	if (d->dp.control && d->dp.core)
		d->dp.control->armed = 0;
	for (int i = 0; i < HF_IFACES_MAX; i++)
		if (d->iface[i].used)
			iface_detach(&d->iface[i], &d->dp);
	bpffs_teardown(d->config.name);
}

static int start_events(struct daemon *d, struct failure *f)
{
	static const struct timeval tick = { .tv_usec = TICK_MS * 1000 };
	static const struct timeval poll = { .tv_usec = POLL_MS * 1000 };

	d->base = event_base_new();
	if (!d->base || control_open(d, f))
		return -1;
	for (size_t i = 0; i < 4; i++) {
		d->signals[i] = evsignal_new(d->base, signals_taken[i],
					     on_signal, d);
		evsignal_add(d->signals[i], NULL);
	}
	d->tick = event_new(d->base, -1, EV_PERSIST, on_tick, d);
	event_add(d->tick, &tick);
	d->poll = event_new(d->base, -1, EV_PERSIST, on_poll, d);
	event_add(d->poll, &poll);
	return 0;
}

static void stop_events(struct daemon *d)
{
	if (!d->base)
		return;
	metrics_close(d->metrics);	/* before its name is free */
	control_close(d);
	for (size_t i = 0; i < 4; i++)
		if (d->signals[i])
			event_free(d->signals[i]);
	if (d->tick)
		event_free(d->tick);
	if (d->poll)
		event_free(d->poll);
	if (d->filters) {
		close(event_get_fd(d->filters));
		event_free(d->filters);
	}
	event_base_free(d->base);
}

static void fill_meta(struct daemon *d)
{
	struct netns_id own = netns_own();
	struct hf_meta *m = &d->meta;

	map_read(&d->dp.maps, HF_MAP_META, 0, m);
	if (!m->started_ms)
		m->started_ms = m->keys_since_ms = clock_mono_ms();
	snprintf(m->name, sizeof(m->name), "%s", d->config.name);
	snprintf(m->version, sizeof(m->version), "%s", HF_VERSION);
	snprintf(m->netns, sizeof(m->netns), "%s", d->config.netns);
	m->netns_ino = own.ino;
	m->netns_cookie = own.cookie;
	m->pid = getpid();
	m->layout = HF_LAYOUT_VERSION;
	m->mode = d->config.service.mode;
	m->key_rotate_ms = d->config.key_rotate_ms;
	memcpy(m->key_file, d->config.key_file, sizeof(m->key_file));
	m->max_flows = bpf_map__max_entries(d->dp.core->maps.flows);
	m->max_half_open = bpf_map__max_entries(d->dp.core->maps.half_open);
}

/* Can the kernel take connections by the handoff, as it is set now? */
static int check_sysctls(const struct daemon *d, struct failure *f)
{
	int value[HF_SYSCTL_NR];

	sysctl_read(value);
	return sysctl_check(value, config_wants_reqsk(&d->config), f);
}

/* Found before anything of ours was attached again. */
static void say_taken_over(const struct daemon *d)
{
	char text[256];

	if (!d->dp.taken_over)
		return;
	conns_summary(&d->conns, text, sizeof(text));
	log_info("%s: taken over: %s", d->config.name, text);
}

static int open_conns(struct daemon *d, struct failure *f)
{
	int err;

	if (effects_open(&d->effects, &d->dp, f))
		return -1;
	d->conns.ops = &effects_ops;
	d->conns.world = &d->effects;
	err = conns_open(&d->conns, &d->config, clock_mono_ms());
	return err ? failure_set(f, "connections: %s", strerror(-err)) : 0;
}

static void watch_listeners(struct daemon *d)
{
	d->watch = listen_watch_open();
	if (d->watch)
		d->listeners.changes = listen_watch_changes(d->watch);
}

static int check_capabilities(struct failure *f)
{
	char missing[CAPABILITY_TEXT_MAX];

	if (!capability_missing(missing))
		return 0;
	failure_set(f, "capabilities: lacks %s", missing);
	return failure_cure(f, CAPABILITY_CURE(""));
}

/* Everything up to armed; -1 with the failure and with nothing attached. */
static int start(struct daemon *d, struct failure *f)
{
	static const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	bool keys_begun;
	int err;

	if (geteuid()) {
		failure_set(f, "start: must be root");
		return failure_cure(f, "the same as root");
	}
	if (check_capabilities(f))
		return -1;
	setrlimit(RLIMIT_MEMLOCK, &unlimited);	/* memory of maps before 5.11 */
	err = d->config.netns[0] ? netns_enter(d->config.netns) : 0;
	if (err)
		return failure_set(f, "%s: not a network namespace: %s",
				   d->config.netns, strerror(-err));
	err = exits_open(&d->exits);
	if (err)
		return failure_set(f, "routes: cannot be followed: %s",
				   strerror(-err));
	if (start_events(d, f) || dataplane_open(&d->dp, &d->config, f) ||
	    metrics_open(&d->metrics, d, f) ||
	    keys_open(&d->keys, &d->dp, &d->config, &keys_begun, f))
		return -1;
	fill_meta(d);
	if (keys_begun)
		d->meta.keys_since_ms = clock_mono_ms();
	incident_open(&d->incident, &d->dp.maps);
	if (check_sysctls(d, f))
		return -1;
	services_take_over(&d->services, &d->dp);
	if (daemon_fill_services(d, f))
		return -1;
	former_carry(&d->dp);
	if (open_conns(d, f) || attach_all(d, f))
		return -1;
	daemon_end_former(d, clock_mono_ms());
	watch_listeners(d);
	if (privilege_drop(f))
		return -1;
	daemon_adopt(d, clock_mono_ms());
	daemon_refresh(d, clock_mono_ms());
	return 0;
}

/* Started in the background: from here on words go to syslog. */
static void leave_terminal(int null)
{
	log_init("handfastd", true);
	if (chdir("/"))
		log_error("/: %s", strerror(errno));
	for (int i = 0; null >= 0 && i < 3; i++)
		dup2(null, i);
}

static void finish(struct daemon *d, bool keep)
{
	for (int i = 0; keep && i < HF_IFACES_MAX; i++)
		if (d->iface[i].used)
			iface_forget(&d->iface[i]);
	if (!keep)
		detach_all(d);
	stop_events(d);
	conns_close(&d->conns);
	effects_close(&d->effects);
	services_free(&d->services);
	listeners_free(&d->listeners);
	listen_watch_close(d->watch);
	exits_close(&d->exits);
	keys_close(&d->keys);
	incident_close(&d->incident);
	dataplane_close(&d->dp);
}

int main(int argc, char **argv)
{
	struct daemon *d = calloc(1, sizeof(*d));
	struct failure f = {};
	int status, null;

	log_init("handfastd", false);
	if (!d)
		return 1;
	d->exits.listener = -1;
	d->options.argc = argc;
	d->options.argv = argv;
	signal(SIGPIPE, SIG_IGN);
	status = options_read(&d->options, &d->config);
	if (status > 0)
		log_error("%s", d->options.error.text);
	if (status == 2)
		log_try("handfastd --help");
	if (status < 0 && d->config.test && keys_check(&d->config, &f)) {
		log_failure("", &f);
		status = 1;
	}
	if (status >= 0 || d->config.test) {
		free(d);
		return status < 0 ? 0 : status;
	}
	log_use_journal(d->config.name, JOURNAL_SOCKET);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);	/* while it may */
	if (start(d, &f)) {
		log_failure("", &f);
		if (d->control)	/* ours, not another daemon's */
			finish(d, d->dp.taken_over);
		else
			stop_events(d);
		free(d);
		return 1;
	}
	if (d->config.to_syslog)
		leave_terminal(null);
	say_taken_over(d);
	notify("READY=1");
	event_base_dispatch(d->base);
	finish(d, d->leave || d->config.keep);
	free(d);
	return 0;
}
