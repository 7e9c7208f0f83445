// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What an earlier daemon left pinned: see former.h. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "former.h"
#include "lib/hook_pin.h"
#include "lib/log.h"
#include "sys/bpffs.h"
#include "sys/link.h"
#include "sys/netns.h"

#define SPLICE_PIN	"splice_v1"

/* The directory of another layout beside ours, or "". */
static void find_other(const struct dataplane *dp, char other[PATH_MAX])
{
	const char *ours = strrchr(dp->pins, '/') + 1;
	char instance[PATH_MAX];
	const struct dirent *d;
	DIR *dir;

	snprintf(instance, sizeof(instance), "%.*s", (int)(ours - 1 - dp->pins),
		 dp->pins);
	other[0] = '\0';
	dir = opendir(instance);
	while (dir && (d = readdir(dir)))
		if (d->d_name[0] == 'v' && strcmp(d->d_name, ours) &&
		    snprintf(other, PATH_MAX, "%s/%s", instance, d->d_name) >=
			    PATH_MAX)
			other[0] = '\0';
	if (dir)
		closedir(dir);
}

static int open_pin(const char *dir, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	return bpf_obj_get(path);
}

/* A `splice_v1` as this version has it. */
static bool has_splices(const char *dir)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);
	int fd = open_pin(dir, SPLICE_PIN);
	bool good = fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) &&
		    info.type == BPF_MAP_TYPE_HASH &&
		    info.key_size == sizeof(struct hf_tuple) &&
		    info.value_size == sizeof(struct hf_splice) &&
		    info.map_flags == BPF_F_NO_PREALLOC;

	if (fd >= 0)
		close(fd);
	return good;
}

/* Is the program of an XDP link the one on the interface of that index here? */
static bool is_here(const char *dir, const char *name, int ifindex)
{
	struct bpf_link_info info = {};
	struct link_info link;
	__u32 len = sizeof(info);
	int fd = open_pin(dir, name);
	bool here;

	/* an interface that is gone is nobody's */
	here = fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) &&
	       (!info.xdp.ifindex || (!link_get(&link, NULL, ifindex) &&
				      (link.xdp_native == info.prog_id ||
				       link.xdp_generic == info.prog_id)));
	if (fd >= 0)
		close(fd);
	return here;
}

/* Its own words about the namespace are in maps that this version cannot read. */
static bool all_here(const char *dir)
{
	struct hook_pin pin;
	struct dirent *d;
	DIR *dp = opendir(dir);
	bool here = true;

	while (dp && here && (d = readdir(dp)))
		here = !hook_pin_read(&pin, d->d_name) ||
		       pin.kind != HOOK_XDP ||
		       is_here(dir, d->d_name, pin.ifindex);
	if (dp)
		closedir(dp);
	return here;
}

int former_check_layout(struct dataplane *dp, const char *name,
			struct failure *f)
{
	char other[PATH_MAX];

	find_other(dp, other);
	if (!other[0])
		return 0;
	/* in ours already: another start ended half way */
	if ((has_splices(other) || has_splices(dp->pins)) && all_here(other)) {
		memcpy(dp->former, other, sizeof(dp->former));
		return 0;
	}
	failure_set(
		f,
		"%s: attached by another version, layout %.31s instead of %s",
		name, strrchr(other, '/') + 1, strrchr(dp->pins, '/') + 1);
	return failure_cure(f, "handfast%s%s detach --all",
			    strcmp(name, "default") ? " -n " : "",
			    strcmp(name, "default") ? name : "");
}

/* False: it could not be. */
static bool move_pin(const struct dataplane *dp, const char *name)
{
	char from[PATH_MAX + NAME_MAX + 2], to[PATH_MAX + NAME_MAX + 2];

	snprintf(from, sizeof(from), "%s/%s", dp->former, name);
	snprintf(to, sizeof(to), "%s/%s", dp->pins, name);
	return !rename(from, to);
}

static bool is_named(const struct config *c, int ifindex)
{
	struct link_info link;

	for (int i = 0; i < c->ifaces.nr; i++)
		if (!link_get(&link, c->ifaces.name[i], 0) &&
		    link.ifindex == ifindex)
			return true;
	return false;
}

int former_take(const struct dataplane *dp, const struct config *c,
		struct failure *f)
{
	struct hook_pin pin;
	bool moved = true;
	struct dirent *d;
	DIR *dir;

	if (!dp->former[0])
		return 0;
	if (has_splices(dp->former))
		moved = move_pin(dp, SPLICE_PIN);
	dir = opendir(dp->former);
	while (dir && moved && (d = readdir(dir)))
		if (hook_pin_read(&pin, d->d_name) && is_named(c, pin.ifindex))
			moved = move_pin(dp, d->d_name);
	if (!moved)
		failure_set(f, "%s: pins cannot be moved: %s", dp->former,
			    strerror(errno));
	if (dir)
		closedir(dir);
	return moved ? 0 : -1;
}

struct carry {
	const struct dataplane *dp;
	unsigned int made;
};

static int carry_one(const struct hf_tuple *t, const struct hf_splice *s,
		     void *arg)
{
	struct hf_carry_arg one = { .tuple = *t };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &one,
		    .ctx_size_in = sizeof(one));
	struct carry *c = arg;

	(void)s;
	if (!bpf_prog_test_run_opts(c->dp->carry_fd, &opts))
		c->made += one.done;
	return 0;
}

unsigned int former_carry(const struct dataplane *dp)
{
	struct carry c = { .dp = dp };

	if (dp->former[0])
		map_for_each_splice(&dp->maps, carry_one, &c);
	return c.made;
}

void former_forget(struct dataplane *dp)
{
	if (dp->former[0])
		bpffs_remove_layout(dp->former);
	dp->former[0] = '\0';
}

/*
 * Pins name interfaces by their index, which every namespace has: what was
 * attached in another one is not ours to go on with. If that namespace is gone,
 * so is all that was attached there.
 */
int former_check_netns(struct dataplane *dp, const char *name,
		       struct failure *f)
{
	struct netns_id own = netns_own(), there;
	struct hf_meta meta = {};
	struct maps m;

	if (maps_open(&m, name))
		return 0;
	map_read(&m, HF_MAP_META, 0, &meta);
	maps_close(&m);
	there = (struct netns_id){ meta.netns_ino, meta.netns_cookie };
	if (!meta.started_ms || netns_same(&own, &there))
		return 0;
	if (!netns_exists(&there)) {
		bpffs_teardown(name);
		dp->taken_over = false;
		return 0;
	}
	failure_set(f, "%s: is attached in another network namespace", name);
	return failure_cure(f, "handfast -n %s detach --all", name);
}
