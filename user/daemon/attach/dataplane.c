// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The BPF side of one instance: see dataplane.h. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "sys/bpffs.h"
#include "sys/capability.h"
#include "lib/clock.h"
#include "dataplane.h"
#include "former.h"
#include "lib/skeleton.h"
#include "loading.h"
#include "sys/kernel.h"
#include "lib/log.h"

#define NS_PER_MS	1000000ULL
#define CLOCK_SHIFT	20	/* of hf_control.clock_mult */

/* libbpf's own words are for developers; HANDFAST_DEBUG=1 shows them. */
static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	if (level == LIBBPF_DEBUG || !getenv("HANDFAST_DEBUG"))
		return 0;
	return vfprintf(stderr, fmt, ap);
}

/* A variable of the programs is a map of one value to libbpf, which pins no such by
 * itself. */
static int pin_variable(const struct dataplane *dp, struct bpf_map *map,
			const char *name)
{
	char path[PATH_MAX + HF_TEXT_MAX];

	snprintf(path, sizeof(path), "%s/%s", dp->pins, name);
	return bpf_map__set_pin_path(map, path);
}

static struct handfast *skeleton_open(const struct dataplane *dp)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .pin_root_path = dp->pins);
	struct handfast *skel = handfast__open_opts(&opts);
	struct bpf_program *prog;

	if (!skel)
		return NULL;
	if (pin_variable(dp, skel->maps.data_control, "control") ||
	    pin_variable(dp, skel->maps.data_phase, "phase") ||
	    pin_variable(dp, skel->maps.data_ports, "ports")) {
		handfast__destroy(skel);
		return NULL;
	}
	bpf_object__for_each_program(prog, skel->obj)
		bpf_program__set_autoload(prog, false);
	return skel;
}

int dataplane_check_handoff(const struct dataplane *dp, const struct config *c,
			    struct failure *f)
{
	if (dp->has_reqsk || !config_wants_reqsk(c))
		return 0;
	failure_set(f, "kernel: lacks bpf_sk_assign_tcp_reqsk, which the reqsk "
		       "handoff needs");
	return failure_cure(f, "--set handoff=auto");
}

/* A kernel without the kfunc is shown an ordinary handshake. */
static int find_handoffs(struct dataplane *dp, const struct config *c,
			 struct failure *f)
{
	int has_kfunc = kernel_has_reqsk();

	if (has_kfunc < 0) {
		failure_set(f, "kernel: has no BTF (/sys/kernel/btf/vmlinux)");
		return failure_cure(f, "a kernel with CONFIG_DEBUG_INFO_BTF=y");
	}
	dp->tc = c->tc;
	dp->has_reqsk = has_kfunc;
	return dataplane_check_handoff(dp, c, f);
}

/* The size of a map that is pinned already, or 0: a second start keeps it. */
static unsigned int pinned_size(const struct dataplane *dp, const char *map)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);
	char path[PATH_MAX + 16];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dp->pins, map);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		info.max_entries = 0;
	close(fd);
	return info.max_entries;
}

#define HALF_OPEN_MAX	65536U
#define PENDING_MIN	2048U

static void choose_sizes(struct dataplane *dp, const struct config *c)
{
	unsigned int flows = pinned_size(dp, "flows")
				     ?: pinned_size(dp, "splice_v1")
				     ?: c->max_flows
				     ?: kernel_default_flows();
	unsigned int half = flows < HALF_OPEN_MAX ? flows : HALF_OPEN_MAX;

	/* cppcheck-suppress selfAssignment ; only where both are 0 */
	half = pinned_size(dp, "half_open") ?: c->max_half_open ?: half;
	bpf_map__set_max_entries(dp->core->maps.flows, flows);
	bpf_map__set_max_entries(dp->core->maps.splice_v1, flows);
	bpf_map__set_max_entries(dp->core->maps.half_open, half);
	bpf_map__set_max_entries(dp->core->maps.events,
				 pinned_size(dp, "events")
					 ?: c->event_ring_bytes);
}

static int load_core(struct dataplane *dp, const struct config *c,
		     struct failure *f)
{
	int err;

	dp->core = skeleton_open(dp);
	if (!dp->core)
		return failure_set(f, "bpf: object cannot be opened: %s",
				   strerror(errno));
	bpf_program__set_autoload(dp->core->progs.hf_adopt, true);
	bpf_program__set_autoload(dp->core->progs.hf_carry, true);
	bpf_program__set_autoload(dp->core->progs.hf_clock, true);
	bpf_program__set_autoload(dp->core->progs.hf_reap, true);
	bpf_program__set_autoload(dp->core->progs.hf_note, true);
	bpf_program__set_autoload(dp->core->progs.hf_hooks, dp->has_reqsk);
	choose_sizes(dp, c);
	err = loading_run(dp, dp->core);
	if (err == -ENOMEM)
		return failure_set(f, "max_flows: no memory for %u flows",
				   bpf_map__max_entries(dp->core->maps.flows));
	if (err && !dp->has_reqsk && !capability_sys_admin()) {
		failure_set(f,
			    "capabilities: lacks CAP_SYS_ADMIN, needed before "
			    "Linux 6.9");
		return failure_cure(f, CAPABILITY_CURE(" CAP_SYS_ADMIN"));
	}
	if (err) {
		failure_set(f, "bpf: maps in %s cannot be made: %s", dp->pins,
			    strerror(-err));
		return failure_cure(f, "handfast -n %s detach --all", c->name);
	}
	dp->clock_fd = bpf_program__fd(dp->core->progs.hf_clock);
	dp->reap_fd = bpf_program__fd(dp->core->progs.hf_reap);
	dp->note_fd = bpf_program__fd(dp->core->progs.hf_note);
	dp->carry_fd = bpf_program__fd(dp->core->progs.hf_carry);
	dp->hooks_fd = bpf_program__fd(dp->core->progs.hf_hooks);
	return 0;
}

static int map_memory(struct dataplane *dp, struct failure *f)
{
	dp->control = mmap(NULL, sizeof(*dp->control), PROT_READ | PROT_WRITE,
			   MAP_SHARED, dp->maps.fd[HF_MAP_CONTROL], 0);
	dp->ports = mmap(NULL, HF_PORTS_BYTES, PROT_READ | PROT_WRITE,
			 MAP_SHARED, dp->maps.fd[HF_MAP_PORTS], 0);
	if (dp->control == MAP_FAILED || dp->ports == MAP_FAILED)
		return failure_set(f, "bpf: maps cannot be mapped: %s",
				   strerror(errno));
	return 0;
}

/*
 * Jiffies to CLOCK_MONOTONIC in ms. The resolution of the coarse clock is one
 * jiffy, whatever HZ the kernel was built with.
 */
static int set_clock(struct dataplane *dp, struct failure *f)
{
	struct hf_clock_arg arg = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &arg,
		    .ctx_size_in = sizeof(arg));
	struct timespec tick;
	__u64 mult;

	if (dp->control->clock_mult)
		return 0;
	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) ||
	    bpf_prog_test_run_opts(dp->clock_fd, &opts))
		return failure_set(f, "clock: jiffies cannot be read: %s",
				   strerror(errno));
	mult = (((__u64)tick.tv_nsec << CLOCK_SHIFT) + NS_PER_MS / 2) /
	       NS_PER_MS;
	dp->control->clock_off = arg.mono_ns / NS_PER_MS -
				 (arg.jiffies * mult >> CLOCK_SHIFT);
	dp->control->clock_mult = mult;
	return 0;
}

/* Reading the iterator to its end walks the sockets of this namespace. */
int dataplane_adopt(const struct dataplane *dp)
{
	struct bpf_link *link =
		bpf_program__attach_iter(dp->core->progs.hf_adopt, NULL);
	int fd, err = 0, adopted = 0;
	char buf[4096];
	ssize_t n = 0;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	while (fd >= 0 && ((n = read(fd, buf, sizeof(buf))) > 0 ||
			   (n < 0 && errno == EAGAIN)))
		adopted += n > 0 ? n : 0;
	if (fd < 0 || n < 0)
		err = -errno;
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return err ?: adopted;
}

void dataplane_note(const struct dataplane *dp, __u32 service,
		    enum hf_counter counter)
{
	struct hf_note_arg arg = { .service = service, .counter = counter };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &arg,
		    .ctx_size_in = sizeof(arg));

	bpf_prog_test_run_opts(dp->note_fd, &opts);
}

int dataplane_hooks(const struct dataplane *dp, unsigned int ifindex)
{
	char frame[64] = {};	/* the kernel wants one */
	struct xdp_md ctx = { .data_end = sizeof(frame),
			      .ingress_ifindex = ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
		    .data_size_in = sizeof(frame), .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx));

	if (!dp->has_reqsk || bpf_prog_test_run_opts(dp->hooks_fd, &opts))
		return 0;
	return opts.retval;
}

static void set_bit(__u64 *words, unsigned int slot, bool on)
{
	if (on)
		__atomic_fetch_or(words, 1ULL << slot, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(words, ~(1ULL << slot), __ATOMIC_SEQ_CST);
}

void dataplane_hold(const struct dataplane *dp, unsigned int slot, bool on)
{
	set_bit(&dp->control->held, slot, on);
}

bool dataplane_holds(const struct dataplane *dp, unsigned int slot)
{
	return dp->control->held >> slot & 1;
}

void dataplane_watch_tcx(const struct dataplane *dp, unsigned int slot, bool on)
{
	set_bit(&dp->control->tcx, slot, on);
}

/* A rate per second as a number in a window; 0 stays 0. */
static __u32 in_window(unsigned int rate)
{
	__u32 nr = (__u64)rate * HF_WINDOW_MS / 1000;

	return rate && !nr ? 1 : nr;
}

/* The batches of all CPUs together are a quarter of `least` at most, which is the
 * lowest number that they are compared with. */
static struct hf_limit limit_of(__u32 nr, __u32 least)
{
	int cpus = libbpf_num_possible_cpus();

	return (struct hf_limit){
		.nr = nr ?: 1,
		.batch = least / 4 / (cpus > 0 ? cpus : 1) ?: 1,
	};
}

static struct hf_share share_of(__u32 nr)
{
	return (struct hf_share){
		.all = limit_of(nr, nr),
		.prefix = nr / 4 ?: 1,
	};
}

/* So many guesses of 2^-27 in a window are so many hits an hour; 0: any number. */
static __u32 guesses_of(unsigned int an_hour)
{
	__u64 guesses = ((__u64)an_hour << HF_GUESS_BITS) * HF_WINDOW_MS /
			3600000;

	return an_hour ? guesses : HF_GUESSES_ANY;
}

static void set_rates(struct hf_control *control, const struct config *c)
{
	__u32 half_open = in_window(c->half_open_syn_rate);
	__u32 syns = in_window(c->flood_syn_rate);
	__u32 acks = in_window(c->flood_ack_rate);

	control->flood_syns = limit_of(syns, half_open && half_open < syns
						     ? half_open
						     : syns);
	control->half_open_syns = half_open;
	control->flood_acks = limit_of(acks, acks);
	control->odd = share_of(syns / 10);
	control->guesses = share_of(guesses_of(c->forgery_budget));
}

void dataplane_set_limits(struct dataplane *dp, const struct config *c)
{
	unsigned int max = bpf_map__max_entries(dp->core->maps.flows);

	dp->control->flows_limit = max - max / 20;
	dp->control->flows_pending = max - max / 10;
	dp->control->pending_few = max / 20;
	dp->control->pending_prefix = max / 8 > PENDING_MIN ? max / 8
							    : PENDING_MIN;
	set_rates(dp->control, c);
	dp->control->flood_hold_ms = c->flood_hold_ms;
	dp->control->orphan_ms = c->orphan_ms;
	dp->control->learn_ms = c->learn_ms;
	dp->control->track_active = c->track_active;
}

static int make_pins(const struct dataplane *dp, struct failure *f)
{
	int err;

	if (!dp->pins[0]) {
		failure_set(f,
			    "/sys/fs/bpf: no bpffs, and none can be mounted");
		return failure_cure(f, "mount -t bpf bpf /sys/fs/bpf");
	}
	err = bpffs_mkdir(dp->pins);
	if (!err)
		return 0;
	failure_set(f, "/sys/fs/bpf: %s", strerror(-err));
	if (err == -EROFS)
		failure_cure(f, "mount -o remount,rw /sys/fs/bpf");
	return -1;
}

int dataplane_open(struct dataplane *dp, const struct config *c,
		   struct failure *f)
{
	char root[PATH_MAX];

	libbpf_set_print(quiet);
	dp->name = c->name;
	memset(dp->maps.fd, 0xff, sizeof(dp->maps.fd));
	if (!bpffs_find_or_mount(root) &&
	    !bpffs_layout(dp->pins, root, c->name))
		dp->taken_over = !access(dp->pins, F_OK);
	if (dp->pins[0] && former_check_layout(dp, c->name, f)) {
		dp->taken_over = true;	/* not ours to remove */
		return -1;
	}
	if (dp->former[0])
		dp->taken_over = true;
	if ((dp->taken_over && former_check_netns(dp, c->name, f)) ||
	    find_handoffs(dp, c, f))
		return -1;
	if (make_pins(dp, f) || former_take(dp, c, f) || load_core(dp, c, f))
		return -1;
	if (maps_open(&dp->maps, c->name))
		return failure_set(f, "%s: pins cannot be opened", dp->pins);
	if (map_memory(dp, f) || set_clock(dp, f))
		return -1;
	dataplane_set_limits(dp, c);
	return 0;
}

struct handfast *dataplane_prepare(const struct dataplane *dp,
				   const struct dataplane_iface *iface,
				   struct failure *f)
{
	struct handfast *skel = skeleton_open(dp);

	if (!skel) {
		failure_set(f, "bpf: object cannot be opened: %s",
			    strerror(errno));
		return NULL;
	}
	skel->rodata->build = skeleton_build();
	skel->rodata->handoff = dp->has_reqsk ? HF_HANDOFF_NONE
					      : HF_HANDOFF_SPLICE;
	skel->rodata->iface_slot = iface->slot;
	skel->rodata->iface_generic = iface->generic;
	skel->rodata->iface_partial_sum = iface->partial_sum;
	bpf_program__set_autoload(skel->progs.hf_ingress, true);
	bpf_program__set_autoload(skel->progs.hf_tc_in, true);
	bpf_program__set_autoload(skel->progs.hf_tc_out, true);
	bpf_map__set_max_entries(skel->maps.flows,
				 bpf_map__max_entries(dp->core->maps.flows));
	bpf_map__set_max_entries(skel->maps.splice_v1,
				 bpf_map__max_entries(
					 dp->core->maps.splice_v1));
	bpf_map__set_max_entries(skel->maps.half_open,
				 bpf_map__max_entries(
					 dp->core->maps.half_open));
	bpf_map__set_max_entries(skel->maps.events,
				 bpf_map__max_entries(dp->core->maps.events));
	return skel;
}

int dataplane_load(const struct dataplane *dp, struct handfast *skel,
		   struct failure *f)
{
	int err = loading_run(dp, skel);

	if (!err)
		return 0;
	failure_set(f, "bpf: the kernel refuses the programs: %s",
		    strerror(-err));
	return failure_cure(f, "HANDFAST_DEBUG=1 handfastd ... for the "
			       "verifier's log");
}

void dataplane_close(struct dataplane *dp)
{
	if (dp->control && dp->control != MAP_FAILED)
		munmap(dp->control, sizeof(*dp->control));
	if (dp->ports && dp->ports != MAP_FAILED)
		munmap(dp->ports, HF_PORTS_BYTES);
	maps_close(&dp->maps);
	handfast__destroy(dp->core);
	dp->core = NULL;
}
