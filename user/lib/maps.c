// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The instance's maps as file descriptors, and what is read from them. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/bpffs.h"
#include "maps.h"

#define VISIT_BATCH	1024	/* records a system call */

const char *const map_names[HF_MAP_NR] = {
	[HF_MAP_CONTROL] = "control",
	[HF_MAP_PHASE] = "phase",
	[HF_MAP_RATE] = "rate",
	[HF_MAP_KEYS] = "keys",
	[HF_MAP_PROFILES] = "profiles",
	[HF_MAP_PORTS] = "ports",
	[HF_MAP_SERVICES] = "services",
	[HF_MAP_FLOWS] = "flows",
	[HF_MAP_SPLICE] = "splice_v1",
	[HF_MAP_ANSWERS] = "answers",
	[HF_MAP_EXITS] = "exits",
	[HF_MAP_FOUND] = "found",
	[HF_MAP_COUNTERS] = "counters",
	[HF_MAP_IFACE_COUNTERS] = "iface_counters",
	[HF_MAP_META] = "meta",
	[HF_MAP_IFACES] = "ifaces",
	[HF_MAP_SERVICE_INFO] = "service_info",
	[HF_MAP_HALF_OPEN] = "half_open",
	[HF_MAP_EVENTS] = "events",
	[HF_MAP_TRACE] = "trace",
	[HF_MAP_STATES] = "states",
	[HF_MAP_INCIDENTS] = "incidents",
	[HF_MAP_BRAKE] = "brake",
	[HF_MAP_TRIALS] = "trials",
	[HF_MAP_STATIONS] = "stations",
	[HF_MAP_COUNTER_BASE] = "counter_base",
	[HF_MAP_IFACE_BASE] = "iface_base",
};

int maps_open(struct maps *m, const char *name)
{
	char root[PATH_MAX], dir[PATH_MAX], path[PATH_MAX];

	memset(m->fd, 0xff, sizeof(m->fd));
	if (bpffs_find(root) || bpffs_layout(dir, root, name))
		return -ENOENT;
	for (int i = 0; i < HF_MAP_NR; i++) {
		if (snprintf(path, sizeof(path), "%s/%s", dir, map_names[i]) >=
		    (int)sizeof(path))
			return -ENAMETOOLONG;
		m->fd[i] = bpf_obj_get(path);
		if (m->fd[i] < 0) {
			maps_close(m);
			return errno == ENOENT ? -ENOENT : -errno;
		}
	}
	return 0;
}

void maps_close(struct maps *m)
{
	int saved = errno;

	for (int i = 0; i < HF_MAP_NR; i++)
		if (m->fd[i] >= 0)
			close(m->fd[i]);
	memset(m->fd, 0xff, sizeof(m->fd));
	errno = saved;
}

int map_read(const struct maps *m, enum hf_map map, __u32 at, void *value)
{
	return bpf_map_lookup_elem(m->fd[map], &at, value) ? -errno : 0;
}

int map_write(const struct maps *m, enum hf_map map, __u32 at,
	      const void *value)
{
	return bpf_map_update_elem(m->fd[map], &at, value, BPF_ANY) ? -errno
								    : 0;
}

int map_read_splice(const struct maps *m, const struct hf_tuple *t,
		    const struct hf_flow *f, struct hf_splice *sp)
{
	if (bpf_map_lookup_elem(m->fd[HF_MAP_SPLICE], t, sp))
		return -errno;
	return sp->generation == f->life >> 32 ? 0 : -ENOENT;
}

/* A row of each CPU, `size` bytes apart, to be freed; `cpus` becomes how many, or
 * -errno and the result is NULL. */
static void *read_each(const struct maps *m, enum hf_map map, __u32 row,
		       size_t size, int *cpus)
{
	void *each;

	*cpus = libbpf_num_possible_cpus();
	if (*cpus < 0)
		return NULL;
	each = calloc(*cpus, size);
	if (each && !bpf_map_lookup_elem(m->fd[map], &row, each))
		return each;
	*cpus = each ? -errno : -ENOMEM;
	free(each);
	return NULL;
}

/* Of the second before as much as this one has yet to come. */
static uint64_t rate_of(const struct hf_per_second *r, __u32 now_ms)
{
	__u32 second = now_ms / HF_RATE_MS, gone_ms = now_ms % HF_RATE_MS;
	uint64_t before = 0, now = 0;

	if (r->second == second) {
		before = r->before;
		now = r->nr;
	} else if (second - r->second == 1) {
		before = r->nr;
	}
	return now + before * (HF_RATE_MS - gone_ms) / HF_RATE_MS;
}

struct map_rates *map_read_rates(const struct maps *m, __u32 now_ms, int *cpus)
{
	struct hf_rate *each = read_each(m, HF_MAP_RATE, 0, sizeof(*each),
					 cpus);
	struct map_rates *rates;

	if (!each)
		return NULL;
	rates = calloc(*cpus, sizeof(*rates));
	for (int i = 0; rates && i < *cpus; i++) {
		rates[i].syns = rate_of(&each[i].syns_s, now_ms);
		rates[i].guesses = rate_of(&each[i].guesses_s, now_ms);
	}
	free(each);
	*cpus = rates ? *cpus : -ENOMEM;
	return rates;
}

int map_sum_rates(const struct maps *m, __u32 now_ms, struct map_rates *sum)
{
	int cpus;
	struct map_rates *each = map_read_rates(m, now_ms, &cpus);

	memset(sum, 0, sizeof(*sum));
	for (int i = 0; i < cpus; i++) {
		sum->syns += each[i].syns;
		sum->guesses += each[i].guesses;
	}
	free(each);
	return cpus < 0 ? cpus : 0;
}

static void counters_add(struct hf_counters *sum, const struct hf_counters *c)
{
	for (int i = 0; i < HF_CNT_NR; i++)
		sum->n[i] += c->n[i];
}

/* Since the first attach. */
static int read_row(const struct maps *m, enum hf_map map, __u32 row,
		    struct hf_counters *sum)
{
	int cpus;
	struct hf_counters *each = read_each(m, map, row, sizeof(*each), &cpus);

	memset(sum, 0, sizeof(*sum));
	if (!each)
		return cpus;
	for (int i = 0; i < cpus; i++)
		counters_add(sum, &each[i]);
	free(each);
	return 0;
}

static enum hf_map base_of(enum hf_map map)
{
	return map == HF_MAP_COUNTERS ? HF_MAP_COUNTER_BASE : HF_MAP_IFACE_BASE;
}

int map_read_counters(const struct maps *m, enum hf_map map, __u32 row,
		      struct hf_counters *sum)
{
	struct hf_counters base;
	int err = map_read(m, base_of(map), row, &base)
			  ?: read_row(m, map, row, sum);

	for (int i = 0; !err && i < HF_CNT_NR; i++)
		sum->n[i] -= base.n[i];
	return err;
}

int map_rebase_counters(const struct maps *m, enum hf_map map, __u32 row)
{
	struct hf_counters sum;

	return read_row(m, map, row, &sum)
		       ?: map_write(m, base_of(map), row, &sum);
}

int map_read_all_counters(const struct maps *m, struct hf_counters *sum)
{
	struct hf_service_info info;
	struct hf_counters row;
	int err;

	memset(sum, 0, sizeof(*sum));
	for (__u32 i = 0; i < HF_SERVICES_MAX; i++) {
		err = map_read(m, HF_MAP_SERVICE_INFO, i, &info);
		if (!err && i && !info.used)
			continue;
		if (!err)
			err = read_row(m, HF_MAP_COUNTERS, i, &row);
		if (err)
			return err;
		counters_add(sum, &row);
	}
	return 0;
}

int map_for_each_service(const struct maps *m, on_service_fn fn, void *arg)
{
	struct hf_service_info info;
	int err = 0;

	for (__u32 id = 0; !err && id < HF_SERVICES_MAX; id++) {
		err = map_read(m, HF_MAP_SERVICE_INFO, id, &info);
		if (!err && info.used)
			err = fn(id, &info, arg);
	}
	return err;
}

int map_for_each_iface(const struct maps *m, on_iface_fn fn, void *arg)
{
	struct hf_iface row;
	int err = 0;

	for (__u32 slot = 0; !err && slot < HF_IFACES_MAX; slot++) {
		err = map_read(m, HF_MAP_IFACES, slot, &row);
		if (!err && row.ifindex)
			err = fn(slot, &row, arg);
	}
	return err;
}

/* A walk over a hash map whose elements are read many at a time: which, and whose
 * `fn` of these is called with `arg`. */
struct walk {
	const struct maps *maps;
	const struct hash *hash;
	union {
		on_flow_fn flow;
		on_half_open_fn half_open;
		on_splice_fn splice;
		on_found_fn found;
	} fn;
	void *arg;
};

struct hash {
	enum hf_map map;
	size_t key_size, value_size;
	int (*visit)(const struct walk *w, const void *key, const void *value);
};

/* What was read of them, one after the other. */
static int visit_read(const struct walk *w, const char *keys,
		      const char *values, __u32 nr)
{
	const struct hash *h = w->hash;
	int err = 0;

	for (__u32 i = 0; !err && i < nr; i++)
		err = h->visit(w, keys + i * h->key_size,
			       values + i * h->value_size);
	return err;
}

/* The next piece; the last one, and an error, set the cursor's `end`. */
static int walk_some(const struct walk *w, struct map_cursor *cursor)
{
	const struct hash *h = w->hash;
	char *keys = malloc(VISIT_BATCH * h->key_size);
	char *values = malloc(VISIT_BATCH * h->value_size);
	__u32 next, nr = VISIT_BATCH;
	int err = -ENOMEM;

	if (keys && values)
		err = bpf_map_lookup_batch(w->maps->fd[h->map],
					   cursor->begun ? &cursor->at : NULL,
					   &next, keys, values, &nr, NULL);
	cursor->end = err;
	if (!err || err == -ENOENT) {
		cursor->begun = true;
		cursor->at = next;
		err = visit_read(w, keys, values, nr);
		cursor->end |= err != 0;
	}
	free(keys);
	free(values);
	return err;
}

static int walk_all(const struct walk *w)
{
	struct map_cursor cursor = {};
	int err = 0;

	while (!err && !cursor.end)
		err = walk_some(w, &cursor);
	return err;
}

static int visit_flow(const struct walk *w, const void *key, const void *value)
{
	return w->fn.flow(key, value, w->arg);
}

static int visit_half_open(const struct walk *w, const void *key,
			   const void *value)
{
	return w->fn.half_open(key, value, w->arg);
}

static int visit_splice(const struct walk *w, const void *key,
			const void *value)
{
	return w->fn.splice(key, value, w->arg);
}

static int visit_found(const struct walk *w, const void *key, const void *value)
{
	return w->fn.found(key, value, w->arg);
}

static const struct hash flows = {
	HF_MAP_FLOWS,
	sizeof(struct hf_tuple),
	sizeof(struct hf_flow),
	visit_flow,
};

static const struct hash half_open = {
	HF_MAP_HALF_OPEN,
	sizeof(struct hf_tuple),
	sizeof(struct hf_half_open),
	visit_half_open,
};

static const struct hash splices = {
	HF_MAP_SPLICE,
	sizeof(struct hf_tuple),
	sizeof(struct hf_splice),
	visit_splice,
};

static const struct hash found = {
	HF_MAP_FOUND,
	sizeof(struct hf_service_key),
	sizeof(struct hf_found),
	visit_found,
};

int map_for_each_flow(const struct maps *m, on_flow_fn fn, void *arg)
{
	return walk_all(&(struct walk){ m, &flows, { .flow = fn }, arg });
}

int map_some_flows(const struct maps *m, struct map_cursor *cursor,
		   on_flow_fn fn, void *arg)
{
	return walk_some(&(struct walk){ m, &flows, { .flow = fn }, arg },
			 cursor);
}

int map_for_each_half_open(const struct maps *m, on_half_open_fn fn, void *arg)
{
	return walk_all(
		&(struct walk){ m, &half_open, { .half_open = fn }, arg });
}

int map_some_half_open(const struct maps *m, struct map_cursor *cursor,
		       on_half_open_fn fn, void *arg)
{
	return walk_some(
		&(struct walk){ m, &half_open, { .half_open = fn }, arg },
		cursor);
}

int map_for_each_splice(const struct maps *m, on_splice_fn fn, void *arg)
{
	return walk_all(&(struct walk){ m, &splices, { .splice = fn }, arg });
}

int map_for_each_found(const struct maps *m, on_found_fn fn, void *arg)
{
	return walk_all(&(struct walk){ m, &found, { .found = fn }, arg });
}
