// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Pins of hooks: see hook_pin.h. */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sys/clsact.h"
#include "hook_pin.h"

static const char *const prefixes[HOOK_NR] = {
	[HOOK_TC_IN] = "tcin_",
	[HOOK_TC_OUT] = "tcout_",
	[HOOK_XDP] = "xdp_",
};

void hook_pin_name(char name[HOOK_PIN_MAX], const struct hook_pin *pin)
{
	int len = snprintf(name, HOOK_PIN_MAX, "%s%d", prefixes[pin->kind],
			   pin->ifindex);

	if (pin->netns.ino)
		snprintf(name + len, HOOK_PIN_MAX - len, "@%lu:%llu%s",
			 (unsigned long)pin->netns.ino,
			 (unsigned long long)pin->netns.cookie,
			 pin->made ? "+" : "");
}

bool hook_pin_read(struct hook_pin *pin, const char *name)
{
	unsigned long long cookie = 0;
	unsigned long ino = 0;
	char made = '\0';
	size_t len;

	memset(pin, 0, sizeof(*pin));
	for (int kind = 0; kind < HOOK_NR; kind++) {
		len = strlen(prefixes[kind]);
		if (strncmp(name, prefixes[kind], len))
			continue;
		pin->kind = kind;
		if (sscanf(name + len, "%d@%lu:%llu%c", &pin->ifindex, &ino,
			   &cookie, &made) < 1)
			return false;
		pin->netns.ino = ino;
		pin->netns.cookie = cookie;
		pin->made = made == '+';
		return true;
	}
	return false;
}

bool hook_pin_find(struct hook_pin *pin, const char *dir, enum hook_kind kind,
		   int ifindex)
{
	DIR *dp = opendir(dir);
	struct dirent *d;
	bool found = false;

	while (dp && !found && (d = readdir(dp)))
		found = hook_pin_read(pin, d->d_name) && pin->kind == kind &&
			pin->ifindex == ifindex;
	if (dp)
		closedir(dp);
	return found;
}

static int detach_filter(void *arg)
{
	const struct hook_pin *pin = arg;

	clsact_detach(pin->ifindex, pin->kind == HOOK_TC_OUT, pin->made);
	return 0;
}

static void detach_link(const char *path)
{
	int fd = bpf_obj_get(path);

	if (fd < 0)
		return;
	bpf_link_detach(fd);
	close(fd);
}

/* A namespace that is gone took its filters with it. */
static bool detach_one(const char *path, struct hook_pin *pin)
{
	int err = 0;

	if (pin->netns.ino)
		err = netns_call(&pin->netns, detach_filter, pin);
	else
		detach_link(path);
	if (err && err != -ESRCH)
		return false;
	unlink(path);
	return true;
}

int hook_pin_detach_kind(const char *dir, int ifindex, enum hook_kind kind)
{
	char path[PATH_MAX];
	struct hook_pin pin;
	struct dirent *d;
	DIR *dp = opendir(dir);
	int nr = 0;

	while (dp && (d = readdir(dp))) {
		if (!hook_pin_read(&pin, d->d_name) || pin.kind != kind ||
		    (ifindex && pin.ifindex != ifindex))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, d->d_name);
		nr += detach_one(path, &pin);
	}
	if (dp)
		closedir(dp);
	return nr;
}

int hook_pin_detach(const char *dir, int ifindex)
{
	int nr = 0;

	for (int kind = HOOK_NR - 1; kind >= 0; kind--)
		nr += hook_pin_detach_kind(dir, ifindex, kind);
	return nr;
}
