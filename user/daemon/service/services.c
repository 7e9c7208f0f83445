// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Protected services. Each look makes the whole table anew (service_table.h);
 * its difference to what the map holds is written, nothing else.
 *
 * A service's name is that of its socket: "*:80" if it takes any address,
 * "10.0.0.5:443" or "[fd00::1]:443" if not. Names get their row for good, so
 * counters never change their owner.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "services.h"

static void set_port_bit(const struct dataplane *dp, __be16 port)
{
	uint16_t p = ntohs(port);

	__atomic_fetch_or(&dp->ports[p >> 3], 1 << (p & 7), __ATOMIC_RELAXED);
}

/* The data plane keeps copies of what it read from `services`. */
static void forget_copies(const struct dataplane *dp)
{
	__atomic_fetch_add(&dp->control->services_written, 1, __ATOMIC_RELEASE);
}

/*
 * Write the difference. Port bits stay: connections of a service that is no
 * more are still to be followed.
 */
static int write_difference(const struct service_table *s,
			    const struct service_table *t,
			    const struct dataplane *dp)
{
	int fd = dp->maps.fd[HF_MAP_SERVICES], err = 0, i = 0, j = 0;
	bool written = false;

	while (i < s->nr || j < t->nr) {
		int order = -1;

		if (i == s->nr)
			order = 1;
		else if (j < t->nr)
			order = service_entry_cmp(&s->entry[i], &t->entry[j]);
		if (order < 0) {
			bpf_map_delete_elem(fd, &s->entry[i++].key);
			written = true;
			continue;
		}
		if (order || memcmp(&s->entry[i].value, &t->entry[j].value,
				    sizeof(struct hf_service))) {
			if (bpf_map_update_elem(fd, &t->entry[j].key,
						&t->entry[j].value, BPF_ANY))
				err = -errno;
			set_port_bit(dp, t->entry[j].key.port);
			written = true;
		}
		i += !order;
		j++;
	}
	if (written)
		forget_copies(dp);
	return err;
}

static bool is_answered(const struct hf_service *v)
{
	return v->mode != HF_MODE_OFF &&
	       (v->flags & (HF_SVC_LISTENING | HF_SVC_MPTCP | HF_SVC_MD5 |
			    HF_SVC_TRANSLATED)) == HF_SVC_LISTENING;
}

/* Is there a service whose SYNs passed until now, and will no more? */
static bool some_open(const struct service_table *before,
		      const struct service_table *now)
{
	for (int i = 0, j = 0; j < now->nr; j++) {
		bool was = false;

		while (i < before->nr &&
		       service_entry_cmp(&before->entry[i], &now->entry[j]) < 0)
			i++;
		if (i < before->nr &&
		    !service_entry_cmp(&before->entry[i], &now->entry[j]))
			was = is_answered(&before->entry[i].value);
		if (!was && is_answered(&now->entry[j].value))
			return true;
	}
	return false;
}

int services_sync(struct services *s, const struct services_view *v,
		  struct dataplane *dp)
{
	struct service_table now;
	int err = service_table_make(&now, s, v, dp, &s->sockets);

	if (err)
		return err;
	if (some_open(&s->table, &now))
		dataplane_ask_sockets(dp, v->now_ms);
	err = write_difference(&s->table, &now, dp);
	service_table_free(&s->table);
	s->table = now;
	return err;
}

void services_take_over(struct services *s, const struct dataplane *dp)
{
	int fd = dp->maps.fd[HF_MAP_SERVICES];
	struct hf_service_key key, *prev = NULL;
	struct service_entry *e;
	struct hf_service value;

	s->info_nr = 1;
	while (s->info_nr < HF_SERVICES_MAX &&
	       !map_read(&dp->maps, HF_MAP_SERVICE_INFO, s->info_nr,
			 &s->info[s->info_nr]) &&
	       s->info[s->info_nr].used)
		s->info_nr++;
	while (!bpf_map_get_next_key(fd, prev, &key)) {
		prev = &key;
		if (bpf_map_lookup_elem(fd, &key, &value))
			continue;
		e = service_table_add(&s->table);
		if (!e)
			return;
		e->key = key;
		e->value = value;
	}
	forget_copies(dp);	/* the one before may have died at it */
	profiles_take_over(&s->profiles, dp);
	service_table_sort(&s->table);
}

static const char *service_why(const struct hf_service *v)
{
	if (v->flags & HF_SVC_MPTCP)
		return "the listener is an MPTCP socket";
	if (v->flags & HF_SVC_TRANSLATED)
		return "nftables sends this port's packets elsewhere (dnat, "
		       "redirect or tproxy)";
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

void services_publish(struct services *s, const struct config *c,
		      const struct dataplane *dp, bool armed, const char *why)
{
	for (int i = 1; i < s->info_nr; i++) {
		s->info[i].listening = 0;
		s->info[i].addrs = 0;
		s->info[i].half_open_ms = 0;
		s->info[i].armed = armed;
		snprintf(s->info[i].why, HF_TEXT_MAX, "%s", why);
	}
	for (int i = 0; i < s->table.nr; i++) {
		const struct hf_service *v = &s->table.entry[i].value;
		struct hf_service_info *info = &s->info[v->id];
		const char *own = service_why(v);
		__u32 ms = half_open_ms(c, &s->table.entry[i].key);

		if (ms > info->half_open_ms)
			info->half_open_ms = ms;
		info->addrs++;
		info->mode = v->mode;
		info->listening |= v->flags & HF_SVC_LISTENING;
		if (own) {
			info->armed = 0;
			snprintf(info->why, HF_TEXT_MAX, "%s", own);
		}
	}
	for (int i = 1; i < s->info_nr; i++)
		map_write(&dp->maps, HF_MAP_SERVICE_INFO, i, &s->info[i]);
}

void services_free(struct services *s)
{
	service_table_free(&s->table);
}
