// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Detaching gently: see drain.h. */
#include <unistd.h>

#include "attach/ifaces.h"
#include "drain.h"
#include "lib/log.h"

/* SYNs that the interface answered, ever. */
static uint64_t count_answered(const struct daemon *d, const struct iface *i)
{
	struct hf_counters c;

	if (map_read_counters(&d->dp.maps, HF_MAP_IFACE_COUNTERS, i->slot, &c))
		return i->answered;
	return counter_total(&c, HF_TOTAL_SYN_ANSWERED);
}

static void note_answered(const struct daemon *d, struct iface *i,
			  uint64_t now_ms)
{
	uint64_t answered = count_answered(d, i);

	if (answered != i->answered)
		i->answered_ms = now_ms;
	i->answered = answered;
}

/* Of an interface, 0: of all. What the first RST ended is not there for the next
 * one. */
static void reset_spliced(struct daemon *d, unsigned int ifindex,
			  uint64_t now_ms)
{
	unsigned int nr = 0, left;

	for (int i = 0; i < SEGMENT_RESETS; i++) {
		conns_run(&d->conns, now_ms);
		left = conns_reset_spliced(&d->conns, ifindex,
					   i == SEGMENT_RESETS - 1, now_ms);
		if (!left)
			break;
		if (!nr)
			nr = left;
		usleep(SEGMENT_RESET_PAUSE_US);
	}
	if (nr)
		log_info("%u spliced connections were reset on both sides", nr);
}

/* No cookie of the interface is out, and nothing is spliced, or it took too
 * long. */
static bool is_drained(const struct daemon *d, const struct iface *i,
		       uint64_t now_ms)
{
	return !i->skel || (now_ms >= i->drain.cookies_ms &&
			    (now_ms >= i->drain.splices_ms ||
			     !conns_any_spliced(&d->conns, i->ifindex)));
}

static void begin(struct daemon *d, struct iface *i, uint64_t now_ms)
{
	note_answered(d, i, now_ms);
	i->drain.on = true;
	i->drain.cookies_ms = now_ms;
	if (i->answered_ms && i->answered_ms + d->config.drain_ms > now_ms)
		i->drain.cookies_ms = i->answered_ms + d->config.drain_ms;
	i->drain.splices_ms = now_ms + d->config.drain_splice_ms;
}

static void say(const struct daemon *d, const char *what, unsigned int ifindex)
{
	log_info("%sdraining: new SYNs pass, outstanding cookies are accepted "
		 "for %.1f s, %u spliced connections may go on for %.1f s",
		 what, d->config.drain_ms / 1000.0,
		 conns_spliced(&d->conns, ifindex),
		 d->config.drain_splice_ms / 1000.0);
}

void drain_end(struct daemon *d, uint64_t now_ms)
{
	reset_spliced(d, 0, now_ms);
	event_base_loopexit(d->base, NULL);
}

static bool all_drained(const struct daemon *d, uint64_t now_ms)
{
	for (int n = 0; n < HF_IFACES_MAX; n++)
		if (d->iface[n].used && !is_drained(d, &d->iface[n], now_ms))
			return false;
	return true;
}

void drain_all(struct daemon *d, uint64_t now_ms)
{
	d->dp.control->armed = 0;
	d->draining = true;
	for (int n = 0; n < HF_IFACES_MAX; n++)
		if (d->iface[n].used && !d->iface[n].drain.on)
			begin(d, &d->iface[n], now_ms);
	if (all_drained(d, now_ms)) {
		drain_end(d, now_ms);
		return;
	}
	say(d, "", 0);
	daemon_refresh(d, now_ms);
}

void drain_iface_end(struct daemon *d, struct iface *i, uint64_t now_ms)
{
	if (i->skel)
		reset_spliced(d, i->ifindex, now_ms);
	log_info("%s: detached", i->name);
	iface_remove(i, &d->dp);
	if (!ifaces_used(d->iface) && d->config.until_detached)
		event_base_loopexit(d->base, NULL);
}

void drain_iface(struct daemon *d, struct iface *i, uint64_t now_ms)
{
	char what[IFNAMSIZ + 2];

	if (i->drain.on)
		return;
	iface_stop_answering(i, &d->dp);
	begin(d, i, now_ms);
	if (is_drained(d, i, now_ms)) {
		drain_iface_end(d, i, now_ms);
		return;
	}
	snprintf(what, sizeof(what), "%s: ", i->name);
	say(d, what, i->ifindex);
	daemon_refresh(d, now_ms);
}

static uint64_t left_ms(const struct daemon *d, const struct iface *i,
			uint64_t now_ms)
{
	uint64_t until_ms = i->drain.cookies_ms;

	if (!i->used || !i->drain.on)
		return 0;
	if (i->drain.splices_ms > until_ms &&
	    conns_any_spliced(&d->conns, i->ifindex))
		until_ms = i->drain.splices_ms;
	return until_ms > now_ms ? until_ms - now_ms : 0;
}

uint64_t drain_left_ms(const struct daemon *d, const struct iface *i,
		       uint64_t now_ms)
{
	uint64_t most = 0, left;

	if (i)
		return left_ms(d, i, now_ms);
	for (int n = 0; n < HF_IFACES_MAX; n++) {
		left = left_ms(d, &d->iface[n], now_ms);
		if (left > most)
			most = left;
	}
	return most;
}

void drain_follow(struct daemon *d, uint64_t now_ms)
{
	for (int n = 0; n < HF_IFACES_MAX; n++) {
		struct iface *i = &d->iface[n];

		if (!i->used)
			continue;
		note_answered(d, i, now_ms);
		if (i->drain.on && !d->draining && is_drained(d, i, now_ms))
			drain_iface_end(d, i, now_ms);
	}
	if (d->draining && all_drained(d, now_ms))
		drain_end(d, now_ms);
}
