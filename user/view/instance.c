// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* An instance as it is found: see instance.h. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sys/bpffs.h"
#include "instance.h"

static bool layout_is_ours(json_object *reply)
{
	json_object *layout;

	return !json_object_object_get_ex(reply, "layout", &layout) ||
	       json_object_get_int(layout) == HF_LAYOUT_VERSION;
}

static bool is_refused(json_object *reply)
{
	json_object *ok;

	return json_object_object_get_ex(reply, "ok", &ok) &&
	       !json_object_get_boolean(ok);
}

/* 0: it answers, and its maps are open. Else -errno, and none is. */
static int ask_daemon(struct instance *i)
{
	struct ctl_reply reply = { .maps = &i->maps };
	json_object *request;
	int fd = ctl_connect(i->name, NULL), err;

	if (fd < 0)
		return fd;
	request = json_object_new_object();
	json_object_object_add(request, "command",
			       json_object_new_string("maps"));
	err = ctl_request(fd, request, &reply, CTL_TIMEOUT_MS);
	i->running = !err;
	if (!err && is_refused(reply.object))
		err = -EPERM;
	if (!err && !layout_is_ours(reply.object))
		err = -EPROTO;
	if (!err && i->maps.fd[0] < 0)
		err = -ENOENT;
	if (err)
		maps_close(&i->maps);
	else
		json_object_object_get_ex(reply.object, "config", &i->config);
	json_object_get(i->config);
	json_object_put(reply.object);
	json_object_put(request);
	close(fd);
	return err;
}

int instance_pins(const char *name)
{
	char root[PATH_MAX], path[PATH_MAX];

	if (bpffs_find(root) || bpffs_instance(path, root, name))
		return -ENOENT;
	return access(path, F_OK) ? -errno : 0;
}

int instance_open(struct instance *i, const char *name)
{
	int err;

	memset(i, 0, sizeof(*i));
	memset(&i->maps, 0xff, sizeof(i->maps));
	i->name = name;
	err = ask_daemon(i);
	if (!err || err == -EPROTO || (err == -EPERM && i->running))
		return err;
	err = maps_open(&i->maps, name);
	if (err == -ENOENT && !instance_pins(name))
		return -EPROTO;
	return err;
}

const char *instance_why(int err)
{
	if (err == -ENOENT)
		return "not attached";
	if (err == -EPERM)
		return "only root may";
	if (err == -EPROTO)
		return "attached by another version, or not completely";
	return strerror(-err);
}

const char *instance_option(const char *name)
{
	static char text[HF_NAME_MAX + 8];

	if (!strcmp(name, "default"))
		return "";
	snprintf(text, sizeof(text), " -n %s", name);
	return text;
}

void instance_close(struct instance *i)
{
	maps_close(&i->maps);
	json_object_put(i->config);
	i->config = NULL;
}
