// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Keeping the data plane in step with the machine: once before it is attached,
 * then with every tick. Nothing here waits but the very end, and traffic waits for
 * none of it.
 */
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "daemon.h"
#include "drain.h"
#include "attach/former.h"
#include "attach/ifaces.h"
#include "attach/seen.h"
#include "lib/log.h"
#include "lib/phase.h"
#include "sys/clsact.h"
#include "sys/socket.h"
#include "sys/sysctl.h"

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

/* `why` nothing is armed, or "". */
static void publish(struct daemon *d, const char *why)
{
	bool armed = !why[0];
	struct hf_meta *m = &d->meta;

	if (strcmp(m->why, why))
		log_info("%s", armed ? "armed" : why);
	m->armed = armed;
	snprintf(m->why, sizeof(m->why), "%s", why);
	for (int i = 0; i < HF_IFACES_MAX; i++)
		if (d->iface[i].used)
			iface_publish(&d->iface[i], armed, why, &d->dp);
	m->handoff = services_publish(&d->services, &d->view, &d->dp, why);
	map_write(&d->dp.maps, HF_MAP_META, 0, m);
}

static void begin_keys(struct daemon *d, uint64_t now_ms)
{
	d->meta.keys_since_ms = now_ms;
	map_write(&d->dp.maps, HF_MAP_META, 0, &d->meta);	/* see publish() */
}

int daemon_rotate_keys(struct daemon *d, uint64_t now_ms, struct failure *f)
{
	if (keys_rotate(&d->keys, &d->dp, now_ms, f))
		return -1;
	begin_keys(d, now_ms);
	return 0;
}

static void follow_keys(struct daemon *d, uint64_t now_ms)
{
	if (keys_follow(&d->keys, &d->dp, &d->config, now_ms,
			now_ms - d->meta.keys_since_ms))
		begin_keys(d, now_ms);
}

static int find_hooks(const struct daemon *d)
{
	int hooks = 0;

	for (int i = 0; i < HF_IFACES_MAX; i++)
		if (d->iface[i].skel)
			hooks |= dataplane_hooks(&d->dp, d->iface[i].ifindex);
	return hooks;
}

static int sync_services(struct daemon *d, uint64_t now_ms)
{
	if (d->listeners.err)
		return d->listeners.err;
	d->view.config = &d->config;
	d->view.listeners = &d->listeners.list;
	d->view.reqsk = d->dp.has_reqsk;
	d->view.hooks = find_hooks(d);
	d->view.rcvbuf = sysctl_rcvbuf();
	d->view.mtu = smallest_mtu(d);
	d->view.exit_from = d->exits.from;
	d->view.exit_froms = d->exits.froms;
	d->view.now_ms = now_ms;
	return services_sync(&d->services, &d->view, &d->dp);
}

/* If routes cannot be read they stay as they were. */
static void follow_exits(struct daemon *d)
{
	int err = exits_follow(&d->exits, d->iface, &d->dp);

	if (err && err != d->exits.err)
		log_error("routes: cannot be followed: %s", strerror(-err));
	d->exits.err = err;
}

/* Why SYNs must not be answered now; empty if they may. */
static void find_why(struct daemon *d, char *why)
{
	int value[HF_SYSCTL_NR];
	struct failure f;

	sysctl_read(value);
	for (int i = 0; i < HF_SYSCTL_NR; i++)
		if (value[i] < 0)	/* cannot be read: as it was */
			value[i] = d->meta.sysctl[i];
	memcpy(d->meta.sysctl, value, sizeof(d->meta.sysctl));
	sysctl_profile(&d->view.profile, value);
	d->view.syncookies = value[HF_SYSCTL_SYNCOOKIES] > 0;
	why[0] = '\0';
	if (d->draining)
		snprintf(why, HF_TEXT_MAX, "draining");
	else if (sysctl_check(value, config_wants_reqsk(&d->config), &f))
		snprintf(why, HF_TEXT_MAX, "%.127s", f.what);
	else if (d->exits.over)
		snprintf(why, HF_TEXT_MAX,
			 "routes: some answers leave by other interfaces, and "
			 "more than %d prefixes tell which",
			 HF_EXIT_PREFIXES_MAX);
	else if (!any_attached(d))
		snprintf(why, HF_TEXT_MAX, "no interface is attached");
}

int daemon_fill_services(struct daemon *d, struct failure *f)
{
	char why[HF_TEXT_MAX];
	int err;

	for (int i = 0; i < d->config.ifaces.nr; i++)
		if (iface_read(&d->iface[i], i, d->config.ifaces.name[i], f) &&
		    d->config.ifaces_by_option)
			return -1;
	follow_exits(d);
	find_why(d, why);
	err = listeners_read(&d->listeners, clock_mono_ms())
		      ?: sync_services(d, clock_mono_ms());
	if (!err)
		return 0;
	return failure_set(f, "services: sockets cannot be listed: %s",
			   strerror(-err));
}

static void arm(struct dataplane *dp, uint64_t now_ms)
{
	dataplane_ask_sockets(dp, now_ms);
	__atomic_store_n(&dp->control->armed, 1, __ATOMIC_RELEASE);
}

/* If sockets cannot be listed the services stay as they were. */
static void follow_services(struct daemon *d, uint64_t now_ms)
{
	int err = sync_services(d, now_ms);

	if (err && err != d->services_err)
		log_error("services: cannot be followed: %s", strerror(-err));
	else if (!err && d->services_err)
		log_info("services: followed again");
	d->services_err = err;
	if (!err)
		conns_listening(&d->conns, d->services.sockets);
}

void daemon_adopt(struct daemon *d, uint64_t now_ms)
{
	int nr = dataplane_adopt(&d->dp);

	if (nr < 0)	/* each becomes a record with its next ACK */
		log_error("flows: connections cannot be listed: %s",
			  strerror(-nr));
	if (nr <= 0)
		return;
	log_info("%d connections that exist already are followed", nr);
	conns_follow(&d->conns, now_ms);
}

/* What was sent is not known of a record that was made anew: the server is asked,
 * whose answer says it of both. */
static int ask_where(const struct hf_tuple *t, const struct hf_flow *f,
		     void *arg)
{
	struct daemon *d = arg;

	if (f->handoff == HF_HANDOFF_SPLICE && !(f->life & HF_LIFE_PENDING) &&
	    !(f->dir[HF_DIR_OUT].flags & HF_DIR_SEEN))
		effects_ops.send_spliced(&d->effects, SEGMENT_PROBE_SERVER, t,
					 f, clock_mono_ms());
	return 0;
}

void daemon_end_former(struct daemon *d, uint64_t now_ms)
{
	if (!d->dp.former[0])
		return;
	if (former_carry(&d->dp))
		conns_follow(&d->conns, now_ms);
	map_for_each_flow(&d->dp.maps, ask_where, d);
	former_forget(&d->dp);
}

/*
 * Has the kernel no handshake of its own any more, nor what is left of one? What
 * was half-open when connections were adopted has no record yet.
 */
static void follow_old_sockets(struct daemon *d, uint64_t now_ms)
{
	if (!dataplane_old_sockets_due(&d->dp, now_ms) ||
	    socket_any_old(d->dp.ports))
		return;
	daemon_adopt(d, now_ms);
	if (!socket_any_old(d->dp.ports))
		dataplane_no_sockets(&d->dp);
}

/* What the kernel opened while it was calm is followed from here on. */
static void follow_flood(struct daemon *d, uint64_t now_ms)
{
	struct hf_phase ph;

	if (map_read(&d->dp.maps, HF_MAP_PHASE, 0, &ph) ||
	    !flood_is_on(&ph.flood, now_ms) ||
	    ph.flood.since_ms == d->flood_since_ms)
		return;
	d->flood_since_ms = ph.flood.since_ms;
	daemon_adopt(d, now_ms);
}

static void follow_iface(struct daemon *d, struct iface *i, uint64_t now_ms)
{
	if (!i->drain.on)
		iface_follow(i, d->config.xdp, &d->dp);
	iface_watch_hooks(i, &d->dp, now_ms);
}

static bool is_attached(int ifindex, void *arg)
{
	const struct daemon *d = arg;

	return ifaces_attached(d->iface, ifindex);
}

static void on_filters(evutil_socket_t fd, short what, void *arg)
{
	uint64_t now_ms = clock_mono_ms();
	struct daemon *d = arg;

	(void)what;
	if (!clsact_changed(fd, is_attached, d))
		return;
	for (int i = 0; i < HF_IFACES_MAX; i++)
		iface_watch_hooks(&d->iface[i], &d->dp, now_ms);
}

/* Where tc has filters XDP does not see whether they stand. */
static void watch_filters(struct daemon *d)
{
	int fd;

	if (d->filters || !ifaces_have_filters(d->iface))
		return;
	fd = clsact_listen();
	if (fd < 0)
		return;		/* the next tick tries again, and looks */
	d->filters = event_new(d->base, fd, EV_READ | EV_PERSIST, on_filters,
			       d);
	event_add(d->filters, NULL);
}

/* Those that XDP holds although nothing was wrong with them. */
void daemon_let_go(struct daemon *d, uint64_t now_ms)
{
	for (int i = 0; d->dp.control->held && i < HF_IFACES_MAX; i++)
		if (!d->iface[i].held[0] && dataplane_holds(&d->dp, i))
			iface_watch_hooks(&d->iface[i], &d->dp, now_ms);
}

void daemon_refresh(struct daemon *d, uint64_t now_ms)
{
	struct hf_control *c = d->dp.control;
	char why[HF_TEXT_MAX];

	if (control_is_orphaned(c, now_ms))
		dataplane_ask_sockets(&d->dp, now_ms);
	c->heartbeat_ms = now_ms;
	for (int i = 0; i < HF_IFACES_MAX; i++)
		if (d->iface[i].used)
			follow_iface(d, &d->iface[i], now_ms);
	watch_filters(d);
	follow_exits(d);
	find_why(d, why);
	if (why[0])
		c->armed = 0;
	follow_services(d, now_ms);
	if (!why[0] && !c->armed)
		arm(&d->dp, now_ms);
	follow_old_sockets(d, now_ms);
	follow_flood(d, now_ms);
	seen_follow(&d->dp, d->config.behind_idle_ms, now_ms);
	follow_keys(d, now_ms);
	brakes_follow(&d->brakes, &d->services, &d->dp.maps, now_ms);
	publish(d, why);
}

/* Trials that nobody confirmed end. */
static void end_trials(struct daemon *d, uint64_t now_ms)
{
	for (int n = 0; n < HF_IFACES_MAX; n++) {
		struct iface *i = &d->iface[n];

		if (!i->used || i->drain.on ||
		    !iface_trial_is_over(i->slot, &d->dp, now_ms))
			continue;
		log_error("%s: was not confirmed in time", i->name);
		drain_iface(d, i, now_ms);
	}
}

/* Of a reader that died: some ways are shorter while nobody traces. */
static void end_trace(struct hf_control *c, uint64_t now_ms)
{
	if (!c->trace || !clock_age_ms(c->trace_until_ms, now_ms))
		return;
	c->trace = 0;
	c->trace_frames = 0;
}

void daemon_tick(struct daemon *d, uint64_t now_ms)
{
	if (access(d->dp.pins, F_OK)) {
		log_info("detached by somebody else, nothing is left to do");
		d->leave = true;
		event_base_loopexit(d->base, NULL);
		return;
	}
	end_trials(d, now_ms);
	end_trace(d->dp.control, now_ms);
	daemon_refresh(d, now_ms);
	incident_follow(&d->incident, &d->dp.maps, now_ms);
	drain_follow(d, now_ms);
}
