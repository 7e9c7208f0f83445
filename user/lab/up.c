// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A lab is made, and taken down: see lab.h. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lab.h"
#include "lib/log.h"
#include "sys/link_make.h"

static const struct end {
	enum lab_side side;
	const char *iface, *ip4, *ip6;
} ends[] = {
	{ LAB_SERVER, LAB_IFACE, LAB_SERVER4, LAB_SERVER6 },
	{ LAB_SERVER, LAB_FLOODED_IFACE, LAB_FLOODED4, LAB_FLOODED6 },
	{ LAB_CLIENT, "c0", "192.0.2.1", "2001:db8:0:1::1" },
	{ LAB_FLOODER, LAB_FLOOD_IFACE, "198.51.100.1", "2001:db8:0:2::1" },
};

#define END_NR	(sizeof(ends) / sizeof(ends[0]))

static int make_netns(struct lab *l, enum lab_side side)
{
	int fd = netns_make();

	if (fd < 0)
		return fd;
	close(fd);	/* lab_enter() opens it by its name */
	l->id[side] = netns_own();
	return lab_write(l) ?: netns_name(l->netns[side]) ?: link_set_up("lo");
}

static int make_links(struct lab *l)
{
	return lab_enter(l, LAB_CLIENT) ?: lab_enter(l, LAB_FLOODER) ?:
	       lab_enter(l, LAB_SERVER) ?:
	       link_make_veth(LAB_IFACE, "c0", l->fd[LAB_CLIENT]) ?:
	       link_make_veth(LAB_FLOODED_IFACE, LAB_FLOOD_IFACE, l->fd[LAB_FLOODER]);
}

static int set_up(struct lab *l, const struct end *e)
{
	return lab_enter(l, e->side) ?: link_set_alias(e->iface, LAB_ALIAS) ?:
	       link_set_up(e->iface);
}

static int set_addrs(struct lab *l, const struct end *e)
{
	return lab_enter(l, e->side) ?: link_add_addr(e->iface, e->ip4) ?:
	       link_add_addr(e->iface, e->ip6);
}

/* What the server says to addresses that are not there goes to the flooder, who
 * forwards nothing. */
static int set_routes(struct lab *l)
{
	return lab_enter(l, LAB_SERVER) ?:
	       link_add_gateway(LAB_FLOODED_IFACE, "198.51.100.1") ?:
	       link_add_gateway(LAB_FLOODED_IFACE, "2001:db8:0:2::1");
}

static int make_all(struct lab *l)
{
	int err = 0;

	for (int side = 0; side < LAB_SIDE_NR; side++)
		err = err ?: make_netns(l, side);
	err = err ?: make_links(l);
	for (size_t i = 0; i < END_NR; i++)
		err = err ?: set_up(l, &ends[i]);
	for (size_t i = 0; i < END_NR; i++)	/* with carrier on both ends */
		err = err ?: set_addrs(l, &ends[i]);
	return err ?: set_routes(l) ?: lab_server_start(l);
}

static int check_absent(const struct lab *l, struct failure *f)
{
	if (!access(l->record, F_OK))
		return failure_set(f, "lab: is up already, or was begun");
	for (int side = 0; side < LAB_SIDE_NR; side++) {
		if (!netns_is_name(l->netns[side]))
			continue;
		failure_set(f, "%s: exists, and is not of a lab",
			    l->netns[side]);
		return failure_cure(f, "handfast -n NAME lab up, with a NAME "
				       "that is free");
	}
	return 0;
}

int lab_up(struct lab *l, struct failure *f)
{
	struct failure ignored;
	int err;

	if (check_absent(l, f))
		return -1;
	err = lab_begin(l);
	if (err)
		return failure_set(f, "%s: %s", l->record, strerror(-err));
	err = make_all(l);
	if (!err)
		return 0;
	lab_down(l, &ignored);
	return failure_set(f, "lab: cannot be made: %s", strerror(-err));
}

/* 0 or -errno. One that was recorded, and whose name was made but not yet bound, is
 * no namespace. */
static int remove_netns(struct lab *l, enum lab_side side)
{
	int err;

	if (!l->id[side].ino || !netns_is_name(l->netns[side]))
		return 0;
	err = lab_enter(l, side);
	if (err == -ESTALE) {
		log_info("%s: is another namespace by now, left alone",
			 l->netns[side]);
		return 0;
	}
	if (err && err != -EINVAL)
		return err;
	return netns_unname(l->netns[side]);
}

int lab_down(struct lab *l, struct failure *f)
{
	int err;

	lab_server_end(l);
	for (int side = 0; side < LAB_SIDE_NR; side++) {
		err = remove_netns(l, side);
		if (err)
			return failure_set(f, "%s: cannot be removed: %s",
					   l->netns[side], strerror(-err));
	}
	err = lab_forget(l);
	return err ? failure_set(f, "%s: %s", l->record, strerror(-err)) : 0;
}
