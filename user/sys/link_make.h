/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Interfaces of network namespaces of our own: made, addressed, taken up. All act in
 * the namespace that the process is in, and return 0 or -errno.
 */
#ifndef HANDFAST_LINK_MAKE_H
#define HANDFAST_LINK_MAKE_H

/* A veth called `name`, whose other end `peer` is in the namespace `netns` (fd). */
int link_make_veth(const char *name, const char *peer, int netns);

int link_set_up(const char *name);
int link_set_alias(const char *name, const char *alias);

/* An address with the other ones of its /24 or /64 on the link, usable at once. */
int link_add_addr(const char *name, const char *addr);

/* The default route of that IP version. */
int link_add_gateway(const char *name, const char *gateway);

#endif
