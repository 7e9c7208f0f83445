// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What an earlier daemon left pinned: see former.h. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "former.h"
#include "sys/bpffs.h"
#include "sys/netns.h"

/*
 * Pins of another layout belong to a data plane that this daemon cannot read:
 * it goes on as it is until somebody says otherwise.
 */
int former_check_layout(const struct dataplane *dp, const char *name,
			struct failure *f)
{
	const char *ours = strrchr(dp->pins, '/') + 1;
	char instance[PATH_MAX];
	const struct dirent *d;
	char other[32] = "";
	DIR *dir;

	snprintf(instance, sizeof(instance), "%.*s", (int)(ours - 1 - dp->pins),
		 dp->pins);
	dir = opendir(instance);
	while (dir && (d = readdir(dir)))
		if (d->d_name[0] == 'v' && strcmp(d->d_name, ours))
			snprintf(other, sizeof(other), "%.31s", d->d_name);
	if (dir)
		closedir(dir);
	if (!other[0])
		return 0;
	failure_set(f,
		    "%s: attached by another version, layout %s instead of %s",
		    name, other, ours);
	return failure_cure(f, "handfast%s%s detach --all",
			    strcmp(name, "default") ? " -n " : "",
			    strcmp(name, "default") ? name : "");
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
