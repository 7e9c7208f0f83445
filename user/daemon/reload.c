// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * File and command line once more, under a running data plane.
 *
 * The new configuration is read beside the old one, which it replaces in one
 * step when it is whole: others hold pointers to it. Interfaces follow, limits,
 * and with the refresh services. A timer that runs already ends as it was set.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "attach/ifaces.h"
#include "drain.h"
#include "reload.h"

/* The old value of what cannot change now stays; who asked is told. */
static void keep_fixed(struct config *next, const struct config *now,
		       struct reload *r)
{
	r->later_nr = 0;
	for (const struct config_key *k = config_keys; k->name; k++) {
		if (!(k->flags & CONFIG_RESTART) || config_same(next, now, k))
			continue;
		config_copy(next, now, k);
		r->later[r->later_nr++] = k->name;
	}
}

static bool is_named(const struct config *c, const char *name)
{
	for (int i = 0; i < c->ifaces.nr; i++)
		if (!strcmp(c->ifaces.name[i], name))
			return true;
	return false;
}

static void detach_unnamed(struct daemon *d, const struct config *next)
{
	for (int n = 0; n < HF_IFACES_MAX; n++) {
		struct iface *i = &d->iface[n];

		if (!i->used || i->by_command || is_named(next, i->name))
			continue;
		log_info("%s: is not named any more", i->name);
		drain_iface(d, i, clock_mono_ms());
	}
}

/* What cannot be attached now is waited for. */
static void attach_new(struct daemon *d, const struct config *next,
		       const char *name)
{
	struct failure f;
	struct iface *i = ifaces_free_slot(d->iface, name, &f);

	if (!i)
		log_error("%s", f.what);
	else if (iface_read(i, i->slot, name, &f) ||
		 iface_attach(i, next->xdp, &d->dp, &f))
		iface_wait(i, &d->dp, &f);
	else
		log_info("%s: attached", name);
}

static void follow_ifaces(struct daemon *d, const struct config *next)
{
	detach_unnamed(d, next);
	for (int i = 0; i < next->ifaces.nr; i++)
		if (!is_named(&d->config, next->ifaces.name[i]) &&
		    !ifaces_find(d->iface, next->ifaces.name[i]))
			attach_new(d, next, next->ifaces.name[i]);
}

static void say(const struct daemon *d, const struct reload *r)
{
	log_info("%s: configuration read again", d->config.name);
	for (int i = 0; i < r->later_nr; i++)
		log_info("%s: takes effect at the next start", r->later[i]);
}

static int apply(struct daemon *d, struct config *next, struct reload *r,
		 struct failure *f)
{
	if (options_read(&d->options, next) >= 0) {
		log_error("%s", d->options.error.text);
		log_info("%s: configuration stays as it was", d->config.name);
		return failure_set(f, "%s", d->options.error.text);
	}
	if (dataplane_check_handoff(&d->dp, next, f) || keys_check(next, f)) {
		log_failure("", f);
		log_info("%s: configuration stays as it was", d->config.name);
		return -1;
	}
	keep_fixed(next, &d->config, r);
	follow_ifaces(d, next);
	memcpy(&d->config, next, sizeof(*next));
	d->meta.mode = next->service.mode;
	d->meta.key_rotate_ms = next->key_rotate_ms;
	memcpy(d->meta.key_file, next->key_file, sizeof(d->meta.key_file));
	dataplane_set_limits(&d->dp, next);
	daemon_refresh(d, clock_mono_ms());
	daemon_adopt(d, clock_mono_ms());	/* of services that are new */
	say(d, r);
	return 0;
}

int reload_config(struct daemon *d, struct reload *r, struct failure *f)
{
	struct config *next;
	int err;

	if (d->draining)
		return failure_set(f, "%s: is detaching", d->config.name);
	next = malloc(sizeof(*next));
	if (!next)
		return failure_set(f, "%s: no memory", d->config.name);
	err = apply(d, next, r, f);
	free(next);
	return err;
}
