// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the control socket is asked: see request.h. */
#include <stdlib.h>
#include <string.h>

#include "attach/ifaces.h"
#include "lib/clock.h"
#include "config_json.h"
#include "daemon.h"
#include "drain.h"
#include "reload.h"
#include "request.h"
#include "shown.h"
#include "lib/trial.h"
#include "sys/netns.h"

static json_object *reply_ok(void)
{
	json_object *reply = json_object_new_object();

	json_object_object_add(reply, "ok", json_object_new_boolean(true));
	return reply;
}

static json_object *reply_error(int status, const struct failure *f)
{
	json_object *reply = json_object_new_object();

	json_object_object_add(reply, "ok", json_object_new_boolean(false));
	json_object_object_add(reply, "exit", json_object_new_int(status));
	json_object_object_add(reply, "error", json_object_new_string(f->what));
	json_object_object_add(reply, "try",
			       f->cure[0] ? json_object_new_string(f->cure)
					  : NULL);
	return reply;
}

static const char *text_of(json_object *o, const char *key)
{
	json_object *value;

	if (!json_object_is_type(o, json_type_object) ||
	    !json_object_object_get_ex(o, key, &value))
		return NULL;
	return json_object_get_string(value);
}

static int number_of(json_object *o, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(o, key, &value)
		       ? json_object_get_int(value)
		       : 0;
}

/*
 * Options given with `attach` to a running daemon must be those it has. Lists
 * are compared with the whole list, so they start empty.
 */
static bool same_options(const struct config *now, json_object *options)
{
	struct config *asked = malloc(sizeof(*asked));
	struct config_error e;
	bool same = true;

	if (!asked)
		return false;
	memcpy(asked, now, sizeof(*now));	/* with its padding */
	for (const struct config_key *k = config_keys; k->name; k++)
		if (k->type == CONFIG_SPECS && text_of(options, k->name))
			config_clear(asked, k);
	json_object_object_foreach(options, key, value) {
		if (!value)
			continue;
		if (!strcmp(key, "netns"))
			same = same && (ino_t)json_object_get_int64(value) ==
					       netns_own().ino;
		else if (config_set(asked, key, json_object_get_string(value),
				    &e))
			same = false;
		else
			config_overrule(asked, config_find(key));
	}
	config_resolve(asked);
	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): see memcpy */
	same = same && !memcmp(asked, now, sizeof(*now));
	free(asked);
	return same;
}

static int check_options(struct daemon *d, json_object *options,
			 struct failure *f)
{
	if (!options || same_options(&d->config, options))
		return 0;
	failure_set(f, "%s: runs with other options", d->config.name);
	return failure_cure(f, "handfast -n OTHER attach ...");
}

/* What is wrong with a request to attach `name`, before anything is done. */
static int check_attach(struct daemon *d, json_object *request,
			const char *name, struct failure *f)
{
	json_object *options = NULL;

	json_object_object_get_ex(request, "options", &options);
	if (options && !json_object_is_type(options, json_type_object))
		return failure_set(f, "attach: options are no object");
	if (d->draining)
		return failure_set(f, "%s: is detaching", d->config.name);
	if (!name)
		return failure_set(f, "attach: which interface?");
	return check_options(d, options, f);
}

/*
 * Into the slot in which it is waited for, or a free one. If it fails, what was
 * waited for is so still.
 */
static int attach_now(struct daemon *d, const char *name, int try_s,
		      struct failure *f)
{
	struct iface *waiting = ifaces_find(d->iface, name), fresh;
	struct iface *i = waiting ?: ifaces_free_slot(d->iface, name, f);
	unsigned int slot;

	if (!i)
		return -1;
	slot = i->slot;
	if (try_s > 0)		/* before the programs are there */
		iface_try(slot, try_s, &d->dp);
	if (iface_read(&fresh, slot, name, f) ||
	    iface_attach(&fresh, d->config.xdp, &d->dp, f)) {
		if (try_s > 0)
			trial_end(&d->dp.maps, slot);
		return -1;
	}
	if (try_s > 0)		/* loading took its time */
		iface_try(slot, try_s, &d->dp);
	fresh.by_command = waiting ? waiting->by_command : true;
	if (waiting && waiting->skel)	/* of a device that is gone */
		iface_detach(waiting, &d->dp);
	*i = fresh;
	daemon_adopt(d, clock_mono_ms());
	daemon_refresh(d, clock_mono_ms());
	return 0;
}

static json_object *do_attach(struct daemon *d, json_object *request)
{
	const char *name = text_of(request, "iface");
	struct failure f = {};
	json_object *reply;
	struct iface seen;

	if (check_attach(d, request, name, &f) ||
	    iface_read(&seen, 0, name, &f))
		return reply_error(1, &f);
	if (ifaces_draining(d->iface, name)) {
		failure_set(&f, "%.64s: is detaching", name);
		failure_cure(&f, "handfast -n %s detach %.64s --now",
			     d->config.name, name);
		return reply_error(1, &f);
	}
	if (ifaces_attached(d->iface, seen.ifindex)) {
		reply = reply_ok();
		json_object_object_add(reply, "already",
				       json_object_new_boolean(true));
		return reply;
	}
	if (attach_now(d, name, number_of(request, "try_s"), &f))
		return reply_error(1, &f);
	return reply_ok();
}

static bool flag_of(json_object *o, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(o, key, &value) &&
	       json_object_get_boolean(value);
}

static json_object *reply_draining(uint64_t drain_ms)
{
	json_object *reply = reply_ok();

	json_object_object_add(reply, "drain_ms",
			       json_object_new_int64(drain_ms));
	return reply;
}

static json_object *do_detach(struct daemon *d, json_object *request)
{
	const char *name = text_of(request, "iface");
	struct iface *i = name ? ifaces_find(d->iface, name) : NULL;
	uint64_t now_ms = clock_mono_ms();
	json_object *reply;
	struct failure f;

	if (!i) {
		failure_set(&f, "%s: not attached", name ?: "");
		return reply_error(1, &f);
	}
	if (flag_of(request, "now"))
		drain_iface_end(d, i, now_ms);
	else
		drain_iface(d, i, now_ms);
	reply = reply_draining(drain_left_ms(d, i, now_ms));
	json_object_object_add(reply, "ends",
			       json_object_new_boolean(
				       ifaces_used(d->iface) <= i->used &&
				       d->config.until_detached));
	return reply;
}

static json_object *do_stop(struct daemon *d, json_object *request)
{
	uint64_t now_ms = clock_mono_ms();

	if (flag_of(request, "now"))
		drain_end(d, now_ms);
	else
		drain_all(d, now_ms);
	return reply_draining(drain_left_ms(d, NULL, now_ms));
}

static json_object *do_reload(struct daemon *d, json_object *request)
{
	json_object *reply, *later;
	struct failure f;
	struct reload r;

	(void)request;
	if (reload_config(d, &r, &f))
		return reply_error(1, &f);
	later = json_object_new_array();
	for (int i = 0; i < r.later_nr; i++)
		json_object_array_add(later,
				      json_object_new_string(r.later[i]));
	reply = reply_ok();
	json_object_object_add(reply, "later", later);
	return reply;
}

static json_object *do_maps(struct daemon *d, json_object *request)
{
	json_object *reply = reply_ok();

	(void)request;
	json_object_object_add(reply, "layout",
			       json_object_new_int(HF_LAYOUT_VERSION));
	json_object_object_add(reply, "config", config_json(&d->config));
	return reply;
}

static json_object *do_rotate(struct daemon *d, json_object *request)
{
	struct failure f;

	(void)request;
	return daemon_rotate_keys(d, clock_mono_ms(), &f) ? reply_error(1, &f)
							  : reply_ok();
}

/* All but what is shown changes something, or gives away more than is shown. */
static const struct command {
	const char *name;
	const char *called;	/* of the CLI */
	json_object *(*run)(struct daemon *d, json_object *request);
} commands[] = { { "attach", "attach", do_attach },
		 { "detach", "detach", do_detach },
		 { "maps", "maps", do_maps },
		 { "reload", "reload", do_reload },
		 { "rotate", "keys rotate", do_rotate },
		 { "stop", "detach --all", do_stop },
		 {} };

static const struct command *find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

static json_object *refuse(const char *called, const char *why)
{
	struct failure f;

	failure_set(&f, "%s: %s", called, why);
	failure_cure(&f, "the same as root");
	return reply_error(1, &f);
}

static void show(const struct daemon *d, const struct show_command *c,
		 json_object *request, struct answer *a)
{
	struct failure f;
	int status;

	a->file = shown_make(d, c, request, &status, &f);
	if (a->file < 0) {
		a->reply = reply_error(1, &f);
		return;
	}
	a->reply = reply_ok();
	json_object_object_add(a->reply, "exit", json_object_new_int(status));
}

static json_object *do_command(struct daemon *d, const char *name,
			       json_object *request, enum access access)
{
	const struct command *c = find(name);
	struct failure f;

	if (c && access == ACCESS_ALL)
		return c->run(d, request);
	if (c)
		return refuse(c->called, "only root may");
	failure_set(&f, "%.64s: not known to this daemon", name);
	return reply_error(2, &f);
}

void request_answer(struct daemon *d, json_object *request, enum access access,
		    struct answer *a)
{
	const char *name = text_of(request, "command") ?: "";
	const struct show_command *shown = show_find(name);

	*a = (struct answer){ .file = -1 };
	if (access == ACCESS_NONE)
		a->reply = refuse(d->config.name, "permission denied");
	else if (shown)
		show(d, shown, request, a);
	else
		a->reply = do_command(d, name, request, access);
	a->maps = access == ACCESS_ALL && !strcmp(name, "maps");
}
