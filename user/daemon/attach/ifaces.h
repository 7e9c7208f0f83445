/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The interfaces of the instance, a slot each: HF_IFACES_MAX of them. */
#ifndef HANDFAST_IFACES_H
#define HANDFAST_IFACES_H

#include "iface.h"

/* The slot of a name, attached or waited for; NULL if there is none. */
struct iface *ifaces_find(struct iface *all, const char *name);

/* A slot for one more; NULL with the failure if all are used. */
struct iface *ifaces_free_slot(struct iface *all, const char *name,
			       struct failure *f);

/* Does one with this index have its programs? */
bool ifaces_attached(const struct iface *all, int ifindex);

/* Is the interface of that name about to be detached? */
bool ifaces_draining(struct iface *all, const char *name);

/* Does tc have filters anywhere, and not links? */
bool ifaces_have_filters(const struct iface *all);

/* How many are attached or waited for. */
int ifaces_used(const struct iface *all);

#endif
