/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The instance's maps as file descriptors, and what is read from them. */
#ifndef HANDFAST_MAPS_H
#define HANDFAST_MAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "abi.h"

enum hf_map {
	HF_MAP_CONTROL,
	HF_MAP_PHASE,
	HF_MAP_RATE,
	HF_MAP_KEYS,
	HF_MAP_PROFILES,
	HF_MAP_PORTS,
	HF_MAP_SERVICES,
	HF_MAP_FLOWS,
	HF_MAP_SPLICE,
	HF_MAP_ANSWERS,
	HF_MAP_EXITS,
	HF_MAP_FOUND,
	HF_MAP_COUNTERS,
	HF_MAP_IFACE_COUNTERS,
	HF_MAP_META,
	HF_MAP_IFACES,
	HF_MAP_SERVICE_INFO,
	HF_MAP_HALF_OPEN,
	HF_MAP_EVENTS,
	HF_MAP_TRACE,
	HF_MAP_STATES,
	HF_MAP_INCIDENTS,
	HF_MAP_BRAKE,
	HF_MAP_TRIALS,
	HF_MAP_STATIONS,
	HF_MAP_COUNTER_BASE,
	HF_MAP_IFACE_BASE,
	HF_MAP_NR,
};

struct maps {
	int fd[HF_MAP_NR];
};

extern const char *const map_names[HF_MAP_NR];

/* From the pins of instance `name`: 0, -ENOENT if it is not attached. */
int maps_open(struct maps *m, const char *name);
void maps_close(struct maps *m);

/* One element, index `at`; 0 or -errno. */
int map_read(const struct maps *m, enum hf_map map, __u32 at, void *value);
int map_write(const struct maps *m, enum hf_map map, __u32 at,
	      const void *value);

/* A second, on one CPU, about now. */
struct map_rates {
	uint64_t syns;			/* that services are sent */
	uint64_t guesses;		/* of 2^-HF_GUESS_BITS, at cookies */
};

/* Of each CPU, to be freed; `cpus` becomes how many there are, or -errno and the
 * result is NULL. */
struct map_rates *map_read_rates(const struct maps *m, __u32 now_ms, int *cpus);

/* The same of all CPUs together. 0 or -errno. */
int map_sum_rates(const struct maps *m, __u32 now_ms, struct map_rates *sum);

/* What translates a spliced connection, of this very record. 0 or -errno; -ENOENT
 * also where another connection's stands in its place. */
int map_read_splice(const struct maps *m, const struct hf_tuple *t,
		    const struct hf_flow *f, struct hf_splice *sp);

/*
 * Sum over CPUs of one row of HF_MAP_COUNTERS or HF_MAP_IFACE_COUNTERS, since it
 * has its present owner. 0 or -errno.
 */
int map_read_counters(const struct maps *m, enum hf_map map, __u32 row,
		      struct hf_counters *sum);

/* The row gets another owner, whose counts begin at zero. 0 or -errno. */
int map_rebase_counters(const struct maps *m, enum hf_map map, __u32 row);

/* Sum over all rows of HF_MAP_COUNTERS, whoever had them. */
int map_read_all_counters(const struct maps *m, struct hf_counters *sum);

/* Nonzero ends the walk. */
typedef int (*on_service_fn)(__u32 id, const struct hf_service_info *info,
			     void *arg);
typedef int (*on_iface_fn)(__u32 slot, const struct hf_iface *iface, void *arg);
typedef int (*on_flow_fn)(const struct hf_tuple *t, const struct hf_flow *f,
			  void *arg);
typedef int (*on_half_open_fn)(const struct hf_tuple *t,
			       const struct hf_half_open *h, void *arg);

typedef int (*on_found_fn)(const struct hf_service_key *key,
			   const struct hf_found *f, void *arg);

/*
 * Call `fn` for each row of HF_MAP_SERVICE_INFO, or of HF_MAP_IFACES, that is in
 * use, until it returns nonzero, which is returned; else 0 or -errno.
 */
int map_for_each_service(const struct maps *m, on_service_fn fn, void *arg);
int map_for_each_iface(const struct maps *m, on_iface_fn fn, void *arg);

/*
 * Call `fn` for each flow until it returns nonzero, which is returned. The
 * table changes meanwhile: a flow may be met twice or not at all.
 */
int map_for_each_flow(const struct maps *m, on_flow_fn fn, void *arg);

/* The same for half-open records. */
int map_for_each_half_open(const struct maps *m, on_half_open_fn fn, void *arg);

/* Where a walk in pieces stands; all zero: at its begin. */
struct map_cursor {
	__u32 at;
	bool begun, end;
};

/* One piece of such a walk, 1024 records; the last one sets `end`. After an error the
 * walk is over. */
int map_some_flows(const struct maps *m, struct map_cursor *cursor,
		   on_flow_fn fn, void *arg);
int map_some_half_open(const struct maps *m, struct map_cursor *cursor,
		       on_half_open_fn fn, void *arg);

typedef int (*on_splice_fn)(const struct hf_tuple *t, const struct hf_splice *s,
			    void *arg);

/* The same for what translates spliced connections. */
int map_for_each_splice(const struct maps *m, on_splice_fn fn, void *arg);

/* The same for what was seen to answer and is no service. */
int map_for_each_found(const struct maps *m, on_found_fn fn, void *arg);

#endif
