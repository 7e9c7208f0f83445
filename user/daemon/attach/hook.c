// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Programs in their places: see hook.h. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <unistd.h>

#include "sys/clsact.h"
#include "hook.h"
#include "sys/netns.h"
#include "sys/tcx.h"

static void pin_path(char path[PATH_MAX], const char *dir,
		     const struct hook_pin *pin)
{
	char name[HOOK_PIN_MAX];

	hook_pin_name(name, pin);
	snprintf(path, PATH_MAX, "%s/%s", dir, name);
}

static enum bpf_attach_type attach_type(enum hook_kind kind)
{
	switch (kind) {
	case HOOK_TC_IN: return TCX_INGRESS;
	case HOOK_TC_OUT: return TCX_EGRESS;
	case HOOK_XDP:
	case HOOK_NR: break;
	}
	return BPF_XDP;
}

static int make_link(enum hook_kind kind, const struct hook_place *at,
		     int prog_fd)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts,
		    .flags = kind != HOOK_XDP ? TCX_BEFORE
			     : at->native     ? XDP_FLAGS_DRV_MODE
					      : XDP_FLAGS_SKB_MODE);

	return bpf_link_create(prog_fd, at->ifindex, attach_type(kind), &opts);
}

/* Its program's id; 0: its interface is gone, or somebody took it off there, and it
 * takes programs still. */
static __u32 program_of(int link, int ifindex)
{
	struct bpf_link_info info = {};	/* tcx has its ifindex there, too */
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(link, &info, &len) ||
	    (int)info.xdp.ifindex != ifindex)
		return 0;
	return info.prog_id;
}

/* For a time when no program can be found by its id any more. */
static int program_keep(int prog_fd, int link, int ifindex)
{
	if (prog_fd >= 0)
		return dup(prog_fd);
	return bpf_prog_get_fd_by_id(program_of(link, ifindex));
}

__u32 hook_running(enum hook_kind kind, const struct hook_place *at)
{
	struct hook_pin pin;
	char path[PATH_MAX];
	__u32 id;
	int fd;

	if (!hook_pin_find(&pin, at->dir, kind, at->ifindex) || pin.netns.ino)
		return 0;
	pin_path(path, at->dir, &pin);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return 0;
	id = program_of(fd, at->ifindex);
	close(fd);
	return id;
}

/* Into the link that is pinned. */
static int update_link(struct hook *h, const char *path, int prog_fd)
{
	int fd = bpf_obj_get(path);

	if (fd < 0)
		return -errno;
	if (!program_of(fd, h->pin.ifindex) ||
	    (prog_fd >= 0 && bpf_link_update(fd, prog_fd, NULL))) {
		close(fd);
		unlink(path);
		return -ENOENT;
	}
	h->link = fd;
	return 0;
}

static int attach_link(struct hook *h, const struct hook_place *at, int prog_fd)
{
	char path[PATH_MAX];
	int err;

	h->link = make_link(h->pin.kind, at, prog_fd);
	if (h->link < 0)
		return -errno;
	pin_path(path, at->dir, &h->pin);
	if (!bpf_obj_pin(h->link, path))
		return 0;
	err = -errno;
	close(h->link);		/* not pinned: that detaches it */
	h->link = -1;
	return err;
}

/* A new filter, or the program of the one that is there (`h->pin` tells). */
static int attach_filter(struct hook *h, const struct hook_place *at,
			 int prog_fd)
{
	bool egress = h->pin.kind == HOOK_TC_OUT;
	struct hook_pin other, before = h->pin;
	char path[PATH_MAX];
	int err;

	/* The last one that goes takes the qdisc with it. */
	if (hook_pin_find(&other, at->dir, egress ? HOOK_TC_IN : HOOK_TC_OUT,
			  at->ifindex))
		h->pin.made |= other.made;
	err = clsact_attach(at->ifindex, egress, prog_fd, &h->pin.made);
	if (err)
		return err;
	if (h->pin.netns.ino) {		/* the program before */
		pin_path(path, at->dir, &before);
		unlink(path);
	}
	h->pin.netns = netns_own();
	pin_path(path, at->dir, &h->pin);
	if (!bpf_obj_pin(prog_fd, path))
		return 0;
	err = -errno;
	clsact_detach(at->ifindex, egress, h->pin.made);
	return err;
}

/* A new hook. Kernels before tcx do not know its attach type. */
static int attach_new(struct hook *h, const struct hook_place *at, int prog_fd)
{
	int err = -EINVAL;

	if (h->pin.kind == HOOK_XDP || at->tc != TC_CLSACT)
		err = attach_link(h, at, prog_fd);
	if (err == -EINVAL && h->pin.kind != HOOK_XDP && at->tc != TC_TCX)
		err = attach_filter(h, at, prog_fd);
	return err;
}

int hook_attach(struct hook *h, enum hook_kind kind,
		const struct hook_place *at, int prog_fd)
{
	char path[PATH_MAX];
	int err = -ENOENT;

	h->link = h->prog = -1;
	h->fresh = false;
	if (hook_pin_find(&h->pin, at->dir, kind, at->ifindex)) {
		pin_path(path, at->dir, &h->pin);
		err = h->pin.netns.ino ? attach_filter(h, at, prog_fd)
				       : update_link(h, path, prog_fd);
	}
	if (err) {
		h->pin = (struct hook_pin){ .kind = kind,
					    .ifindex = at->ifindex };
		err = attach_new(h, at, prog_fd);
		h->fresh = true;
	}
	h->attached = !err;
	if (!err)
		h->prog = program_keep(prog_fd, h->link, at->ifindex);
	return err;
}

static enum hook_stand look_at_filter(const struct hook *h, __u32 *other)
{
	bool egress = h->pin.kind == HOOK_TC_OUT;
	struct clsact_place at;

	if (clsact_look(h->pin.ifindex, egress, &at))
		return HOOK_STANDS;
	*other = at.before;
	if (!at.there)
		return HOOK_GONE;
	return at.second ? HOOK_BEHIND : HOOK_STANDS;
}

enum hook_stand hook_look(const struct hook *h, __u32 *other)
{
	__u32 own, chain[TCX_PROGS_MAX] = {};

	*other = 0;
	if (h->pin.netns.ino)
		return look_at_filter(h, other);
	own = program_of(h->link, h->pin.ifindex);
	if (!own)
		return HOOK_GONE;
	if (h->pin.kind == HOOK_XDP ||
	    tcx_list(h->pin.ifindex, attach_type(h->pin.kind), chain) <= 0 ||
	    chain[0] == own)
		return HOOK_STANDS;
	*other = chain[0];
	return HOOK_BEHIND;
}

/* A second link takes the place of the first, and of its pin. No chain takes one
 * program twice, so there is a moment without it. */
static int mend_link(struct hook *h, const struct hook_place *at)
{
	int before = h->link, err;
	char path[PATH_MAX];

	pin_path(path, at->dir, &h->pin);
	bpf_link_detach(before);
	unlink(path);
	err = attach_link(h, at, h->prog);
	if (!err) {
		close(before);
		return 0;
	}
	h->link = before;	/* and off */
	bpf_obj_pin(before, path);
	return err;
}

/* Filters of one priority: the last that came is the first. */
static int mend_filter(struct hook *h, const struct hook_place *at)
{
	clsact_detach(at->ifindex, h->pin.kind == HOOK_TC_OUT, false);
	return attach_filter(h, at, h->prog);
}

int hook_mend(struct hook *h, const struct hook_place *at)
{
	return h->pin.netns.ino ? mend_filter(h, at) : mend_link(h, at);
}

void hook_detach(struct hook *h, const char *dir)
{
	char path[PATH_MAX];

	if (!h->attached)
		return;
	pin_path(path, dir, &h->pin);
	unlink(path);
	if (h->pin.netns.ino)
		clsact_detach(h->pin.ifindex, h->pin.kind == HOOK_TC_OUT,
			      h->pin.made);
	else
		bpf_link_detach(h->link);
	hook_forget(h);
}

void hook_forget(struct hook *h)
{
	if (h->link >= 0)
		close(h->link);
	if (h->prog >= 0)
		close(h->prog);
	h->link = h->prog = -1;
	h->attached = false;
}
