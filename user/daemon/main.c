// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * handfastd: attaches the data plane and keeps it in step with the machine.
 *
 * Order of start: options, namespace, maps and programs loaded, interfaces and
 * services looked at, hooks attached, armed. Nothing is left behind when a
 * step fails. Then one loop: a tick that looks at what may have changed, the
 * control socket, signals. Traffic never waits for any of this.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpffs.h"
#include "clock.h"
#include "control.h"
#include "daemon.h"
#include "handfast.skel.h"
#include "log.h"
#include "notify.h"
#include "options.h"
#include "sysctl.h"

#define TICK_MS		250

static const int signals_taken[] = { SIGTERM, SIGINT, SIGUSR2, SIGHUP };

/* -N: a name in /run/netns, a path, or a process id. */
static int enter_netns(const char *netns, struct failure *f)
{
	char path[HF_TEXT_MAX + 32];
	int fd, err = 0;

	if (!netns[0])
		return 0;
	if (strchr(netns, '/'))
		snprintf(path, sizeof(path), "%s", netns);
	else if (netns[strspn(netns, "0123456789")])
		snprintf(path, sizeof(path), "/run/netns/%s", netns);
	else
		snprintf(path, sizeof(path), "/proc/%s/ns/net", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err = failure_set(f, "%s: not a network namespace: %s", netns,
				  strerror(errno));
	if (fd >= 0)
		close(fd);
	return err;
}

static unsigned int smallest_mtu(const struct daemon *d)
{
	unsigned int mtu = 65535;

	for (int i = 0; i < HF_IFACES_MAX; i++)
		if (d->iface[i].mtu && d->iface[i].mtu < mtu)
			mtu = d->iface[i].mtu;
	return mtu;
}

static bool any_attached(const struct daemon *d)
{
	for (int i = 0; i < HF_IFACES_MAX; i++)
		if (d->iface[i].skel)
			return true;
	return false;
}

static void publish(struct daemon *d, bool armed, const char *why)
{
	struct hf_meta *m = &d->meta;

	if (strcmp(m->why, why))
		log_info("%s", armed ? "armed" : why);
	m->armed = armed;
	snprintf(m->why, sizeof(m->why), "%s", why);
	for (int i = 0; i < HF_IFACES_MAX; i++)
		if (d->iface[i].used)
			iface_publish(&d->iface[i], armed, why, &d->dp);
	services_publish(&d->services, &d->dp, armed, why);
	map_write(&d->dp.maps, HF_MAP_META, 0, m);
}

/* Rotation by timer; the one before is forgotten after its lifetime. */
static void refresh_keys(struct daemon *d, uint64_t now_ms)
{
	struct hf_control *c = d->dp.control;

	if (c->key_prev_valid &&
	    (int32_t)(c->key_prev_until_ms - (uint32_t)now_ms) <= 0)
		c->key_prev_valid = 0;
	if (!d->config.key_rotate_s ||
	    now_ms - d->meta.keys_since_ms < d->config.key_rotate_s * 1000ULL)
		return;
	if (dataplane_rotate_keys(&d->dp, now_ms))
		log_error("keys: rotation failed, the old ones stay");
	d->meta.keys_since_ms = now_ms;
}

/* Why SYNs must not be answered now; empty if they may. */
static void find_why(struct daemon *d, char *why)
{
	struct hf_profile profile;
	int value[HF_SYSCTL_NR];
	struct failure f;

	sysctl_read(value);
	memcpy(d->meta.sysctl, value, sizeof(d->meta.sysctl));
	sysctl_profile(&profile, value);
	services_set_profile(&d->services, &profile, &d->dp, clock_mono_ms());
	why[0] = '\0';
	if (d->draining_until_ms)
		snprintf(why, HF_TEXT_MAX, "draining");
	else if (sysctl_check(value, &f))
		snprintf(why, HF_TEXT_MAX, "%.127s", f.what);
	else if (!any_attached(d))
		snprintf(why, HF_TEXT_MAX, "no interface is attached");
}

void daemon_refresh(struct daemon *d, uint64_t now_ms)
{
	struct hf_control *c = d->dp.control;
	char why[HF_TEXT_MAX];
	int err;

	c->heartbeat_ms = now_ms;
	for (int i = 0; i < HF_IFACES_MAX; i++)
		if (d->iface[i].used)
			iface_follow(&d->iface[i], d->config.xdp, &d->dp);
	find_why(d, why);
	if (why[0])
		c->armed = 0;
	translated_follow(&d->translated);
	err = services_sync(&d->services, &d->config, &d->translated.list,
			    &d->dp, smallest_mtu(d));
	if (err)
		log_error("services: cannot be followed: %s", strerror(-err));
	if (!why[0])
		c->armed = 1;
	refresh_keys(d, now_ms);
	publish(d, !why[0], why);
}

static uint64_t count_answered(const struct daemon *d)
{
	struct hf_counters c;
	uint64_t sum = 0;

	for (int i = 0; i < HF_IFACES_MAX; i++)
		if (d->iface[i].used &&
		    !map_read_counters(&d->dp.maps, HF_MAP_IFACE_COUNTERS, i,
				       &c))
			sum += counter_total(&c, HF_TOTAL_SYN_ANSWERED);
	return sum;
}

void daemon_drain(struct daemon *d, uint64_t now_ms)
{
	uint64_t answered = count_answered(d);

	if (answered != d->answered)
		d->answered_ms = now_ms;
	d->dp.control->armed = 0;
	d->draining_until_ms = d->answered_ms + d->config.drain_ms;
	if (!d->answered_ms || now_ms >= d->draining_until_ms) {
		event_base_loopexit(d->base, NULL);
		return;
	}
	log_info("draining: new SYNs pass, outstanding cookies are accepted "
		 "for %.1f s", (d->draining_until_ms - now_ms) / 1000.0);
	publish(d, false, "draining");
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *d = arg;
	uint64_t now_ms = clock_mono_ms(), answered = count_answered(d);

	(void)fd;
	(void)what;
	if (answered != d->answered) {
		d->answered = answered;
		d->answered_ms = now_ms;
	}
	if (access(d->dp.pins, F_OK)) {
		log_info("detached by somebody else, nothing is left to do");
		d->leave = true;
		event_base_loopexit(d->base, NULL);
		return;
	}
	daemon_refresh(d, now_ms);
	reaper_run(&d->reaper, &d->dp, now_ms);
	if (d->draining_until_ms && now_ms >= d->draining_until_ms)
		event_base_loopexit(d->base, NULL);
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct daemon *d = arg;

	(void)what;
	if (sig == SIGHUP)
		return;
	if (sig == SIGUSR2)
		d->leave = true;
	if (sig == SIGUSR2 || d->config.keep || d->draining_until_ms)
		event_base_loopexit(d->base, NULL);
	else
		daemon_drain(d, clock_mono_ms());
}

/* The services stand in the maps before the first packet looks for them. */
static int fill_services(struct daemon *d, struct failure *f)
{
	char why[HF_TEXT_MAX];
	int err;

	for (int i = 0; i < d->config.ifaces_nr; i++)
		if (iface_look(&d->iface[i], i, d->config.ifaces[i], f))
			return -1;
	find_why(d, why);
	translated_open(&d->translated);
	translated_follow(&d->translated);
	err = services_sync(&d->services, &d->config, &d->translated.list,
			    &d->dp, smallest_mtu(d));
	if (!err)
		return 0;
	return failure_set(f, "services: sockets cannot be listed: %s",
			   strerror(-err));
}

static int attach_all(struct daemon *d, struct failure *f)
{
	for (int i = 0; i < d->config.ifaces_nr; i++)
		if (iface_attach(&d->iface[i], i, d->config.ifaces[i],
				 d->config.xdp, &d->dp, f))
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
	return 0;
}

static void stop_events(struct daemon *d)
{
	if (!d->base)
		return;
	control_close(d);
	for (size_t i = 0; i < 4; i++)
		if (d->signals[i])
			event_free(d->signals[i]);
	if (d->tick)
		event_free(d->tick);
	event_base_free(d->base);
}

static void fill_meta(struct daemon *d)
{
	struct hf_meta *m = &d->meta;
	struct stat st;

	map_read(&d->dp.maps, HF_MAP_META, 0, m);
	if (!m->started_ms)
		m->started_ms = m->keys_since_ms = clock_mono_ms();
	snprintf(m->name, sizeof(m->name), "%s", d->config.name);
	snprintf(m->version, sizeof(m->version), "%s", HF_VERSION);
	snprintf(m->netns, sizeof(m->netns), "%s", d->config.netns);
	m->netns_ino = stat("/proc/self/ns/net", &st) ? 0 : st.st_ino;
	m->pid = getpid();
	m->layout = HF_LAYOUT_VERSION;
	m->mode = d->config.mode;
	m->handoff = HF_HANDOFF_REQSK;
	m->key_rotate_s = d->config.key_rotate_s;
	m->max_flows = bpf_map__max_entries(d->dp.core->maps.flows);
}

/* Everything up to armed; -1 with the failure and with nothing attached. */
static int start(struct daemon *d, struct failure *f)
{
	static const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	int value[HF_SYSCTL_NR];

	if (geteuid())
		return failure_set(f, "handfastd: must be root");
	setrlimit(RLIMIT_MEMLOCK, &unlimited);	/* memory of maps before 5.11 */
	if (enter_netns(d->config.netns, f))
		return -1;
	sysctl_read(value);
	if (sysctl_check(value, f) || start_events(d, f))
		return -1;
	if (dataplane_open(&d->dp, &d->config, f))
		return -1;
	fill_meta(d);
	services_take_over(&d->services, &d->dp);
	if (fill_services(d, f) || attach_all(d, f))
		return -1;
	daemon_refresh(d, clock_mono_ms());
	return 0;
}

/* Started in the background: from here on words go to syslog. */
static void leave_terminal(void)
{
	int fd = open("/dev/null", O_RDWR);

	log_init("handfastd", true);
	if (chdir("/"))
		log_error("/: %s", strerror(errno));
	for (int i = 0; fd >= 0 && i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
}

static void finish(struct daemon *d, bool keep)
{
	for (int i = 0; keep && i < HF_IFACES_MAX; i++)
		if (d->iface[i].used)
			iface_forget(&d->iface[i]);
	if (!keep)
		detach_all(d);
	stop_events(d);
	reaper_free(&d->reaper);
	services_free(&d->services);
	translated_close(&d->translated);
	dataplane_close(&d->dp);
}

int main(int argc, char **argv)
{
	struct daemon *d = calloc(1, sizeof(*d));
	struct failure f = {};
	int status;

	log_init("handfastd", false);
	if (!d)
		return 1;
	status = options_read(&d->config, argc, argv);
	if (status >= 0 || d->config.test) {
		free(d);
		return status < 0 ? 0 : status;
	}
	signal(SIGPIPE, SIG_IGN);
	if (start(d, &f)) {
		log_error("%s", f.what);
		if (f.cure[0])
			log_try("%s", f.cure);
		if (d->control)	/* ours, not another daemon's */
			finish(d, d->dp.taken_over);
		free(d);
		return 1;
	}
	if (d->config.to_syslog)
		leave_terminal();
	notify("READY=1");
	event_base_dispatch(d->base);
	finish(d, d->leave || d->config.keep);
	free(d);
	return 0;
}
