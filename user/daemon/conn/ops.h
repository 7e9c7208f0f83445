/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the connections need of the outside: the maps, the kernel's sockets, the
 * wire. The daemon's is effects.c; a test has a world of its own. `world` is
 * whoever fills the functions in.
 */
#ifndef HANDFAST_CONN_OPS_H
#define HANDFAST_CONN_OPS_H

#include <stdbool.h>

#include "lib/maps.h"
#include "lib/segment.h"
#include "sys/socket.h"

typedef void (*on_event_fn)(const struct hf_event_rec *rec, void *arg);

struct conn_ops {
	/* What the daemon counts, zeroed when the instance is made. */
	struct hf_states *(*states)(void *world);

	/* One value. False: there is none. */
	bool (*read_flow)(void *world, const struct hf_tuple *t,
			  struct hf_flow *f);
	bool (*read_half_open)(void *world, const struct hf_tuple *t,
			       struct hf_half_open *h);
	bool (*read_phase)(void *world, struct hf_phase *ph);
	bool (*read_counters)(void *world, struct hf_counters *sum);

	/* A piece of the records; one that comes or goes meanwhile may be missed. */
	void (*walk_flows)(void *world, struct map_cursor *cursor,
			   on_flow_fn fn, void *arg);
	void (*walk_half_open)(void *world, struct map_cursor *cursor,
			       on_half_open_fn fn, void *arg);
	/* Each event since the last walk. */
	void (*walk_events)(void *world, on_event_fn fn, void *arg);

	/* A step of hf_reap, whose answer stands in `arg`. */
	void (*reap)(void *world, struct hf_reap_arg *arg);
	/* Count something that the daemon did. */
	void (*note)(void *world, __u16 service, enum hf_counter counter);

	/* 0, or -errno of the socket that sends. */
	int (*repeat_syn_ack)(void *world, const struct hf_half_open *h);
	int (*send_probe)(void *world, const struct hf_tuple *t,
			  const struct hf_flow *f, __u32 now_ms);

	/* To a peer of a spliced connection. 0 or -errno. */
	int (*send_spliced)(void *world, enum segment_kind kind,
			    const struct hf_tuple *t, const struct hf_flow *f,
			    __u32 now_ms);

	/* By which interface its client comes; 0: not known. */
	unsigned int (*splice_ifindex)(void *world, const struct hf_tuple *t,
				       const struct hf_flow *f);
	/* Was its server a socket of this namespace? */
	bool (*splice_has_socket)(void *world, const struct hf_tuple *t,
				  const struct hf_flow *f);

	/* As socket_find() and socket_destroy(). */
	int (*find_socket)(void *world, const struct hf_tuple *t,
			   struct socket_info *info);
	int (*destroy_socket)(void *world, const struct hf_tuple *t,
			      const struct socket_info *info);
};

#endif
