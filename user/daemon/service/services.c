// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Protected services. Each look makes the whole table anew (service_table.h);
 * its difference to what the map holds is written, nothing else.
 *
 * A service's name is that of its socket: "*:80" if it takes any address,
 * "10.0.0.5:443" or "[fd00::1]:443" if not (rows.h).
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "daemon/attach/seen.h"
#include "found.h"
#include "lib/clock.h"
#include "service_choice.h"
#include "services.h"

static void set_port_bit(const struct dataplane *dp, __be16 port)
{
	uint16_t p = ntohs(port);

	__atomic_fetch_or(&dp->ports[p >> 3], 1 << (p & 7), __ATOMIC_RELAXED);
}

static bool has_port_bit(const struct dataplane *dp, __be16 port)
{
	uint16_t p = ntohs(port);

	return dp->ports[p >> 3] & 1 << (p & 7);
}

/* What lies behind is found where its port has a bit; what is published here may
 * have any. */
static void set_network_ports(const struct dataplane *dp,
			      const struct config *c)
{
	const struct spec_list *protect = config_protect(c);
	bool any_port = false;

	for (int i = 0; i < protect->nr; i++) {
		const struct spec *s = &protect->spec[i];

		any_port |= found_is_any_port(c, s);
		if (!spec_has_addr(s) || !found_is_looked_for(c, s))
			continue;
		for (int p = s->port_lo; p <= s->port_hi; p++)
			set_port_bit(dp, htons(p));
	}
	dp->control->find_ports = any_port;
}

/* The data plane keeps copies of what it read from `services`. */
static void forget_copies(const struct dataplane *dp)
{
	__atomic_fetch_add(&dp->control->services_written, 1, __ATOMIC_RELEASE);
}

/* What comes next: an entry of before, of now, or the same one of both? */
static int next_order(const struct service_table *before, int i,
		      const struct service_table *now, int j)
{
	if (i == before->nr)
		return 1;
	if (j == now->nr)
		return -1;
	return service_entry_cmp(&before->entry[i], &now->entry[j]);
}

/* Make the map lose the pair, or give it the value. 0 or -errno. */
static int write_entry(const struct dataplane *dp,
		       const struct service_entry *e, bool remove)
{
	int fd = dp->maps.fd[HF_MAP_SERVICES];

	if (remove)
		return bpf_map_delete_elem(fd, &e->key) && errno != ENOENT
			       ? -errno
			       : 0;
	set_port_bit(dp, e->key.port);
	return bpf_map_update_elem(fd, &e->key, &e->value, BPF_ANY) ? -errno
								    : 0;
}

/* Bring one pair from `old` to `new`, either of which may be NULL. Returns what
 * the map holds of it then; NULL: nothing. */
static const struct service_entry *write_pair(struct services *s,
					      const struct service_entry *old,
					      const struct service_entry *new,
					      const struct dataplane *dp)
{
	const struct service_entry *e = new ?: old;
	int err;

	if (!e || (old && new &&
		   !memcmp(&old->value, &new->value, sizeof(new->value))))
		return e;
	s->writes++;
	err = write_entry(dp, e, !new);
	if (!err)
		return new;
	s->write_err = err;
	s->unwritten[e->value.id] = true;
	return old;
}

/*
 * Bring the map to `now`; `held` becomes what it holds then, which is less where
 * a write failed: the next look tries again. Port bits stay: connections of a
 * service that is no more are still to be followed. 0 or -errno of a write.
 */
static int write_difference(struct services *s, const struct service_table *now,
			    struct service_table *held,
			    const struct dataplane *dp)
{
	const struct service_table *before = &s->table;
	const struct service_entry *old, *new, *is;
	struct service_entry *e;
	int i = 0, j = 0, order;

	memset(s->unwritten, 0, sizeof(s->unwritten));
	s->writes = s->write_err = 0;
	while (i < before->nr || j < now->nr) {
		order = next_order(before, i, now, j);
		old = order <= 0 ? &before->entry[i++] : NULL;
		new = order >= 0 ? &now->entry[j++] : NULL;
		is = write_pair(s, old, new, dp);
		e = is ? service_table_add(held) : NULL;
		if (e)
			*e = *is;
	}
	if (s->writes)
		forget_copies(dp);
	return s->write_err;
}

static bool gives_cookies(const struct hf_service *v)
{
	return (v->mode == HF_MODE_ALWAYS || v->mode == HF_MODE_AUTO) &&
	       (v->flags & (HF_SVC_LISTENING | HF_SVC_MPTCP | HF_SVC_MD5)) ==
		       HF_SVC_LISTENING;
}

/* SYNs passed until now, and will no more; `was` is NULL of a new pair. Mode auto
 * asks by itself when a flood begins. */
static bool is_opened(const struct hf_service *was, const struct hf_service *is)
{
	if (!gives_cookies(is))
		return false;
	return !was || !gives_cookies(was) ||
	       (was->mode == HF_MODE_AUTO && is->mode == HF_MODE_ALWAYS);
}

/* Cookies may be under way, and none will be given while it is calm. */
static bool is_left(const struct hf_service *was, const struct hf_service *is)
{
	return was && was->mode != is->mode &&
	       (was->mode == HF_MODE_ALWAYS || was->mode == HF_MODE_AUTO) &&
	       (is->mode == HF_MODE_AUTO || is->mode == HF_MODE_MONITOR);
}

/* Does `is_so` hold of some pair of `now`, given what it was before? */
static bool some_pair(const struct service_table *before,
		      const struct service_table *now,
		      bool (*is_so)(const struct hf_service *was,
				    const struct hf_service *is))
{
	for (int i = 0, j = 0; j < now->nr; j++) {
		const struct hf_service *was = NULL;

		while (i < before->nr &&
		       service_entry_cmp(&before->entry[i], &now->entry[j]) < 0)
			i++;
		if (i < before->nr &&
		    !service_entry_cmp(&before->entry[i], &now->entry[j]))
			was = &before->entry[i].value;
		if (is_so(was, &now->entry[j].value))
			return true;
	}
	return false;
}

/* As long as a half-open record lives and the cookie that it repeats. */
#define COOKIES_OWED_MS	(63000 + HF_COOKIE_LIFETIME_MS)

/* Before the map says so: which cookies are under way, and whose are honoured. */
static void follow_modes(const struct services *s,
			 const struct service_table *now, __u32 now_ms,
			 struct dataplane *dp)
{
	struct hf_control *c = dp->control;

	if (some_pair(&s->table, now, is_opened))
		dataplane_ask_sockets(dp, now_ms);
	if (some_pair(&s->table, now, is_left)) {
		c->cookies_until_ms = now_ms + COOKIES_OWED_MS;
		__atomic_store_n(&c->cookies, 1, __ATOMIC_RELEASE);
	} else if (c->cookies && (int32_t)(c->cookies_until_ms - now_ms) <= 0) {
		c->cookies = 0;
	}
}

static __u32 modes_of(const struct service_table *t)
{
	__u32 modes = 0;

	for (int i = 0; i < t->nr; i++)
		modes |= HF_MODE_BIT(t->entry[i].value.mode);
	return modes;
}

/* Is something found at a port that tc did not look at until now? Who is connected
 * there has no mark (attach/seen.h). */
static bool opens_port(const struct service_table *now,
		       const struct dataplane *dp)
{
	for (int i = 0; i < now->nr; i++)
		if (now->entry[i].rank == SERVICE_FOUND &&
		    !has_port_bit(dp, now->entry[i].key.port))
			return true;
	return false;
}

int services_sync(struct services *s, const struct services_view *v,
		  struct dataplane *dp)
{
	struct service_table now, held = {};
	int err = service_table_make(&now, s, v, dp);

	if (err)
		return err;
	dp->control->modes |= modes_of(&now);	/* until all is written */
	follow_modes(s, &now, v->now_ms, dp);
	s->sockets = now.sockets;
	set_network_ports(dp, v->config);
	if (opens_port(&now, dp))
		seen_restart(dp, clock_mono_ms());
	err = write_difference(s, &now, &held, dp);
	if (!err)
		rows_done(&s->rows);
	service_table_free(&s->table);
	service_table_free(&now);
	s->table = held;
	dp->control->modes = modes_of(&held);
	return err;
}

void services_take_over(struct services *s, const struct dataplane *dp)
{
	int fd = dp->maps.fd[HF_MAP_SERVICES];
	struct hf_service_key key, *prev = NULL;
	struct service_entry *e;
	struct hf_service value;

	rows_take_over(&s->rows, &dp->maps);
	while (!bpf_map_get_next_key(fd, prev, &key)) {
		prev = &key;
		if (bpf_map_lookup_elem(fd, &key, &value))
			continue;
		e = service_table_add(&s->table);
		if (!e)
			return;
		e->key = key;
		e->value = value;
		if (!(value.flags & HF_SVC_LISTENING))
			e->rank = SERVICE_FOUND;	/* it may be */
	}
	forget_copies(dp);	/* the daemon before may have died at it */
	profiles_take_over(&s->profiles, dp);
	service_table_sort(&s->table);
}

static const char *service_why(const struct hf_service *v)
{
	if (v->flags & HF_SVC_MPTCP)
		return "the listener is an MPTCP socket";
	if (v->flags & HF_SVC_MD5)
		return "the listener has TCP-MD5 or TCP-AO keys";
	return NULL;
}

/* SYN-ACKs after 1, 3, 7, ... s, and as long again for the last one. */
static __u32 half_open_ms(const struct config *c,
			  const struct hf_service_key *k)
{
	struct in6_addr addr;

	memcpy(&addr, k->addr, sizeof(addr));
	return 1000 * ((2U << config_service_of(c, &addr, ntohs(k->port))
				      ->timers.tcp_synack_retries) -
		       1);
}

/* A service of several addresses says what holds for the worst of them. */
static void publish_handoff(struct hf_service_info *info,
			    const struct services_view *v,
			    const struct dataplane *dp,
			    const struct service_entry *e)
{
	struct hf_answer a;
	bool asks = !map_read(&dp->maps, HF_MAP_ANSWERS, e->value.id, &a) &&
		    a.asks;
	enum hf_choice why = service_choice(v, e, asks);
	bool spliced = why == HF_CHOICE_ASKED ? e->value.flags & HF_SVC_SPLICE
					      : why != HF_CHOICE_FREE;

	if (info->handoff == HF_HANDOFF_SPLICE)
		return;
	info->handoff = spliced ? HF_HANDOFF_SPLICE : HF_HANDOFF_REQSK;
	info->choice = why;
}

static void publish_entry(struct services *s, const struct services_view *v,
			  const struct dataplane *dp,
			  const struct service_entry *e)
{
	struct hf_service_info *info = &s->rows.info[e->value.id];
	__u32 ms = half_open_ms(v->config, &e->key);
	const char *own = service_why(&e->value);

	if (ms > info->half_open_ms)
		info->half_open_ms = ms;
	info->addrs++;
	info->mode = e->value.mode;
	info->listening |= e->value.flags & HF_SVC_LISTENING;
	publish_handoff(info, v, dp, e);
	if (own) {
		info->armed = 0;
		snprintf(info->why, HF_TEXT_MAX, "%s", own);
	}
}

static const char table_is_full[] = "the table of services takes no more";

static void publish_begin(struct services *s, const char *why)
{
	for (int i = 1; i < s->rows.nr; i++) {
		struct hf_service_info *info = &s->rows.info[i];

		info->listening = 0;
		info->addrs = 0;
		info->half_open_ms = 0;
		info->handoff = HF_HANDOFF_NONE;
		info->armed = !why[0] && !s->unwritten[i];
		snprintf(info->why, HF_TEXT_MAX, "%s",
			 !why[0] && s->unwritten[i] ? table_is_full : why);
	}
}

static void publish_row(struct services *s, const struct dataplane *dp, int i)
{
	struct hf_service_info *info = &s->rows.info[i];

	info->used = !info->addrs && rows_is_left(&s->rows, i) ? HF_ROW_LEFT
							       : HF_ROW_USED;
	if (!info->handoff) {	/* a network, or nobody wants it now */
		info->handoff = HF_HANDOFF_SPLICE;
		info->choice = HF_CHOICE_BEHIND;
	}
	map_write(&dp->maps, HF_MAP_SERVICE_INFO, i, info);
}

/* Row 0 has those that are in no row, or not in the map. */
static void publish_unprotected(struct services *s, const struct dataplane *dp)
{
	struct hf_service_info *info = &s->rows.info[0];
	int refused = rows_refused(&s->rows);

	info->addrs = refused + s->found_over;
	for (int i = 1; i < s->rows.nr; i++)
		info->addrs += s->unwritten[i];
	snprintf(info->why, HF_TEXT_MAX, "%s", table_is_full);
	if (s->found_over)
		snprintf(info->why, HF_TEXT_MAX, "at most %d can be found",
			 HF_FOUND_ROWS_MAX);
	if (refused)
		snprintf(info->why, HF_TEXT_MAX, "at most %d can be",
			 HF_SERVICES_MAX - 1);
	map_write(&dp->maps, HF_MAP_SERVICE_INFO, 0, info);
}

enum hf_handoff services_publish(struct services *s,
				 const struct services_view *v,
				 const struct dataplane *dp, const char *why)
{
	int spliced = 0, others = 0;

	publish_begin(s, why);
	for (int i = 0; i < s->table.nr; i++)
		publish_entry(s, v, dp, &s->table.entry[i]);
	for (int i = 1; i < s->rows.nr; i++) {
		spliced += s->rows.info[i].handoff == HF_HANDOFF_SPLICE;
		others += s->rows.info[i].handoff == HF_HANDOFF_REQSK;
		publish_row(s, dp, i);
	}
	publish_unprotected(s, dp);
	return spliced > others || !v->reqsk ? HF_HANDOFF_SPLICE
					     : HF_HANDOFF_REQSK;
}

void services_free(struct services *s)
{
	rows_free(&s->rows);
	service_table_free(&s->table);
}
