// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the data plane would do with a segment: see rehearsal.h. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/tuple.h"
#include "lib/skeleton.h"
#include "rehearsal.h"
#include "sys/programs.h"

#define FEW		128	/* records of a table that is not copied */
#define RING_BYTES	4096

/* --- the maps of the program that runs ---------------------------------- */

/* Of one program: is it that of the interface? Its constants tell. */
static int find_program(int prog_fd, uint32_t id, void *arg)
{
	struct rehearsal *r = arg;
	const struct bpf_map *own = r->skel->maps.rodata;
	size_t size = bpf_map__value_size(own);
	typeof(r->skel->rodata) c = program_value(prog_fd, bpf_map__name(own),
						  size);

	if (c && c->iface_slot == r->iface->slot) {
		r->found = id;
		r->same = c->build == skeleton_build();
		bpf_map__set_initial_value(r->skel->maps.rodata, c, size);
	}
	free(c);
	return r->found != 0;
}

static int copy_one(int from, int to, const void *key, void *value)
{
	if (bpf_map_lookup_elem(from, key, value))
		return errno == ENOENT ? 0 : -errno;
	return bpf_map_update_elem(to, key, value, BPF_ANY) ? -errno : 0;
}

static int copy_array(int from, int to, const struct bpf_map *map, void *value)
{
	int err = 0;

	for (uint32_t at = 0; !err && at < bpf_map__max_entries(map); at++)
		err = copy_one(from, to, &at, value);
	return err;
}

/* What changes meanwhile is copied or is not. */
static int copy_table(int from, int to, const struct bpf_map *map, void *value)
{
	void *key = malloc(bpf_map__key_size(map)), *last = NULL;
	int err = key ? 0 : -ENOMEM;

	while (!err && !bpf_map_get_next_key(from, last, key)) {
		err = copy_one(from, to, key, value);
		last = key;
	}
	free(key);
	return err;
}

static bool is_by_tuple(const struct rehearsal *r, const struct bpf_map *map)
{
	return map == r->skel->maps.flows || map == r->skel->maps.splice_v1 ||
	       map == r->skel->maps.half_open;
}

static int copy_map(const struct rehearsal *r, int from,
		    const struct bpf_map *map)
{
	void *value = calloc(1, bpf_map__value_size(map));
	int to = bpf_map__fd(map), err = -ENOMEM;

	if (!value)
		return err;
	if (is_by_tuple(r, map))
		err = copy_one(from, to, r->tuple, value);
	else if (bpf_map__type(map) == BPF_MAP_TYPE_ARRAY)
		err = copy_array(from, to, map, value);
	else
		err = copy_table(from, to, map, value);
	free(value);
	return err;
}

/* Constants are loaded with the program; scratch space, rates, counters and rings
 * begin empty. */
static bool is_copied(const struct bpf_map *map)
{
	return !(bpf_map__map_flags(map) & BPF_F_RDONLY_PROG) &&
	       bpf_map__type(map) != BPF_MAP_TYPE_PERCPU_ARRAY &&
	       bpf_map__type(map) != BPF_MAP_TYPE_RINGBUF;
}

/* What the program does not use it is not asked for. */
static int copy_maps(const struct rehearsal *r)
{
	int prog = bpf_prog_get_fd_by_id(r->found), from, err = 0;
	struct bpf_map *map;

	if (prog < 0)
		return -errno;
	bpf_object__for_each_map(map, r->skel->obj) {
		if (err || !is_copied(map))
			continue;
		from = program_map(prog, bpf_map__name(map));
		if (from == -ENOENT)	/* the program does not use it */
			continue;
		err = from < 0 ? from : copy_map(r, from, map);
		if (from >= 0)
			close(from);
	}
	close(prog);
	return err;
}

/* --- the program once more ---------------------------------------------- */

/* Maps of its own, not those that are pinned. */
static int prepare(struct handfast *skel)
{
	struct bpf_program *prog;
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_program(prog, skel->obj)
		bpf_program__set_autoload(prog, prog == skel->progs.hf_ingress);
	bpf_object__for_each_map(map, skel->obj) {
		err = err ?: bpf_map__set_pin_path(map, NULL);
		if (!err && bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF)
			err = bpf_map__set_max_entries(map, RING_BYTES);
	}
	return err ?: bpf_map__set_max_entries(skel->maps.flows, FEW)
		       ?: bpf_map__set_max_entries(skel->maps.splice_v1, FEW)
		       ?: bpf_map__set_max_entries(skel->maps.half_open, FEW);
}

static void read_mac(struct rehearsal *r)
{
	struct hf_stations stations = {};

	r->mac[0] = 0x02;	/* where any is taken */
	if (!bpf_map_lookup_elem(bpf_map__fd(r->skel->maps.stations),
				 &r->iface->slot, &stations) &&
	    stations.nr)
		memcpy(r->mac, &stations.mac[0], sizeof(r->mac));
}

static int read_netns(struct rehearsal *r)
{
	struct hf_meta meta;
	int err = map_read(&r->instance->maps, HF_MAP_META, 0, &meta);

	r->netns = (struct netns_id){ meta.netns_ino, meta.netns_cookie };
	return err;
}

static int load(struct rehearsal *r, struct failure *f)
{
	int err = read_netns(r) ?: prepare(r->skel);

	if (err)
		return failure_set(f, "bpf: %s", strerror(-err));
	err = programs_for_each("hf_ingress",
				r->instance->maps.fd[HF_MAP_CONTROL],
				find_program, r);
	if (err < 0)
		return failure_set(f, "bpf: programs cannot be listed: %s",
				   strerror(-err));
	if (!r->same) {
		failure_set(f, "%s: runs a program of another build",
			    r->iface->row.name);
		return failure_cure(f, "the handfast of that build");
	}
	err = handfast__load(r->skel) ?: copy_maps(r);
	if (err)
		return failure_set(f,
				   "bpf: the program cannot be rehearsed: %s",
				   strerror(-err));
	read_mac(r);
	return 0;
}

int rehearsal_begin(struct rehearsal *r, struct failure *f)
{
	int err;

	libbpf_set_print(NULL);	/* what fails is said in one line */
	r->skel = handfast__open();
	if (!r->skel)
		return failure_set(f, "bpf: %s", strerror(errno));
	err = load(r, f);
	if (err)
		rehearsal_end(r);
	return err;
}

void rehearsal_end(struct rehearsal *r)
{
	handfast__destroy(r->skel);
	r->skel = NULL;
}

/* --- a segment ----------------------------------------------------------- */

/* Shared with the child that enters the namespace. */
struct running {
	int prog;
	uint32_t ifindex, len;
	int err;
	uint8_t frame[REHEARSAL_FRAME_MAX];
	struct rehearsed out;
};

static void put_frame(struct running *run, const struct rehearsal *r,
		      const struct segment *seg)
{
	static const uint8_t client[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 0x01 };

	run->len = frame_make(run->frame, seg, r->mac, client);
}

/* In the interface's namespace, where the kernel finds its device. */
static int test_run(void *arg)
{
	struct running *run = arg;
	struct xdp_md ctx = { .data_end = run->len,
			      .ingress_ifindex = run->ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = run->frame,
		    .data_size_in = run->len, .data_out = run->out.frame,
		    .data_size_out = sizeof(run->out.frame), .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = 1);

	run->err = bpf_prog_test_run_opts(run->prog, &opts) ? -errno : 0;
	run->out.verdict = opts.retval;
	run->out.len = opts.data_size_out;
	return 0;
}

/* What was counted since the last time. */
static int read_counted(struct rehearsal *r, struct hf_counters *counted)
{
	struct maps m;
	struct hf_counters sum;
	int err;

	m.fd[HF_MAP_IFACE_COUNTERS] = bpf_map__fd(r->skel->maps.iface_counters);
	m.fd[HF_MAP_IFACE_BASE] = bpf_map__fd(r->skel->maps.iface_base);
	err = map_read_counters(&m, HF_MAP_IFACE_COUNTERS, r->iface->slot,
				&sum);
	if (err)
		return err;
	for (int c = 0; c < HF_CNT_NR; c++)
		counted->n[c] = sum.n[c] - r->before.n[c];
	r->before = sum;
	return 0;
}

int rehearsal_run(struct rehearsal *r, const struct segment *seg,
		  struct rehearsed *out)
{
	struct running *run = mmap(NULL, sizeof(*run), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int err;

	if (run == MAP_FAILED)
		return -errno;
	run->prog = bpf_program__fd(r->skel->progs.hf_ingress);
	run->ifindex = r->iface->row.ifindex;
	put_frame(run, r, seg);
	err = netns_call(&r->netns, test_run, run) ?: run->err;
	*out = run->out;
	munmap(run, sizeof(*run));
	return err ?: read_counted(r, &out->counted);
}
