// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The outside of the daemon's connections: maps, programs, sockets, the wire. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "effects.h"
#include "lib/log.h"
#include "lib/tuple.h"

static struct hf_states *states(void *world)
{
	const struct effects *e = world;

	return e->states;
}

static bool read_flow(void *world, const struct hf_tuple *t, struct hf_flow *f)
{
	const struct effects *e = world;

	return !bpf_map_lookup_elem(e->dp->maps.fd[HF_MAP_FLOWS], t, f);
}

static bool read_half_open(void *world, const struct hf_tuple *t,
			   struct hf_half_open *h)
{
	const struct effects *e = world;

	return !bpf_map_lookup_elem(e->dp->maps.fd[HF_MAP_HALF_OPEN], t, h);
}

static bool read_phase(void *world, struct hf_phase *ph)
{
	const struct effects *e = world;

	return !map_read(&e->dp->maps, HF_MAP_PHASE, 0, ph);
}

static bool read_counters(void *world, struct hf_counters *sum)
{
	const struct effects *e = world;

	return !map_read_all_counters(&e->dp->maps, sum);
}

static void walk_flows(void *world, struct map_cursor *cursor, on_flow_fn fn,
		       void *arg)
{
	const struct effects *e = world;

	map_some_flows(&e->dp->maps, cursor, fn, arg);
}

static void walk_half_open(void *world, struct map_cursor *cursor,
			   on_half_open_fn fn, void *arg)
{
	const struct effects *e = world;

	map_some_half_open(&e->dp->maps, cursor, fn, arg);
}

static int on_ring(void *arg, void *data, size_t size)
{
	const struct effects *e = arg;

	if (size >= sizeof(struct hf_event_rec))
		e->on_event(data, e->on_event_arg);
	return 0;
}

static void walk_events(void *world, on_event_fn fn, void *arg)
{
	struct effects *e = world;

	e->on_event = fn;
	e->on_event_arg = arg;
	ring_buffer__consume(e->ring);
}

static void reap(void *world, struct hf_reap_arg *arg)
{
	/* The kernel writes a syscall program's context back where it came
	 * from, and refuses another place for it. */
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = arg,
		    .ctx_size_in = sizeof(*arg));
	struct effects *e = world;

	arg->done = 0;
	if (!bpf_prog_test_run_opts(e->dp->reap_fd, &opts))
		return;
	if (!e->reap_failed)
		log_error("flows: ended records cannot be taken out: %s",
			  strerror(errno));
	e->reap_failed = true;
}

static void note(void *world, __u16 service, enum hf_counter counter)
{
	const struct effects *e = world;

	dataplane_note(e->dp, service, counter);
}

static int repeat_syn_ack(void *world, const struct hf_half_open *h)
{
	const struct effects *e = world;

	return segment_repeat(&e->sockets, h);
}

static int send_probe(void *world, const struct hf_tuple *t,
		      const struct hf_flow *f, __u32 now_ms)
{
	const struct effects *e = world;
	struct segment_time at = { .now_ms = now_ms };
	struct socket_info info = {};
	int err = tuple_is_link_local(t) ? socket_find(&info, t) : 0;

	at.ifindex = info.ifindex;
	return err ?: segment_probe(&e->sockets, t, f, &at);
}

static int send_spliced(void *world, enum segment_kind kind,
			const struct hf_tuple *t, const struct hf_flow *f,
			__u32 now_ms)
{
	const struct effects *e = world;
	struct segment_splice to = { .tuple = t, .flow = f, .now_ms = now_ms };
	int err = map_read_splice(&e->dp->maps, t, f, &to.splice);

	return err ?: segment_spliced(&e->sockets, kind, &to);
}

static unsigned int splice_ifindex(void *world, const struct hf_tuple *t,
				   const struct hf_flow *f)
{
	const struct effects *e = world;
	struct hf_splice sp;

	return map_read_splice(&e->dp->maps, t, f, &sp) ? 0 : sp.ifindex;
}

static bool splice_has_socket(void *world, const struct hf_tuple *t,
			      const struct hf_flow *f)
{
	const struct effects *e = world;
	struct hf_splice sp;

	return !map_read_splice(&e->dp->maps, t, f, &sp) &&
	       sp.state & HF_SPLICE_SOCKET;
}

static int find_socket(void *world, const struct hf_tuple *t,
		       struct socket_info *info)
{
	(void)world;
	return socket_find(info, t);
}

static int destroy_socket(void *world, const struct hf_tuple *t,
			  const struct socket_info *info)
{
	(void)world;
	return socket_destroy(info, t);
}

const struct conn_ops effects_ops = {
	.states = states,
	.read_flow = read_flow,
	.read_half_open = read_half_open,
	.read_phase = read_phase,
	.read_counters = read_counters,
	.walk_flows = walk_flows,
	.walk_half_open = walk_half_open,
	.walk_events = walk_events,
	.reap = reap,
	.note = note,
	.repeat_syn_ack = repeat_syn_ack,
	.send_probe = send_probe,
	.send_spliced = send_spliced,
	.splice_ifindex = splice_ifindex,
	.splice_has_socket = splice_has_socket,
	.find_socket = find_socket,
	.destroy_socket = destroy_socket,
};

int effects_open(struct effects *e, const struct dataplane *dp,
		 struct failure *f)
{
	int err;

	e->dp = dp;
	e->states = mmap(NULL, sizeof(*e->states), PROT_READ | PROT_WRITE,
			 MAP_SHARED, dp->maps.fd[HF_MAP_STATES], 0);
	if (e->states == MAP_FAILED) {
		e->states = NULL;
		return failure_set(f, "states: %s", strerror(errno));
	}
	err = segment_open(&e->sockets);
	if (err)
		return failure_set(f, "raw sockets: %s", strerror(-err));
	dp->control->inject_cookie = segment_inject_cookie(&e->sockets);
	e->ring = ring_buffer__new(dp->maps.fd[HF_MAP_EVENTS], on_ring, e,
				   NULL);
	if (!e->ring)
		return failure_set(f, "events: %s", strerror(errno));
	return 0;
}

void effects_close(struct effects *e)
{
	ring_buffer__free(e->ring);
	segment_close(&e->sockets);
	if (e->states)
		munmap(e->states, sizeof(*e->states));
	memset(e, 0, sizeof(*e));
}
